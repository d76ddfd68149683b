"""What happened in a conversation, told to the workbench and in both languages."""

from __future__ import annotations

from tests.desk.kit import House


async def test_what_happened_is_told_in_both_languages(desk: House) -> None:
    ada = await desk.person("ada")
    one = await desk.conversation("a", "where is my parcel")
    await ada.post(f"/api/conversations/{one}/take")
    say = {"body": [{"type": "text", "text": "refuse me"}]}
    await ada.post(f"/api/conversations/{one}/messages", say)
    await desk.until(lambda: desk.hub.path.dead_total == 1)

    async def told(locale: str) -> str:
        status, answer = await ada.get(f"/api/conversations/{one}/explain", locale=locale)
        assert status == 200
        # What still waits comes last, whenever that began.
        happened = [step["at"] for step in answer["steps"] if not step["kind"].startswith("outbox.")]
        assert happened == sorted(happened)
        return "\n".join(step["text"] for step in answer["steps"])

    english, chinese = await told("en"), await told("zh-CN")
    for part in ("where is my parcel", "Ada", "the platform says no"):
        assert part in english
        assert part in chinese
    assert "took over" in english
    assert "客服" in chinese
    assert "took over" not in chinese


async def test_the_whole_story_is_told_from_its_beginning_to_its_end(desk: House) -> None:
    root, ada = await desk.person("root", "admin"), await desk.person("ada")
    one = await desk.conversation()
    assert root.agent
    assert (await ada.post(f"/api/conversations/{one}/take"))[0] == 200
    assert (await ada.post(f"/api/conversations/{one}/assign", {"agent": str(root.agent.id)}))[0] == 200
    assert (await root.post(f"/api/conversations/{one}/close", {"tags": ["parcel"]}))[0] == 200
    _, told = await ada.get(f"/api/conversations/{one}/explain", locale="en")
    steps = [step["text"] for step in told["steps"]]
    assert steps[0].startswith("The conversation began")
    assert any("Agent Root took over" in step for step in steps)
    assert any("Tagged: parcel" in step for step in steps)
    assert any("closed" in step for step in steps)
