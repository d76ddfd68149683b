"""For plugins that look after the hub itself.

`hub_of` is the hub an instance runs in, to be read and not to be changed. `looking` opens what is stored to be read, whether
a hub uses it or not, for a `Reading` and `list_dead`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.context import Context
from hub.instance import UP, InstanceStatus
from hub.log import Logger
from hub.path.deadletters import DeadLetter, list_dead
from hub.path.reception import DEAD, DONE, NEW
from hub.people.reading import Reading
from hub.store.reader import Reader
from hub.store.store import reading as looking
from hub.underway import Tally
from hub.web.failures import ErrorAnswer
from hub.web.operations import CSRF_HEADER, SESSION_COOKIE
from hub.web.routes import Route

if TYPE_CHECKING:
    from hub.hub import Hub

__all__ = [
    "CSRF_HEADER", "SESSION_COOKIE", "STATES", "UP", "DeadLetter", "ErrorAnswer", "InstanceStatus", "Logger", "Reader",
    "Reading", "Route", "Tally", "hub_of", "list_dead", "looking",
]

STATES: Final = {NEW: "waiting", DONE: "done", DEAD: "dead"}
"""What the numbers in the column `state` of the tables ``inbox`` and ``outbox`` mean."""


def hub_of(ctx: Context) -> Hub:
    """The hub `ctx` belongs to, whole: who watches it may read everything, from another thread `Hub.calls.caller_of` only."""
    return ctx._hub
