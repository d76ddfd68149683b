"""What happened in a conversation, told to the workbench and in both languages."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub import NotReady, Outbound, Sent, Text
from hub_people import People
from hub_people.merging import Why
from tests.desk.kit import House, Toy, open_house
from tests.ops.kit import WITH_OPS


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
    assert "Given up on toy: the platform says no" in english
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


async def test_a_story_stays_whole_when_its_customer_turns_out_to_be_another(tmp_path: Path) -> None:
    """The log keeps who it was then: what happened before is still told, and so is what happened in between."""
    async with open_house(tmp_path, config=f"{WITH_OPS}  - use: people\n", people=People) as desk:
        boss = await desk.person("boss", "admin")
        one, two, three = [await desk.conversation(who, f"I am {who}") for who in "abc"]
        await boss.post(f"/api/conversations/{two}/take")
        await boss.post(f"/api/conversations/{two}/close", {"tags": ["parcel"]})
        people = desk.hub.registry.get("people")
        assert isinstance(people, People)

        async def customer(conversation: int) -> int:
            return int(await desk.hub.store.reader.value("SELECT person_id FROM conversation WHERE id = ?", conversation))

        async def kept(conversation: int) -> int:
            counts = [f"(SELECT count(*) FROM {table} WHERE conversation_id = {conversation})" for table in ("event", "message")]
            return int(await desk.hub.store.reader.value(f"SELECT {' + '.join(counts)}"))

        async def told(conversation: int) -> None:
            before, after, steps = -1, await kept(conversation), []
            while before != after:
                # Something may still be on its way: what was read while nothing came is compared.
                before = after
                _, answer = await boss.get(f"/api/conversations/{conversation}/explain", locale="en")
                steps = [step for step in answer["steps"] if not step["kind"].startswith("outbox.")]
                after = await kept(conversation)
            assert len(steps) == after
            assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)

        for other in (two, three):
            await people.register.merge(await customer(one), await customer(other), Why("agent", "sun"))
            for conversation in (one, two, three):
                await told(conversation)
        await boss.post(f"/api/conversations/{one}/take")
        await people.register.unmerge(await desk.hub.store.reader.value("SELECT max(id) FROM people_merge"), "sun")
        for conversation in (one, two, three):
            await told(conversation)


class TwoWays(Toy):
    """Says how each message went out."""

    async def send(self, message: Outbound) -> Sent:
        await super().send(message)
        (first,) = message.body
        assert isinstance(first, Text)
        via, _, detail = first.text.partition(" ")
        return Sent(via=via, detail=detail)


async def test_how_a_message_went_out_is_told_in_words(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=WITH_OPS, toy=TwoWays) as desk:
        ada = await desk.person("ada")
        one = await desk.conversation("a")
        await ada.post(f"/api/conversations/{one}/take")
        for words in ("passive within-5-s", "api the-handler-took-8-s", "pigeon"):
            await ada.post(f"/api/conversations/{one}/messages", {"body": [{"type": "text", "text": words}]})
        async def told(locale: str) -> list[str]:
            _, answer = await ada.get(f"/api/conversations/{one}/explain", locale=locale)
            steps = [step["text"] for step in answer["steps"] if step["kind"] == "message.sent_via"]
            # The house said something before.
            return steps[-3:]

        while not any("pigeon" in step for step in await told("en")):
            await asyncio.sleep(0)
        assert await told("en") == [
            "Sent on toy as the passive reply (within-5-s): passive within-5-s",
            "Sent on toy by the platform's API (the-handler-took-8-s): api the-handler-took-8-s",
            "Sent on toy via pigeon: pigeon",
        ]
        assert await told("zh-CN") == [
            "经 toy 以被动回复发出（within-5-s）：passive within-5-s",
            "经 toy 以接口消息发出（the-handler-took-8-s）：api the-handler-took-8-s",
            "经 toy 以 pigeon 发出：pigeon",
        ]


class Later(Toy):
    """Cannot send for an hour."""

    async def send(self, message: Outbound) -> Sent:
        raise NotReady("the line is down", retry_after=3600)


async def test_what_waits_says_how_often_it_was_tried(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=WITH_OPS, toy=Later) as desk:
        ada = await desk.person("ada")
        one = await desk.conversation("a")
        await ada.post(f"/api/conversations/{one}/take")
        await ada.post(f"/api/conversations/{one}/messages", {"body": [{"type": "text", "text": "soon"}]})

        async def waiting() -> list[str]:
            _, told = await ada.get(f"/api/conversations/{one}/explain", locale="en")
            return [step["text"] for step in told["steps"] if step["kind"] == "outbox.due" and "down" in step["text"]]

        while not (found := await waiting()):
            await asyncio.sleep(0)
        assert all(text.startswith("Waits to go out on toy, tried once: ") for text in found)
