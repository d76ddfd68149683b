"""The platform's sessions: who serves a customer there, and what may still be said because of it.

The platform is the truth. What we remember (of a change we made, an event, an answer) is only a reason not to ask.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, Literal

from hub.house import Clock
from hub_wecom.addresses import Address
from hub_wecom.api import Api

CAPACITY: Final = 50_000
FRESH: Final = 600.0
"""Seconds a remembered state is believed: a session may end without an event."""

CODE_KINDS: Final = {"enter": 20.0, "end": 20.0, "pool": 48 * 3600.0, "taken": 48 * 3600.0}
"""Seconds each kind of code is good for."""

CodeKind = Literal["enter", "end", "pool", "taken"]


class State(IntEnum):
    """The platform's `service_state`."""

    NEW = 0
    ROBOT = 1
    POOL = 2
    HUMAN = 3
    ENDED = 4


SENDING: Final = (State.NEW, State.ROBOT)
"""In these the interface may send."""

WAYS: Final = {
    State.NEW: (State.ROBOT, State.POOL, State.HUMAN, State.ENDED),
    State.ROBOT: (State.POOL, State.HUMAN, State.ENDED),
    State.POOL: (State.HUMAN, State.ENDED),
    State.HUMAN: (State.HUMAN, State.ENDED),
    State.ENDED: (),
}
"""Which changes the platform allows."""


@dataclass(frozen=True, slots=True)
class Known:
    """How a session was at `at` (seconds); `servicer` is a userid while a person serves."""

    state: State
    servicer: str = ""
    at: float = 0.0


@dataclass(slots=True)
class _Session:
    known: Known | None = None
    codes: dict[CodeKind, tuple[str, float]] = field(default_factory=dict)


class Sessions:
    """What is known of each session, by address."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._sessions: OrderedDict[Address, _Session] = OrderedDict()

    def _of(self, address: Address) -> _Session:
        session = self._sessions.setdefault(address, _Session())
        self._sessions.move_to_end(address)
        if len(self._sessions) > CAPACITY:
            self._sessions.popitem(last=False)
        return session

    # -- what happened --------------------------------------------------------------------------

    def note(self, address: Address, state: State, servicer: str = "") -> None:
        """The session is so now."""
        self._of(address).known = Known(state, servicer, self._clock.now())

    def heard(self, address: Address) -> None:
        """The customer wrote: a session that had ended is new."""
        session = self._of(address)
        if session.known is not None and session.known.state is State.ENDED:
            self.note(address, State.NEW)

    def known(self, address: Address) -> Known | None:
        """How the session is, as far as that is fresh enough to be believed."""
        known = self._of(address).known
        return known if known is not None and self._clock.now() - known.at <= FRESH else None

    # -- codes: one message each, where the interface may not send otherwise -------------------------

    def keep_code(self, address: Address, kind: CodeKind, code: str, since: float = 0.0) -> None:
        """The platform gave a code at `since` (seconds, 0 for now)."""
        if code:
            self._of(address).codes[kind] = (code, (since or self._clock.now()) + CODE_KINDS[kind])

    def take_code(self, address: Address, msgtype: str) -> tuple[CodeKind, str] | None:
        """A code that is good for a message of this type now; each is given out once."""
        session, now = self._of(address), self._clock.now()
        state = session.known.state if session.known is not None else None
        wanted: tuple[CodeKind, ...] = {
            State.POOL: ("pool",), State.HUMAN: ("taken",), State.ENDED: ("end", "enter"), None: ("enter",),
        }.get(state, ("enter",))  # fmt: skip
        for kind in wanted:
            code, until = session.codes.get(kind, ("", 0.0))
            if code and (msgtype == "text" or (msgtype == "msgmenu" and kind in ("enter", "end"))):
                del session.codes[kind]
                if until >= now:
                    return kind, code
        return None

    # -- asking and changing ------------------------------------------------------------------------

    async def ask(self, address: Address) -> Known:
        """How the session is, from the platform."""
        told = await self._api.call("service_state/get", _who(address))
        self.note(address, _state(told.get("service_state")), str(told.get("servicer_userid", "")))
        known = self._of(address).known
        assert known is not None
        return known

    async def change(self, address: Address, state: State, servicer: str = "") -> None:
        """Bring the session into `state`. Raises KfError where the platform does not want that."""
        body = {**_who(address), "service_state": int(state)}
        if servicer:
            body["servicer_userid"] = servicer
        told = await self._api.call("service_state/trans", body)
        kinds: dict[State, CodeKind] = {State.POOL: "pool", State.HUMAN: "taken", State.ENDED: "end"}
        if state in kinds:
            self.keep_code(address, kinds[state], str(told.get("msg_code", "")))
        self.note(address, state, servicer)


def _who(address: Address) -> dict[str, Any]:
    return {"open_kfid": address.account, "external_userid": address.customer}


def _state(told: Any) -> State:
    # A state nobody knows yet is surely none in which the interface may send.
    return State(told) if told in tuple(State) else State.HUMAN
