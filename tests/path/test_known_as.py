"""Who is who, for any order of messages: an id the platform vouches for joins who was there before, at most once each."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.message import Text
from hub.plugin import Inbound, Sender
from hub.testing import EchoBot, FakeChannel, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub

Step = tuple[str, str]
"""Who writes, and who they were before, where that is said: letters are strangers, digits are vouched for."""

steps = st.lists(st.tuples(st.sampled_from("abc12"), st.sampled_from(["", "a", "b", "c"])), min_size=1, max_size=12)


class Model:
    """The rule itself: people are numbers."""

    def __init__(self) -> None:
        self.person: dict[str, int] = {}
        self.vouched: set[int] = set()
        self._numbers = itertools.count()

    def hear(self, who: str, before: str) -> None:
        if who not in self.person:
            known = self.person.get(before) if who.isdigit() and before else None
            self.person[who] = known if known is not None and known not in self.vouched else next(self._numbers)
        if who.isdigit():
            self.vouched.add(self.person[who])

    def groups(self) -> set[frozenset[str]]:
        return {frozenset(w for w, p in self.person.items() if p == person) for person in self.person.values()}


class Town:
    """One hub for many plays; each has ids of its own."""

    def __init__(self, kit: HubKit) -> None:
        self.kit = kit
        self.plays = itertools.count()

    def inbound(self, play: int, number: int, who: str, before: str) -> Inbound:
        vouched = who.isdigit()
        sender = Sender(f"{play}-{who}", verified=vouched, known_as=f"{play}-{before}" if vouched and before else "")
        return Inbound(f"{play}-{number}", sender, (Text(f"{number}"),))

    async def people(self, play: int) -> dict[str, int]:
        sql = "SELECT external_id, person_id FROM identity WHERE external_id LIKE ?"
        return {row["external_id"].split("-")[1]: row["person_id"] for row in await self.kit.rows(sql, f"{play}-%")}

    async def one_after_the_other(self, script: list[Step]) -> None:
        play, model = next(self.plays), Model()
        for number, (who, before) in enumerate(script):
            await self.kit.hub.path.accept("fake", self.inbound(play, number, who, before))
            await self.kit.settled()
            model.hear(who, before)
        found = await self.people(play)
        assert {frozenset(w for w, p in found.items() if p == person) for person in found.values()} == model.groups()
        await self.all_heard(play, script)

    async def all_at_once(self, script: list[Step]) -> None:
        play = next(self.plays)
        inbounds = [self.inbound(play, number, *step) for number, step in enumerate(script)]
        await asyncio.gather(*(self.kit.hub.path.accept("fake", inbound) for inbound in inbounds))
        await self.kit.settled()
        found = await self.people(play)
        assert set(found) == {who for who, _ in script}
        # Nobody is two people the platform vouches for, and nobody joins a stranger they did not name.
        assert len({found[who] for who in found if who.isdigit()}) == sum(who.isdigit() for who in found)
        for one, other in itertools.combinations([who for who in found if not who.isdigit()], 2):
            assert found[one] != found[other]
        for who in (who for who in found if who.isdigit()):
            named = {before for asked, before in script if asked == who}
            assert {other for other in found if found[other] == found[who] and other != who} <= named
        await self.all_heard(play, script)
        assert not self.kit.hub.path.pipeline._claims

    async def all_heard(self, play: int, script: list[Step]) -> None:
        """Each message is stored once, and each sender was answered once for each, in order."""
        for who in {who for who, _ in script}:
            said = [f"{number}" for number, step in enumerate(script) if step[0] == who]
            assert self.kit.world("fake").texts(f"{play}-{who}") == said


async def test_two_who_were_the_same_stranger_at_once_are_two_people(hub_kit: HubKit) -> None:
    """They must not see each other's words: only the first keeps what the stranger said."""
    town = Town(hub_kit)
    for _ in range(5):
        await town.all_at_once([("a", ""), ("1", "a"), ("2", "a"), ("1", "a"), ("2", "a")])
        play = next(town.plays)
        await hub_kit.hub.path.accept("fake", town.inbound(play, 0, "a", ""))
        await hub_kit.settled()
        claims = [town.inbound(play, number, who, "a") for number, who in enumerate("1212", 1)]
        await asyncio.gather(*(hub_kit.hub.path.accept("fake", claim) for claim in claims))
        await hub_kit.settled()
        found = await town.people(play)
        assert found["1"] != found["2"]
        assert found["a"] in (found["1"], found["2"])
        for who, said in (("1", ["1", "3"]), ("2", ["2", "4"])):
            assert hub_kit.world("fake").texts(f"{play}-{who}") == said


async def test_the_answer_goes_where_the_customer_wrote_last_however_short_ago_that_was(make_hub: MakeHub) -> None:
    town = Town(await make_hub(use(FakeChannel, "fake"), EchoBot, clock=ManualClock()))
    await town.one_after_the_other([("a", ""), ("1", "a"), ("a", ""), ("a", ""), ("1", "")])


def test_anybody_may_turn_out_to_be_somebody(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        kit = HubKit(tmp_path, use(FakeChannel, "fake"), EchoBot)
        town = Town(kit)

        @settings(max_examples=30, deadline=None)
        @given(steps)
        def in_turn(script: list[Step]) -> None:
            runner.run(town.one_after_the_other(script))

        @settings(max_examples=30, deadline=None)
        @given(steps)
        def together(script: list[Step]) -> None:
            runner.run(town.all_at_once(script))

        runner.run(kit.start())
        try:
            in_turn()
            together()
        finally:
            runner.run(kit.stop())
