"""The words of docs/realtime.md: frames, who is at the other end, and what a kind of page has to tell.

A kind of page is an `Endpoint`: the workbench has one, the web chat has one, and every plugin with pages of its own may.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from aiohttp import web

from hub import Conflict, Event, HubError, Refused
from hub.pages import Dossier

Topic = tuple[Hashable, ...]

MAX_FRAME: Final = 64 * 1024
MAX_QUEUED: Final = 1000
"""Most frames that wait for one reader."""
MAX_ID: Final = 100

_encoder: Final = msgspec.json.Encoder()


class Hello(msgspec.Struct, tag_field="t", tag="hello", forbid_unknown_fields=True):
    """The first frame of a client."""

    cursor: int | None = None
    token: str = ""
    locale: str = ""


class Do(msgspec.Struct, tag_field="t", tag="do", forbid_unknown_fields=True):
    """A command. `id` is the client's own and makes it happen once."""

    id: str
    name: str
    data: dict[str, Any] = {}


class Signal(msgspec.Struct, tag_field="t", tag="signal", forbid_unknown_fields=True):
    """Passing news."""

    name: str
    data: dict[str, Any] = {}


class Ping(msgspec.Struct, tag_field="t", tag="ping", forbid_unknown_fields=True):
    """Are you there?"""


Said = Hello | Do | Signal | Ping
_frames: Final[msgspec.json.Decoder[Said]] = msgspec.json.Decoder(Said)


def heard(text: str) -> Said:
    """A client's frame. Raises msgspec.DecodeError or RecursionError for what is none."""
    return _frames.decode(text)


def frame(**values: Any) -> str:
    """A frame's text."""
    return _encoder.encode(values).decode()


def told(error: Exception) -> tuple[str, str]:
    """An error as code and sentence for a page; nothing of what nobody expected."""
    if isinstance(error, Refused):
        return error.code, str(error)
    if isinstance(error, Conflict):
        return "conflict", str(error)
    if isinstance(error, HubError):
        return "unavailable", "the hub cannot do this now; try again"
    return "internal", "something went wrong in the hub"


@dataclass(slots=True)
class Party:
    """Who is at the other end: `who` is the endpoint's own (hashable), `topic` what they listen to."""

    who: Any
    topic: Topic
    locale: str = ""


class Endpoint(ABC):
    """What one kind of page sees and may do."""

    @abstractmethod
    async def open(self, request: web.Request, hello: Hello) -> Party:
        """Who is this? Raises Refused for somebody who may not come in."""

    @abstractmethod
    async def snapshot(self, party: Party) -> dict[str, Any]:
        """The whole present state, as far as this party may see it."""

    @abstractmethod
    def topics(self, event: Event, dossier: Dossier | None) -> Iterable[Topic]:
        """Whom an event may concern."""

    @abstractmethod
    def render(self, event: Event, dossier: Dossier | None) -> tuple[str, dict[str, Any]] | None:
        """An event as kind and data of a frame, the same for all parties; None when it is none of theirs."""

    @abstractmethod
    async def missed(self, party: Party, after: int, limit: int) -> Sequence[Event]:
        """The events after a cursor that may concern this party, in order, at most `limit`."""

    @abstractmethod
    async def command(self, party: Party, name: str, id: str, data: dict[str, Any]) -> Mapping[str, Any]:
        """Do something; what is returned goes into the ack. Raises HubError when it is refused."""

    async def signal(self, party: Party, name: str, data: dict[str, Any]) -> None:  # noqa: B027 - not all have any
        """Passing news from this party; unknown names are ignored."""

    def allows(self, party: Party, event: Event, dossier: Dossier | None) -> bool:
        """May this party see this event? Asked for each party of a topic."""
        return True

    def instead(self, party: Party, event: Event) -> tuple[str, dict[str, Any]] | None:
        """What a party is told in place of an event it may not see, as kind and data: that something left its sight."""
        return None

    async def opened(self, party: Party) -> None:  # noqa: B027 - not all care
        """The socket is in use."""

    async def closed(self, party: Party) -> None:  # noqa: B027 - not all care
        """The socket is gone."""


def _nothing(*_: Any) -> None:
    return


@dataclass(slots=True, eq=False)
class Line:
    """One listener: a socket, or a poll that waits. `last` is the sequence it was brought last.

    While the past is being told (`held` is a list) live events wait in it. `on_overrun` is called once, when the
    other end reads too slowly; from then on nothing is queued. `dismiss` sends it away, with a close code and why. A poll
    hears of events only.
    """

    endpoint: Endpoint
    party: Party
    last: int = 0
    is_poll: bool = False
    held: list[tuple[int, str]] | None = field(default_factory=list)
    frames: deque[str] = field(default_factory=deque)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    overrun: bool = False
    on_overrun: Callable[[], None] = _nothing
    dismiss: Callable[[int, bytes], None] = _nothing

    def event(self, seq: int, rest: str) -> None:
        """Bring an event (`rest` is its frame from ``kind`` on), unless it has been brought."""
        if self.held is not None:
            self.held.append((seq, rest))
        elif seq > self.last:
            self.put(f'{{"t":"event","seq":{seq},"prev":{self.last},{rest}')
            self.last = seq

    def put(self, text: str) -> None:
        """Queue a frame."""
        if self.overrun:
            return
        if len(self.frames) >= MAX_QUEUED:
            self.overrun = True
            self.on_overrun()
            return
        self.frames.append(text)
        self.ready.set()

    def release(self) -> None:
        """The past has been told: now bring what happened meanwhile."""
        held, self.held = self.held or [], None
        for seq, rest in held:
            self.event(seq, rest)


def rest_of(event: Event, kind: str, data: dict[str, Any]) -> str:
    """An event's frame from ``kind`` on: the same for all who are brought it."""
    return _encoder.encode({"kind": kind, "at": event.at, "data": data}).decode()[1:]
