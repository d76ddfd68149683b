"""What can go wrong, as exceptions.

The tree::

    HubError
    ├── ConfigError            the YAML, or what it names, is wrong: stop until it is changed
    ├── PluginError            a plugin says why it cannot go on
    │   ├── NotReady           not now: the hub tries again, waiting longer each time
    │   ├── AuthFailed         credentials were refused: stop until they are changed
    │   ├── Unsupported        this instance cannot do that
    │   └── Rejected           the platform refused this message for good: dead letter
    ├── CallFailed             a call into a plugin came back without an answer; carries `instance`
    │   ├── Overdue            it took longer than its deadline and was cancelled
    │   ├── PluginFault        it raised something that is not a `HubError`: a fault in the plugin
    │   └── HookFailed         a hook that must not be passed by failed, so the whole call was given up
    ├── Refused                what came in is not acceptable; carries an HTTP status and a reason
    │   └── Busy               too much at once: come back after `retry_after` seconds
    └── StoreError             the store could not keep what it was given
        ├── Conflict           somebody else changed the row first
        └── StoreUnavailable   disk full, file locked, database gone: nothing was kept

Everything a plugin raises on purpose is a `PluginError`; everything else it raises is a fault of the
plugin and counted as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class HubError(Exception):
    """The root of everything the hub raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a configuration, and where.

    `file`, `line` and `column` (both from 1) point into the YAML; `path` is the dotted way to the
    value (``plugins[2].config.token``); `hint` says what to do and may be empty.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        text = ": ".join(part for part in (where, self.path, self.message) if part)
        return f"{text} ({self.hint})" if self.hint else text


class ConfigError(HubError):
    """The configuration is wrong. Carries every problem found, not only the first."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        found = (Problem(problems),) if isinstance(problems, str) else tuple(problems)
        self.problems: tuple[Problem, ...] = found
        super().__init__("\n".join(str(problem) for problem in found))


class PluginError(HubError):
    """A plugin says why it cannot go on."""


class NotReady(PluginError):
    """Not now, perhaps later: a network down, a service still starting.

    `retry_after` (seconds) overrides the hub's own growing wait, for platforms that say how long.
    """

    def __init__(self, message: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Suspended(NotReady):
    """The hub did not even ask: the instance failed too often and is left alone for a while."""


class AuthFailed(PluginError):
    """The platform refused the credentials; trying again without new ones is useless."""


class Unsupported(PluginError):
    """Something was asked for that `instance` does not do; `message` says it in other words."""

    def __init__(self, instance: str, feature: str, message: str = "") -> None:
        super().__init__(message or f"{instance!r} does not support {feature!r}")
        self.instance = instance
        self.feature = feature


class Rejected(PluginError):
    """The platform refused this very message for good; it becomes a dead letter.

    `code` is the platform's own code where it has one.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class CallFailed(HubError):
    """A call into a plugin came back without an answer. `instance` is the instance's name in the YAML."""

    def __init__(self, instance: str, message: str) -> None:
        super().__init__(message)
        self.instance = instance


class Overdue(CallFailed):
    """A call took longer than `seconds` and was cancelled; what it did outside the hub is unknown."""

    def __init__(self, instance: str, what: str, seconds: float) -> None:
        super().__init__(instance, f"{instance}: {what} took longer than {seconds:g} s")
        self.what = what
        self.seconds = seconds


class PluginFault(CallFailed):
    """A plugin raised something that is not a `HubError`; `cause` is what it raised."""

    def __init__(self, instance: str, cause: Exception) -> None:
        super().__init__(instance, f"{instance}: {type(cause).__name__}: {cause}")
        self.cause = cause


class HookFailed(CallFailed):
    """A hook with ``on_error="stop"`` was given up because `instance` failed, is suspended or is not running."""

    def __init__(self, instance: str, hook: str, cause: Exception) -> None:
        super().__init__(instance, f"{instance}: {hook} failed: {type(cause).__name__}: {cause}")
        self.hook = hook
        self.cause = cause


class Refused(HubError):
    """What came in is not acceptable.

    `status` is the HTTP status to answer with, `code` a stable word for programs
    (``invalid_token``), the message a sentence for people. Never contains a secret.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Busy(Refused):
    """Too much at once. Nothing was kept; come back after `retry_after` seconds."""

    def __init__(self, message: str = "too many messages at once", retry_after: int = 1) -> None:
        super().__init__(503, "busy", message)
        self.retry_after = retry_after


class StoreError(HubError):
    """The store could not keep what it was given."""


class Conflict(StoreError):
    """Somebody else changed the row first: read again and decide again."""


class StoreUnavailable(StoreError):
    """Nothing was kept: the disk is full, the file is locked, the database is gone.

    A server that goes away in the moment of the commit may have kept it all the same: do it again with the same key.
    """
