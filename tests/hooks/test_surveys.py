"""The survey hooks, with surveys written here: the invitation at the end of a conversation, and the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hub import (
    Bot,
    Conversation,
    Crm,
    Event,
    Person,
    PluginConfig,
    StoreUnavailable,
    Survey,
    SurveyAnswer,
    SurveyOffer,
    hookimpl,
)
from hub.intents import Answer, Close, Turn, say
from hub.message import Card
from hub.testing import EchoBot, FakeChannel, FakePlatform, HubKit, VisitorActor, use
from hub.testing.fixtures import MakeHub
from tests.web.chat import CONFIG, open_site, text

URL = "https://survey.example/t0k"


class Stars(Survey[PluginConfig]):
    """Invites everybody, once `gate` is open; keeps the answers it is told of."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked: list[Conversation] = []
        self.told: list[SurveyAnswer] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.invites = True

    @hookimpl
    async def survey_offer(self, conversation: Conversation, person: Person) -> SurveyOffer | None:
        assert person.id == conversation.person_id
        self.asked.append(conversation)
        await self.gate.wait()
        if not self.invites:
            return None
        return SurveyOffer("stars", f"t-{conversation.id}", f"How was it, {person.name}?", URL, "One minute.")

    @hookimpl
    async def survey_answered(self, answer: SurveyAnswer) -> None:
        self.told.append(answer)


class Broken(Survey[PluginConfig]):
    """Fails at everything."""

    @hookimpl
    async def survey_offer(self, conversation: Conversation, person: Person) -> SurveyOffer | None:
        raise RuntimeError("no survey today")

    @hookimpl
    async def survey_answered(self, answer: SurveyAnswer) -> None:
        raise RuntimeError("no reading today")


class Scribe(Crm[PluginConfig]):
    """Writes down what happens."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.heard: list[Event] = []

    @hookimpl
    async def crm_changes(self, changes: Sequence[Event]) -> None:
        self.heard.extend(changes)


async def talked(make_hub: MakeHub, *plugins: Any) -> tuple[HubKit, VisitorActor]:
    """A customer who was served and whose conversation was closed."""
    kit = await make_hub(use(FakeChannel, "fake", world=FakePlatform()), EchoBot, *plugins)
    visitor, agent = kit.visitor("fake", "u1", name="Anna"), kit.agent("刘芳")
    await visitor.says("一")
    await visitor.hears("一")
    await agent.takes(visitor)
    await visitor.hears_line("joined", name="刘芳")
    await agent.closes()
    await visitor.hears_line("closed")
    return kit, visitor


async def test_survey_offer_at_the_end_brings_the_customer_a_card(make_hub: MakeHub) -> None:
    kit, visitor = await talked(make_hub, use(Stars, "stars"))
    await visitor.hears(f"How was it, Anna?\nOne minute.\n{URL}")
    await visitor.hears_nothing_more()
    stars = kit.plugin("stars", Stars)
    (asked,) = stars.asked
    conversation = await visitor.conversation()
    assert (asked.id, asked.status) == (conversation.id, "closed")
    assert conversation.status == "closed", "an invitation opens nothing"
    events = await kit.hub.reading.events(0, 100, conversation_id=conversation.id)
    (invited,) = [event for event in events if event.data.get("survey")]
    assert invited.data == {"survey": "stars", "token": f"t-{conversation.id}"}
    assert invited.message is not None
    assert invited.message.body == (Card("How was it, Anna?", "One minute.", URL),)
    assert (invited.message.author.kind, invited.message.author.id) == ("bot", "stars")


class Farewell(Bot[PluginConfig]):
    """Says goodbye."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        return Answer((say("bye"), Close()))


async def test_survey_offer_reaches_a_web_visitor_as_a_message_with_a_link(tmp_path: Path) -> None:
    config = f"{CONFIG}  - use: stars\n".replace("use: echo", "use: farewell")
    async with open_site(tmp_path, config, stars=Stars, farewell=Farewell) as site:
        page = await site.begin()
        await page.do("send", text("hello"))
        state = await page.until(lambda found: len(found["messages"]) == 4)
        invitation = state["messages"][-1]
        assert (invitation["direction"], invitation["author"]["kind"]) == ("out", "bot")
        (card,) = invitation["body"]
        assert (card["type"], card["url"], card["text"]) == ("card", URL, "One minute.")
        assert state["conversation"]["status"] == "closed"


async def test_survey_offer_is_asked_only_when_a_conversation_is_closed(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Stars, "stars"))
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("一")
    await visitor.hears("一")
    await agent.takes(visitor)
    await agent.says("二")
    await kit.settled()
    stars = kit.plugin("stars", Stars)
    assert stars.asked == []
    stars.invites = False
    await agent.closes()
    await kit.until(lambda: stars.asked, "the question")
    await visitor.hears_line("joined", name="刘芳")
    await visitor.hears("二")
    await visitor.hears_line("closed")
    await visitor.hears_nothing_more()


async def test_survey_offer_is_the_first_that_somebody_makes(make_hub: MakeHub) -> None:
    kit, visitor = await talked(make_hub, use(Broken, "broken"), use(Stars, "one"), use(Stars, "two"))
    await visitor.hears("How was it, Anna?")
    await visitor.hears_nothing_more()
    assert len(kit.plugin("one", Stars).asked) == 1
    assert kit.plugin("two", Stars).asked == []


async def test_survey_offer_that_comes_after_the_next_conversation_has_begun_is_left_out(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Stars, "stars"))
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    stars = kit.plugin("stars", Stars)
    stars.gate.clear()
    await visitor.says("一")
    await visitor.hears("一")
    await agent.takes(visitor)
    await agent.closes()
    await kit.until(lambda: stars.asked, "the question")
    await visitor.says("二")
    await visitor.hears_line("joined", name="刘芳")
    await visitor.hears_line("closed")
    await visitor.hears("二")
    stars.gate.set()
    await kit.until(lambda: not kit.hub.notifier._tasks, "the offer dealt with")
    await visitor.hears_nothing_more()


def answer_of(conversation: Conversation) -> SurveyAnswer:
    given = {"stars": 4, "again": True, "why": "很快"}
    return SurveyAnswer("stars", f"t-{conversation.id}", conversation.id, conversation.person_id, given, 0.8, "谢谢")


async def test_survey_answered_is_stored_as_an_event_and_told_to_everybody(make_hub: MakeHub) -> None:
    plugins = (use(Stars, "one"), use(Broken, "broken"), use(Stars, "two"), use(Scribe, "crm"))
    kit, visitor = await talked(make_hub, *plugins)
    conversation = await visitor.conversation()
    answer = answer_of(conversation)
    await kit.plugin("one", Stars).ctx.survey_answered(answer)
    assert kit.plugin("one", Stars).told == kit.plugin("two", Stars).told == [answer]
    crm = kit.plugin("crm", Scribe)
    await kit.until(lambda: [e for e in crm.heard if e.kind == "survey.answered"], "the event at the CRM")
    (event,) = [event for event in crm.heard if event.kind == "survey.answered"]
    assert (event.person_id, event.conversation_id, event.public) == (conversation.person_id, conversation.id, False)
    assert event.data == {
        "survey": "stars",
        "token": f"t-{conversation.id}",
        "answers": {"stars": 4, "again": True, "why": "很快"},
        "score": 0.8,
        "comment": "谢谢",
        "by": "one",
    }
    await kit.restart()
    assert await kit.rows("SELECT id FROM event WHERE kind = 'survey.answered'") == [{"id": event.id}]


async def test_survey_answered_is_told_to_nobody_when_it_cannot_be_stored(make_hub: MakeHub) -> None:
    kit, visitor = await talked(make_hub, use(Stars, "stars"))
    stars, answer = kit.plugin("stars", Stars), answer_of(await visitor.conversation())
    await visitor.hears("How was it, Anna?")
    await kit.settled()
    async with kit.store_down():
        with pytest.raises(StoreUnavailable):
            await stars.ctx.survey_answered(answer)
    assert stars.told == []
    await stars.ctx.survey_answered(answer)
    assert stars.told == [answer]
