"""Tags of a conversation: added once, taken away where they are, and told in the log."""

from __future__ import annotations

from hub.conversations.scene import Scene
from hub.testing import HubKit


async def test_a_scene_adds_tags_and_takes_them_away(hub_kit: HubKit) -> None:
    visitor = hub_kit.visitor("fake", "u1")
    await visitor.says("你好")
    await hub_kit.settled()
    conversation = await visitor.conversation()

    async def play(tags: list[str], without: list[str]) -> None:
        async def change(scene: Scene) -> None:
            scene.tag(tags, without=without)

        await hub_kit.hub.path.play(conversation.person_id, "a test", change)

    for tags, without in ((["a", "b", "a"], []), (["b"], ["c"]), (["c"], ["a"]), ([], ["b", "c"])):
        await play(tags, without)
    assert (await visitor.conversation()).tags == ()
    events = await hub_kit.hub.reading.events(0, 500)
    told = [event.data for event in events if event.kind == "conversation.tagged"]
    assert [(one["tags"], one.get("without", [])) for one in told] == [(["a", "b"], []), (["c"], ["a"]), ([], ["b", "c"])]
