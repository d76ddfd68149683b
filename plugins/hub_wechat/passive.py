"""Passive replies: the answer to a push carries one message to the customer, if there is one in time.

A push waits for what is said because of it. What that is, the event log tells: the step in which the customer's message took its
place says all its answers at once, so a push with nothing to carry is answered without waiting. A message that came too late, or
shares its step with others, goes by the API; one that was given to a push goes nowhere else.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hub import Event
from hub.house import Clock
from hub_wechat.pieces import Piece

LONGEST: Final = 4.5
"""Seconds a push waits; the platform cuts it after five."""

REMEMBERED: Final = 20_000
"""Pushes and steps that are remembered; the platform's tries come within a quarter of a minute."""

Why = Literal["no_push", "late", "several", "cut"]


class Cut(Exception):
    """The push was gone before the reply was written."""


@dataclass(slots=True, eq=False)
class Waiting:
    """One try of a push that is not answered yet. `reply` is what it will carry (None: nothing), `written` how that went."""

    key: str
    deadline: float
    reply: asyncio.Future[Piece | None]
    written: asyncio.Future[None]
    message_id: int = 0
    outgoing: int = 0

    def give(self, reply: Piece | None) -> None:
        """Answer the push with this, unless it is answered."""
        if not self.reply.done():
            self.reply.set_result(reply)


class Passive:
    """The pushes that wait.

    A step is the list of our messages' ids that were said in it; `_steps` are those whose push does not know its message yet.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_key: OrderedDict[str, Waiting | None] = OrderedDict()
        self._by_message: OrderedDict[int, Waiting] = OrderedDict()
        self._by_outgoing: OrderedDict[int, Waiting | Why] = OrderedDict()
        self._steps: OrderedDict[int, list[int]] = OrderedDict()
        self._entering = 0
        self._queue: deque[Waiting] = deque()
        self._some = asyncio.Event()

    # -- pushes ---------------------------------------------------------------------------------

    def knows(self, key: str) -> bool:
        """Was this push answered?"""
        return key in self._by_key and self._by_key[key] is None

    def enter(self, key: str) -> Waiting:
        """A try of a push begins. An earlier try that still waits carries nothing: the platform has given it up."""
        loop = asyncio.get_running_loop()
        waiting = Waiting(key, self._clock.monotonic() + LONGEST, loop.create_future(), loop.create_future())
        waiting.written.add_done_callback(_looked_at)
        earlier = self._by_key.get(key)
        if earlier is not None and earlier.reply.done():
            waiting.give(None)
        elif earlier is not None:
            self._hand_on(earlier, waiting)
            earlier.give(None)
        self._by_key[key] = waiting
        _trim(self._by_key)
        self._queue.append(waiting)
        self._some.set()
        self._entering += 1
        return waiting

    def _hand_on(self, earlier: Waiting, later: Waiting) -> None:
        later.message_id, later.outgoing = earlier.message_id, earlier.outgoing
        if earlier.message_id:
            self._by_message[earlier.message_id] = later
        if earlier.outgoing:
            self._by_outgoing[earlier.outgoing] = later

    def stored(self, waiting: Waiting, message_id: int) -> None:
        """The push's message is in the store; what follows it may be known already."""
        self._entering -= 1
        if waiting.message_id or message_id in self._by_message:
            return
        waiting.message_id = message_id
        self._by_message[message_id] = waiting
        _trim(self._by_message)
        said = self._steps.pop(message_id, None)
        if said is not None:
            self._follow(waiting, said)

    def failed(self, waiting: Waiting) -> None:
        """The push's message could not be stored: its next try begins anew."""
        self._entering -= 1
        waiting.give(None)
        if self._by_key.get(waiting.key) is waiting:
            del self._by_key[waiting.key]

    def left(self, waiting: Waiting, error: Exception | None = None) -> None:
        """The answer is written, or could not be."""
        waiting.give(None)
        if not waiting.written.done():
            waiting.written.set_exception(Cut()) if error is not None else waiting.written.set_result(None)
        if self._by_key.get(waiting.key) is waiting:
            self._by_key[waiting.key] = None
        if waiting.outgoing and self._by_outgoing.get(waiting.outgoing) is waiting:
            self._by_outgoing[waiting.outgoing] = "late"

    # -- what follows a message -----------------------------------------------------------------

    def hear(self, events: Sequence[Event]) -> None:
        """The log: in which steps did customers' messages take their places, and what was said there?"""
        if not self._by_message and not self._entering:
            return
        steps: dict[int, list[int]] = {}
        heard: dict[int, list[int]] = {}
        for event in events:
            message = event.message
            if message is None or event.kind != "message.created":
                continue
            if message.direction == "in":
                steps[message.leg_id] = heard[message.id] = []
            elif message.direction in ("out", "system") and message.leg_id in steps:
                steps[message.leg_id].append(message.id)
        for message_id, said in heard.items():
            waiting = self._by_message.get(message_id)
            if waiting is not None:
                self._follow(waiting, said)
            elif self._entering:
                self._steps[message_id] = said
                _trim(self._steps)

    def _follow(self, waiting: Waiting, said: list[int]) -> None:
        if len(said) == 1 and not waiting.reply.done():
            waiting.outgoing = said[0]
            self._by_outgoing[waiting.outgoing] = waiting
        else:
            why: Why = "several" if len(said) > 1 else "late"
            self._by_outgoing.update(dict.fromkeys(said, why))
            waiting.give(None)
        _trim(self._by_outgoing)

    # -- messages -------------------------------------------------------------------------------

    async def carry(self, message_id: int, reply: Piece) -> Why | None:
        """Let the push that waits for this message carry it; returns when it is written. Else why it cannot."""
        waiting = self._by_outgoing.get(message_id)
        if not isinstance(waiting, Waiting):
            return waiting or "no_push"
        if waiting.reply.done():
            return "late"
        waiting.give(reply)
        try:
            await asyncio.shield(waiting.written)
        except Cut:
            return "cut"
        return None

    def passed_by(self, message_id: int) -> None:
        """The message goes another way: its push need not wait."""
        waiting = self._by_outgoing.get(message_id)
        if isinstance(waiting, Waiting):
            waiting.give(None)

    def close(self) -> None:
        """Nobody answers any more: whoever waits carries nothing."""
        for waiting in self._queue:
            waiting.give(None)

    # -- time -----------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Answer what waited long enough, for as long as this runs."""
        while True:
            await self._some.wait()
            while self._queue and (self._queue[0].reply.done() or self._queue[0].deadline <= self._clock.monotonic()):
                self._queue.popleft().give(None)
            if not self._queue:
                self._some.clear()
            else:
                await self._clock.sleep(self._queue[0].deadline - self._clock.monotonic())


def _looked_at(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()


def _trim(table: OrderedDict[Any, Any]) -> None:
    while len(table) > REMEMBERED:
        table.popitem(last=False)
