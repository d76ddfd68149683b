"""Talking: commands over HTTP and sockets, replays, history, and a person instead of a bot."""

from __future__ import annotations

import asyncio

from tests.web.chat import Site, text


async def test_a_visitor_hears_the_bot(site: Site) -> None:
    page = await site.begin()
    status, answer = await page.do("send", text("hello"), id="one")
    assert status == 200
    message = answer["message"]
    assert (message["client_id"], message["direction"], message["state"]) == ("one", "in", "received")
    state = await page.until(lambda found: len(found["messages"]) == 2)
    assert state["messages"][0]["id"] == message["id"]
    assert state["messages"][0]["at"] == message["at"]
    assert state["messages"][1]["body"] == [{"type": "text", "text": "echo: hello"}]
    assert state["conversation"]["owner"]["kind"] == "bot"
    assert state["unread"] == 1


async def test_sending_twice_is_sending_once(site: Site) -> None:
    page = await site.begin()
    answers = await asyncio.gather(*(page.do("send", text("once"), id="same") for _ in range(5)))
    assert len({answer["message"]["id"] for _, answer in answers}) == 1
    assert await page.said(2) == ["once", "echo: once"]
    assert await site.rows("message") == 2


async def test_two_visitors_may_choose_the_same_id(site: Site) -> None:
    one, other = await site.begin(), await site.begin()
    await one.do("send", text("a"), id="same")
    await other.do("send", text("b"), id="same")
    assert await one.said(2) == ["a", "echo: a"]
    assert await other.said(2) == ["b", "echo: b"]


async def test_a_socket_carries_the_stream_without_holes(site: Site) -> None:
    page = await site.begin()
    async with page.socket() as socket:
        assert socket.welcome["snapshot"]["messages"] == []
        cursor = socket.welcome["cursor"]
        await socket.do("send", text("hello"), "one")
        seen: list[str] = []
        while len(seen) < 2:
            event = await socket.frame("event")
            assert event["prev"] == cursor < event["seq"]
            cursor = event["seq"]
            if event["kind"] == "message.created":
                seen.append(event["data"]["message"]["body"][0]["text"])
        assert seen == ["hello", "echo: hello"]


async def test_what_was_missed_is_replayed(site: Site) -> None:
    page = await site.begin()
    async with page.socket() as socket:
        cursor = socket.welcome["cursor"]
    await page.do("send", text("meanwhile"))
    await page.said(2)
    async with page.socket(cursor) as socket:
        assert socket.welcome["snapshot"] is None
        found = await socket.frame("event")
        while found["kind"] != "message.created":
            found = await socket.frame("event")
        assert found["data"]["message"]["body"][0]["text"] == "meanwhile"


async def test_both_tabs_see_the_same(site: Site) -> None:
    page = await site.begin()
    async with page.socket() as one, page.socket() as other:
        await one.do("send", text("hello"), "one")
        for socket in (one, other):
            found = await socket.frame("event")
            while found["kind"] != "message.created":
                found = await socket.frame("event")
            assert found["data"]["message"]["client_id"] == "one"


async def test_asking_for_a_person_before_the_first_word(site: Site) -> None:
    page = await site.begin()
    status, answer = await page.do("human", {}, id="h1")
    assert (status, answer) == (200, {})
    state = await page.until(lambda found: (found["conversation"] or {}).get("waiting") is not None)
    assert state["conversation"]["owner"]["kind"] == "queue"
    assert state["conversation"]["waiting"] == {"place": 1, "card": None}
    assert [message["code"] for message in state["messages"] if message["direction"] == "system"] == ["handed_over"]


async def test_asking_for_a_person_twice_changes_nothing(site: Site) -> None:
    page = await site.begin()
    await page.do("human", {})
    await page.until(lambda found: (found["conversation"] or {}).get("waiting") is not None)
    await page.do("human", {})
    assert await site.rows("message") == 2


async def test_places_in_the_queue_are_told_when_somebody_is_served(site: Site) -> None:
    first, second = await site.begin(), await site.begin()
    for page in (first, second):
        await page.do("human", {})
        await page.until(lambda found: (found["conversation"] or {}).get("waiting") is not None)
    state = await second.snapshot()
    assert state["conversation"]["waiting"] == {"place": 2, "card": None}
    served = int((await first.snapshot())["conversation"]["id"])
    async with second.socket() as socket:
        await site.hub.path.in_conversation(served, "test", _back_to_bot)
        told = await socket.frame("signal")
    assert told["name"] == "waiting"
    assert told["data"] == {"conversation": state["conversation"]["id"], "place": 1}


async def _back_to_bot(scene: object) -> None:
    scene.assign_bot()  # type: ignore[attr-defined]


async def test_reading_clears_the_unread_count(site: Site) -> None:
    page = await site.begin()
    await page.do("send", text("hello"))
    state = await page.until(lambda found: found["unread"] == 1)
    status, _ = await page.do("read", {"message": state["messages"][-1]["id"]})
    assert status == 200
    state = await page.until(lambda found: found["unread"] == 0)
    assert state["messages"][-1]["state"] == "read"


async def test_history_comes_in_pages(site: Site) -> None:
    page = await site.begin()
    for number in range(5):
        await page.do("send", text(f"{number}"))
        await page.said(2 * number + 2)
    messages = (await page.snapshot())["messages"]
    status, older = await page.do("history", {"before": messages[4]["id"], "limit": 3})
    assert status == 200
    assert [message["id"] for message in older["messages"]] == [message["id"] for message in messages[1:4]]
    assert older["more"] is True
    _, oldest = await page.do("history", {"before": messages[1]["id"]})
    assert oldest["more"] is False


async def test_what_the_page_tells_about_the_visit_reaches_the_agents(site: Site) -> None:
    page = await site.begin(context={"page": "https://shop.example.com/cart"})
    await page.do("send", text("hello"))
    await page.said(2)
    person = await site.hub.reading.person(int((await page.snapshot())["messages"][0]["author"]["id"]))
    assert person is not None
    assert person.attributes["page"] == "https://shop.example.com/cart"
