"""Which answers the platform takes: to which message or event, how many, until when, each number once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

MOST: Final = 5
SECONDS: Final = {"c2c": 3600.0, "group": 300.0, "channel": 300.0, "dms": 300.0}

OK: Final = 0
DUPLICATE: Final = 40054005
UNKNOWN_MESSAGE: Final = 40034024
MESSAGE_EXPIRED: Final = 40034005
UNKNOWN_EVENT: Final = 40034025
EVENT_EXPIRED: Final = 40034026
TOO_MANY: Final = 40034128
NO_PROACTIVE: Final = 40034105


@dataclass
class Heard:
    """Something a customer did that may be answered; `seqs` are the numbers of the answers so far."""

    target: str
    until: float
    seqs: set[int] = field(default_factory=set)


class Answers:
    """The book of all that may be answered. `target` is ``c2c:OPENID``, ``group:OPENID``, ``channel:ID`` or ``dms:ID``.

    `most` answers are taken to one message.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.most = MOST
        self._now = now
        self._heard: dict[str, Heard] = {}

    def open(self, ref: str, target: str) -> None:
        """A customer did something at `target`; `ref` is the message's or the event's id."""
        self._heard.setdefault(ref, Heard(target, self._now() + SECONDS[target.partition(":")[0]]))

    def judge(self, target: str, *, msg_id: str, event_id: str, seq: int) -> int:
        """Take one answer, or say by a code why not."""
        heard = self._heard.get(msg_id or event_id)
        if heard is None or heard.target != target:
            return UNKNOWN_MESSAGE if msg_id else UNKNOWN_EVENT
        if seq in heard.seqs and not target.startswith(("channel", "dms")):
            return DUPLICATE
        if self._now() > heard.until:
            return MESSAGE_EXPIRED if msg_id else EVENT_EXPIRED
        if len(heard.seqs) >= self.most:
            return TOO_MANY
        # Channels have no numbers: there each answer counts as the next one.
        heard.seqs.add(len(heard.seqs) + 1 if target.startswith(("channel", "dms")) else seq)
        return OK
