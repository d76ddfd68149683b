"""Lanes, played at random: order for each sender, one at a time for each key, nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.path.lanes import Lanes

SENDERS = st.sampled_from(["a", "b", "c"])
PEOPLE = st.sampled_from(["A", "B"])
PICK = st.integers(0, 9)


class LanesMachine(RuleBasedStateMachine):
    """Senders write; work finds out who they are, rests, fails, and is stopped, as the pipeline's does."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        # A fault in the work is reported when its task is forgotten.
        self.loop.set_exception_handler(lambda *_: None)
        self.lanes: Lanes[int] = Lanes(self.work)
        self.known: dict[Hashable, str] = {}
        self.sender: list[str] = []
        self.running: dict[Hashable, tuple[int, asyncio.Future[str]]] = {}
        self.resting: set[int] = set()
        self.begun: list[int] = []
        self.done: list[int] = []
        self.failed: list[int] = []
        self.cut: list[int] = []
        self.left: list[int] | None = None
        self.wrong: list[str] = []

    # -- the work ----------------------------------------------------------------------------------

    async def work(self, key: Hashable, item: int) -> Hashable | None:
        if key in self.known:
            return self.known[key]
        if key in self.running:
            self.wrong.append(f"{item} began while {self.running[key][0]} was under way for {key!r}")
        if self.left is not None:
            self.wrong.append(f"{item} began after the lanes were closed")
        self.begun.append(item)
        try:
            order = await self.told(key, item)
            if order == "rest":
                with self.lanes.resting():
                    self.resting.add(item)
                    order = await self.told(key, item)
        except asyncio.CancelledError:
            self.cut.append(item)
            raise
        finally:
            self.resting.discard(item)
            self.running.pop(key, None)
        if order == "fail":
            self.failed.append(item)
            raise RuntimeError("a fault")
        self.done.append(item)
        if order in ("A", "B"):
            self.known[key] = order
        return None

    async def told(self, key: Hashable, item: int) -> str:
        future: asyncio.Future[str] = self.loop.create_future()
        self.running[key] = (item, future)
        return await future

    def turn(self, work: Any = None) -> None:
        """Let everybody do what they can."""

        async def turns() -> None:
            if work is not None:
                work()
            for _ in range(12):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())

    def tell(self, pick: int, order: str) -> None:
        keys = list(self.running)
        _, future = self.running[keys[pick % len(keys)]]
        self.turn(lambda: None if future.done() else future.set_result(order))

    # -- what happens --------------------------------------------------------------------------------

    @rule(sender=SENDERS, count=st.integers(1, 3))
    def somebody_writes(self, sender: str, count: int) -> None:
        for _ in range(count):
            item = len(self.sender)
            self.sender.append(sender)
            # As `Pipeline.lane_of`: to the sender's lane while there is one, else to their person's.
            key = sender if sender in self.lanes else self.known.get(sender, sender)
            self.turn(partial(self.lanes.submit, key, item))

    @precondition(lambda self: self.running)
    @rule(pick=PICK)
    def an_item_is_done(self, pick: int) -> None:
        self.tell(pick, "done")

    @precondition(lambda self: any(key in "abc" for key in self.running))
    @rule(pick=PICK, person=PEOPLE)
    def it_turns_out_whose_it_is(self, pick: int, person: str) -> None:
        keys = [key for key in self.running if key in ("a", "b", "c")]
        _, future = self.running[keys[pick % len(keys)]]
        self.turn(lambda: None if future.done() else future.set_result(person))

    @precondition(lambda self: self.running)
    @rule(pick=PICK)
    def the_work_fails(self, pick: int) -> None:
        self.tell(pick, "fail")

    @precondition(lambda self: self.running)
    @rule(pick=PICK)
    def an_item_rests(self, pick: int) -> None:
        self.tell(pick, "rest")

    @precondition(lambda self: self.left is None and len(self.sender) > 8)
    @rule()
    def the_lanes_close(self) -> None:
        resting = set(self.resting)
        self.left = []

        def close() -> None:
            self.left = self.lanes.close()

        self.turn(close)
        assert resting <= set(self.cut), "who only waits is not waited for"
        assert not self.resting

    # -- what always holds ----------------------------------------------------------------------------

    @invariant()
    def nothing_went_wrong(self) -> None:
        assert self.wrong == []

    @invariant()
    def each_senders_items_are_in_order_and_none_is_there_twice(self) -> None:
        assert len(set(self.begun)) == len(self.begun)
        for sender in "abc":
            mine = [item for item in self.begun if self.sender[item] == sender]
            assert mine == sorted(mine)

    @invariant()
    def somebody_works_on_whatever_waits(self) -> None:
        if self.left is None:
            waiting = len(self.sender) - len(self.begun)
            assert not waiting or self.running, "items wait and nobody is at work"

    def teardown(self) -> None:
        for _ in range(4 * len(self.sender)):
            if self.left is None and self.running:
                self.tell(0, "done")
        if self.left is None:
            assert sorted(self.done + self.failed) == list(range(len(self.sender))), "something was lost"
            assert len(self.lanes) == 0
        self.loop.run_until_complete(self.lanes.stop(0.01))
        waits = self.lanes.close()
        assert sorted(self.done + self.failed + self.cut + waits) == list(range(len(self.sender)))
        assert not self.running
        self.loop.close()


LanesMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestLanes = LanesMachine.TestCase
