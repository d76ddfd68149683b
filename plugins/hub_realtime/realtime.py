"""Who listens, and what they are brought: each event to those it concerns, in the order of the log; commands once."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from aiohttp import WSCloseCode, web
from msgspec.structs import replace

from hub import Context, Event, HubError, Refused
from hub.pages import Dossier, attempt, outcome_of
from hub_realtime.once import Once
from hub_realtime.protocol import MAX_FRAME, MAX_ID, Do, Endpoint, Hello, Line, Party, Topic, frame, rest_of
from hub_realtime.sockets import UNAUTHORISED, Page, hello_of

MAX_REPLAY: Final = 500
HEARTBEAT: Final = 25.0
GOODBYE: Final = 3.0
"""Seconds a page gets to answer that it heard that these pages end."""


class Realtime:
    """All who listen to the pages of one instance, while it runs: whatever the instance's context gives back ends them.

    The metrics `sockets` and `published` tell how many sockets are open and how many events were brought to somebody.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._topics: dict[Topic, set[Line]] = {}
        self._endpoints: dict[Endpoint, int] = {}
        self._open: set[web.WebSocketResponse] = set()
        self._queue: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._once = Once()
        self._ended = False
        ctx.task(self._publish_for_ever(), "realtime")
        ctx.live(self._publish)
        ctx.farewell(self.end)

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return len(self._open)

    async def end(self) -> None:
        """Send everybody away, also who comes from now on: they may come back soon (1012). Harmless the second time."""
        self._ended = True
        await asyncio.gather(*(_send_off(socket) for socket in tuple(self._open)))

    # -- events -------------------------------------------------------------------------------------

    def _publish(self, events: Sequence[Event]) -> None:
        # Nearly free when nobody listens.
        if self._endpoints:
            self._queue.extend(events)
            self._wake.set()

    async def _publish_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                event = self._queue.popleft()
                event, dossier = await self._about(event)
                for endpoint in tuple(self._endpoints):
                    # A fault in showing one event must not keep back the next.
                    outcome = attempt(self._bring, endpoint, event, dossier)
                    if outcome.error is not None:
                        self._ctx.log.error("an event could not be shown", kind=event.kind, exc_info=outcome.error)

    async def _about(self, event: Event) -> tuple[Event, Dossier | None]:
        """The event and whom it concerns now: since it was stored two people may have become one."""
        house, reading, said = self._ctx.house, self._ctx.reading, event.message
        dossier = await house.dossier(event.person_id) if event.person_id else None
        if said is None or (dossier is not None and said.leg_id in dossier.legs):
            return event, dossier
        now, leg = await reading.message(said.id), await reading.leg(said.leg_id)
        if now is not None and now.person_id != event.person_id:
            said = replace(said, person_id=now.person_id, conversation_id=now.conversation_id)
            event, dossier = replace(event, message=said), await house.dossier(now.person_id)
        if dossier is not None and leg is not None and leg.id not in dossier.legs:
            dossier = dataclasses.replace(dossier, legs={leg.id: leg, **dossier.legs})
        return event, dossier

    def _bring(self, endpoint: Endpoint, event: Event, dossier: Dossier | None) -> None:
        near = {line for topic in endpoint.topics(event, dossier) for line in self._topics.get(topic, ())}
        near = {line for line in near if line.endpoint is endpoint}
        lines = {line for line in near if endpoint.allows(line.party, event, dossier)}
        for line in near - lines:
            instead = endpoint.instead(line.party, event)
            if instead is not None:
                line.event(event.id, rest_of(event, *instead))
        rendered = endpoint.render(event, dossier) if lines else None
        if rendered is None:
            return
        rest = rest_of(event, *rendered)
        self._ctx.count("published")
        for line in lines:
            line.event(event.id, rest)

    def signal(
        self,
        topic: Topic,
        name: str,
        data: dict[str, Any],
        *,
        but: Party | None = None,
        to: Callable[[Party], bool] = lambda _: True,
    ) -> None:
        """Passing news for those on a topic of whom `to` is true, except `but` and who is not yet told how things are."""
        text = ""
        for line in self._topics.get(topic, ()):
            if line.party is not but and line.held is None and not line.is_poll and to(line.party):
                text = text or frame(t="signal", name=name, data=data)
                line.put(text)

    def dismiss(self, topic: Topic, whom: Callable[[Party], bool]) -> None:
        """Close the sockets of those who may not listen any more (4401)."""
        for line in self._topics.get(topic, ()):
            if whom(line.party):
                line.dismiss(UNAUTHORISED, b"signed_out")

    def parties(self, topic: Topic) -> Iterable[Party]:
        """Who listens to a topic."""
        return [line.party for line in self._topics.get(topic, ())]

    # -- commands -----------------------------------------------------------------------------------

    async def command(
        self, endpoint: Endpoint, party: Party, name: str, id: str, data: dict[str, Any]
    ) -> Mapping[str, Any]:
        """Do a command once: with the same `id` again, on whatever way it comes, the answer is the first one's.

        Raises Refused (422 ``bad_id``) and what the endpoint raises; what failed is done anew when asked for again.
        """
        if not 0 < len(id) <= MAX_ID:
            raise Refused(422, "bad_id", f"a command's id has 1 to {MAX_ID} characters")

        async def work() -> Mapping[str, Any]:
            return await endpoint.command(party, name, id, data)

        answer: Mapping[str, Any] = await self._once.do((endpoint, party.topic, party.who, name, id), work())
        return answer

    # -- sockets ------------------------------------------------------------------------------------

    async def serve(self, request: web.Request, endpoint: Endpoint) -> web.WebSocketResponse:
        """Speak the protocol with one page until it goes."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=MAX_FRAME, compress=False, timeout=5)
        await socket.prepare(request)
        self._open.add(socket)
        self._ctx.count("sockets")
        try:
            hello = await hello_of(socket)
            if self._ended:
                await socket.close(code=WSCloseCode.SERVICE_RESTART)
            elif hello is not None:
                # From here on an error cannot be an HTTP answer any more.
                outcome = await outcome_of(self._let_in(request, socket, endpoint, hello))
                if outcome.error is not None:
                    await self._send_away(socket, outcome.error)
        finally:
            self._open.discard(socket)
            self._ctx.count("sockets", -1)
        return socket

    async def _send_away(self, socket: web.WebSocketResponse, error: Exception) -> None:
        if isinstance(error, Refused) and error.status in (401, 403):
            await socket.close(code=UNAUTHORISED, message=error.code.encode())
            return
        if not isinstance(error, HubError):
            self._ctx.log.error("a page could not be served", exc_info=error)
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _let_in(
        self, request: web.Request, socket: web.WebSocketResponse, endpoint: Endpoint, hello: Hello
    ) -> None:
        party = await endpoint.open(request, hello)
        line = Line(endpoint, party)
        page = Page(request, socket, line, self._ctx)

        async def begin() -> None:
            await self._begin(line, hello.cursor)

        async def do(said: Do) -> Mapping[str, Any]:
            return await self.command(endpoint, party, said.name, said.id, said.data)

        await endpoint.opened(party)
        self._attach(line)
        try:
            await page.serve(begin, do)
        finally:
            self._detach(line)
            if line.overrun:
                self._ctx.count("slow_readers")
            await endpoint.closed(party)

    def _attach(self, line: Line) -> None:
        self._topics.setdefault(line.party.topic, set()).add(line)
        self._endpoints[line.endpoint] = self._endpoints.get(line.endpoint, 0) + 1

    def _detach(self, line: Line) -> None:
        lines = self._topics[line.party.topic]
        lines.discard(line)
        if not lines:
            del self._topics[line.party.topic]
        self._endpoints[line.endpoint] -= 1
        if not self._endpoints[line.endpoint]:
            del self._endpoints[line.endpoint]

    # -- the past -----------------------------------------------------------------------------------

    async def _begin(self, line: Line, cursor: int | None) -> None:
        """Welcome: replay what was missed, or show everything."""
        missed = await self._missed(line, cursor)
        snapshot = None
        if missed is None:
            # Read the place first: what happens while the snapshot is made comes again, and does no harm.
            cursor = self._ctx.position
            snapshot = await line.endpoint.snapshot(line.party)
            missed = []
        line.last = cursor or 0
        now = int(self._ctx.clock.now() * 1000)
        line.put(frame(t="welcome", cursor=line.last, now=now, snapshot=snapshot))
        await self._replay(line, missed)

    async def _missed(self, line: Line, cursor: int | None) -> Sequence[Event] | None:
        """What came after the cursor; None when there is none or it was too much."""
        if cursor is None or not 0 <= cursor <= self._ctx.position:
            return None
        missed = await line.endpoint.missed(line.party, cursor, MAX_REPLAY + 1)
        return None if len(missed) > MAX_REPLAY else missed

    async def _replay(self, line: Line, missed: Sequence[Event]) -> None:
        past: list[tuple[int, str]] = []
        for one in missed:
            event, dossier = await self._about(one)
            allowed = line.endpoint.allows(line.party, event, dossier)
            shown = line.endpoint.render(event, dossier) if allowed else line.endpoint.instead(line.party, event)
            if shown is not None:
                past.append((event.id, rest_of(event, *shown)))
        line.held = past + (line.held or [])
        line.release()

    # -- long polls -----------------------------------------------------------------------------------

    async def present(self, endpoint: Endpoint, party: Party) -> dict[str, Any]:
        """The whole present state and its place in the log, for a page without a socket."""
        cursor = self._ctx.position
        return {"cursor": cursor, "snapshot": await endpoint.snapshot(party)}

    async def poll(self, endpoint: Endpoint, party: Party, after: int, wait: float) -> list[dict[str, Any]]:
        """The events after `after`, at once when there are any, else those of the next `wait` seconds.

        Raises Refused (409 ``too_old``) when the cursor is too old to go on from.
        """
        line = Line(endpoint, party, last=after, is_poll=True)
        self._attach(line)
        try:
            missed = await self._missed(line, after)
            if missed is None:
                raise Refused(409, "too_old", "too much has happened since; take the snapshot")
            await self._replay(line, missed)
            if not line.frames and wait > 0:
                await self._wait(line, wait)
            return [msgspec.json.decode(text) for text in line.frames]
        finally:
            self._detach(line)

    async def _wait(self, line: Line, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await line.ready.wait()
        except TimeoutError:
            return


async def _send_off(socket: web.WebSocketResponse) -> None:
    try:
        async with asyncio.timeout(GOODBYE):
            await socket.close(code=WSCloseCode.SERVICE_RESTART, message=b"these pages restart", drain=False)
    except TimeoutError:
        return
