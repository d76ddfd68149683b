"""What may still be sent is asked of the channel and told where somebody writes: at once, after each message, near its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from hub import Allowance, Leg
from hub.testing import ManualClock
from hub_desk.allowances import SHORTLY
from tests.desk.kit import CONFIG, DeskPage, House, Person, Toy, open_house

HOUR: Final = 3_600_000


class Shy(Toy):
    """A toy that takes only so many."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.allowed = Allowance(5, None, "message")
        self.trouble: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.asked: list[str] = []

    async def allowance(self, leg: Leg) -> Allowance:
        self.asked.append(leg.address)
        await self.open.wait()
        if self.trouble is not None:
            raise self.trouble
        return self.allowed


@pytest.fixture
async def clock() -> ManualClock:
    return ManualClock(1_800_000_000.0)


@pytest.fixture
async def desk(tmp_path: Path, clock: ManualClock) -> AsyncIterator[House]:
    """Here the toy is shy, and there is another one that is not."""
    document = f"{CONFIG}  - {{use: bold, required: true}}\n"
    async with open_house(tmp_path, clock=clock, config=document, toy=Shy, bold=Toy) as made:
        yield made


def shy(desk: House) -> Shy:
    toy = desk.toy
    assert isinstance(toy, Shy)
    return toy


async def opened(desk: House, person: Person, conversation: int) -> DeskPage:
    """A page that shows it."""
    page, _ = await person.desk()
    await page.send(t="signal", name="viewing", data={"conversation": str(conversation)})
    return page


async def told(page: DeskPage) -> dict[str, Any]:
    """The next allowance a page hears of: of its only leg."""
    while True:
        frame = page.waiting.pop(0) if page.waiting else await page.read()
        if frame["t"] == "signal" and frame["name"] == "allowance":
            (allowed,) = frame["data"]["legs"].values()
            found: dict[str, Any] = allowed
            return found


async def details(person: Person, conversation: int) -> list[Any]:
    _, answer = await person.get(f"/api/conversations/{conversation}")
    return [leg["allowance"] for leg in answer["conversation"]["legs"]]


async def test_the_details_say_what_is_left_on_each_leg(desk: House) -> None:
    ada, one = await desk.person("ada"), await desk.conversation("a")
    shy(desk).allowed = Allowance(3, 1_800_000_900_000, "click")
    assert await details(ada, one) == [{"left": 3, "until": 1_800_000_900_000, "why": "click"}]
    await ada.post(f"/api/conversations/{one}/take")
    await ada.post(f"/api/conversations/{one}/close")
    assert await details(ada, one) == [None]


async def test_a_channel_without_bounds_or_with_a_fault_says_nothing(desk: House) -> None:
    ada, one = await desk.person("ada"), await desk.conversation("a")
    shy(desk).trouble = RuntimeError("who knows")
    assert await details(ada, one) == [None]
    assert ("warning", "a channel could not say what may be sent") in [line[:2] for line in desk.log.lines]
    bold: Any = desk.hub.registry.get("bold")
    await bold.hear("b", "hello")
    await desk.until(lambda: desk.hub.people.person_of(("toy", "bold", "b")) is not None)
    dossier = await desk.hub.people.find(("toy", "bold", "b"))
    assert dossier is not None
    await desk.until(lambda: dossier.conversation is not None)
    assert dossier.conversation is not None
    assert await details(ada, dossier.conversation.id) == [None]


async def test_a_page_is_told_when_it_opens_and_after_each_message(desk: House) -> None:
    ada, one = await desk.person("ada"), await desk.conversation("a")
    await ada.post(f"/api/conversations/{one}/take")
    page = await opened(desk, ada, one)
    assert await told(page) == {"left": 5, "until": None, "why": "message"}
    shy(desk).allowed = Allowance(4, None, "message")
    await ada.post(f"/api/conversations/{one}/messages", {"body": [{"type": "text", "text": "hello"}]})
    assert (await told(page))["left"] == 4
    shy(desk).allowed = Allowance(5, None, "again")
    await shy(desk).hear("a", "are you there?")
    while (await told(page))["why"] != "again":
        pass


async def test_only_who_looks_at_it_and_may_see_it_is_told(desk: House) -> None:
    ada, bob = await desk.person("ada"), await desk.person("bob", "agent", "back")
    one, other = await desk.conversation("a"), await desk.conversation("b")
    await ada.post(f"/api/conversations/{one}/take")
    looking, elsewhere = await opened(desk, ada, one), await opened(desk, ada, other)
    forbidden = await opened(desk, bob, one)
    await told(looking)
    await told(elsewhere)
    shy(desk).allowed = Allowance(1, None, "message")
    await shy(desk).hear("a", "once more")
    while (await told(looking))["left"] != 1:
        pass
    for page in (elsewhere, forbidden):
        # What they are told after that is an answer: nothing came before it.
        assert "agent" in await page.do("state", state="online")
        assert not any(frame.get("name") == "allowance" for frame in page.waiting)


async def test_who_looks_away_is_not_told(desk: House) -> None:
    ada, one = await desk.person("ada"), await desk.conversation("a")
    page = await opened(desk, ada, one)
    await told(page)
    await page.send(t="signal", name="viewing", data={"conversation": None})
    await page.do("state", state="online")
    asked = len(shy(desk).asked)
    await desk.conversation("a", "is anybody there?")
    await page.do("state", state="break")
    assert len(shy(desk).asked) == asked


async def test_it_is_asked_for_anew_an_hour_before_its_end_and_at_its_end(desk: House, clock: ManualClock) -> None:
    now = int(clock.now() * 1000)
    shy(desk).allowed = Allowance(5, now + 2 * SHORTLY, "message")
    ada, one = await desk.person("ada"), await desk.conversation("a")
    page = await opened(desk, ada, one)
    assert (await told(page))["left"] == 5
    for left in (4, 0):
        shy(desk).allowed = Allowance(left, now + 2 * SHORTLY, "message")
        await clock.advance(SHORTLY / 1000)
        assert (await told(page))["left"] == left
    # It is over: there is nothing more to wait for.
    asked = len(shy(desk).asked)
    await clock.advance(SHORTLY)
    await page.do("state", state="online")
    assert len(shy(desk).asked) == asked


async def test_a_channel_that_does_not_answer_holds_nobody_up(desk: House, clock: ManualClock) -> None:
    ada, one = await desk.person("ada"), await desk.conversation("a")
    shy(desk).open.clear()
    asking = asyncio.ensure_future(details(ada, one))
    while not asking.done():
        await clock.advance(1)
        await asyncio.sleep(0.005)
    assert asking.result() == [None]


@pytest.mark.parametrize("wrong", ["no id", "²", "9" * 30, 7.5, {"a": 1}, True])
async def test_what_is_no_conversation_is_shown_by_nobody(desk: House, wrong: Any) -> None:
    ada = await desk.person("ada")
    page, _ = await ada.desk()
    await page.send(t="signal", name="viewing", data={"conversation": wrong})
    await page.send(t="signal", name="typing", data={"conversation": wrong, "on": True})
    assert "agent" in await page.do("state", state="online")
    assert desk.log.errors() == []
