"""The hook by which a plugin chooses among the agents who could serve, asked as routing asks."""

from __future__ import annotations

from collections.abc import Sequence

from hub import Agent, Conversation, Person, Plugin, PluginConfig, hookimpl
from hub.testing import EchoBot, FakeChannel, use
from hub.testing.fixtures import MakeHub


class Last(Plugin[PluginConfig]):
    """Prefers whoever stands last."""

    @hookimpl
    async def pick_agent(self, conversation: Conversation, person: Person, candidates: Sequence[Agent]) -> int | None:
        assert conversation.person_id == person.id
        return candidates[-1].id if candidates else None


async def test_pick_agent_is_answered_by_the_first_who_has_a_choice(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Last, "last"))
    await kit.visitor("fake", "u1").says("一")
    conversation = await kit.visitor("fake", "u1").conversation()
    person = await kit.hub.reading.person(conversation.person_id)
    agents = [await kit.agent(name).record() for name in ("刘芳", "王强")]
    ask = {"conversation": conversation, "person": person}
    assert await kit.hub.calls.first("pick_agent", **ask, candidates=agents) == agents[-1].id
    assert await kit.hub.calls.first("pick_agent", **ask, candidates=[]) is None
