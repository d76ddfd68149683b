"""The work of the desk, over HTTP and over the socket."""

from __future__ import annotations

import asyncio
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hub import Message, Plugin, PluginConfig, Text, hookimpl, plain_text
from tests.desk.kit import CONFIG, House, open_house


def text(words: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": words}]


def png(width: int = 3, height: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\xff\0\0" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_a_conversation_from_the_queue_to_its_end_over_http(desk: House) -> None:
    number = await desk.conversation("wang", "where is my parcel")
    ada = await desk.person("root", "admin")
    assert ada.agent
    _, waiting = await ada.get("/api/conversations", view="waiting")
    row = waiting["conversations"][0]
    assert (row["id"], row["owner"]["kind"], row["unread"], waiting["more"]) == (str(number), "queue", 1, False)
    assert row["owner"]["name"] == "Front desk"
    assert row["legs"][0]["platform"] == "toy"
    status, taken = await ada.post(f"/api/conversations/{number}/take", {"version": row["version"]})
    assert status == 200
    assert taken["conversation"]["owner"] == {"kind": "agent", "id": str(ada.agent.id), "name": "Root"}
    say = {"id": "s1", "body": text("on its way")}
    first = await ada.post(f"/api/conversations/{number}/messages", say)
    again = await ada.post(f"/api/conversations/{number}/messages", say)
    assert first[0] == 200
    assert first[1]["message"]["id"] == again[1]["message"]["id"]
    note = {"body": text("a regular"), "visibility": "note"}
    assert (await ada.post(f"/api/conversations/{number}/messages", note))[0] == 200
    await desk.until(lambda: any("on its way" in str(one.body) for one in desk.toy.sent))
    assert not any("a regular" in str(one.body) for one in desk.toy.sent)
    _, page = await ada.get(f"/api/conversations/{number}/messages")
    directions = [message["direction"] for message in page["messages"] if message["direction"] != "system"]
    assert directions == ["in", "out", "note"]
    _, newest = await ada.get(f"/api/conversations/{number}/messages", limit="2")
    assert (len(newest["messages"]), newest["more"]) == (2, True)
    _, older = await ada.get(f"/api/conversations/{number}/messages", before=newest["messages"][0]["id"])
    assert [*older["messages"], *newest["messages"]] == page["messages"]
    status, closed = await ada.post(f"/api/conversations/{number}/close", {"tags": ["parcel"]})
    assert (closed["conversation"]["status"], closed["conversation"]["tags"]) == ("closed", ["parcel"])
    status, answer = await ada.post(f"/api/conversations/{number}/messages", {"body": text("too late")})
    assert (status, answer["error"]["code"]) == (409, "closed")
    _, details = await ada.get(f"/api/conversations/{number}")
    assert details["person"]["identities"][0]["external_id"] == "wang"


async def test_two_agents_one_conversation(desk: House) -> None:
    number = await desk.conversation()
    root = await desk.person("root", "admin")
    people = [await desk.person(name) for name in ("ada", "ben")]
    answers = await asyncio.gather(*(person.post(f"/api/conversations/{number}/take") for person in people))
    assert sorted(status for status, _ in answers) == [200, 409]
    loser = people[[status for status, _ in answers].index(409)]
    status, answer = await loser.post(f"/api/conversations/{number}/messages", {"body": text("me too")})
    assert (status, answer["error"]["code"]) == (403, "not_yours")
    assert (await loser.post(f"/api/conversations/{number}/close"))[0] == 403
    assert (await root.post(f"/api/conversations/{number}/close"))[0] == 200


async def test_an_open_desk_sees_everything_as_it_happens(desk: House) -> None:
    ada = await desk.person("root", "admin")
    page, welcome = await ada.desk()
    snapshot = welcome["snapshot"]
    assert snapshot["conversations"] == []
    assert snapshot["me"]["connected"] is True
    assert [team["id"] for team in snapshot["teams"]] == ["front", "back"]
    assert snapshot["channels"] == [
        {"name": "toy", "platform": "toy", "title": "Toy", "kinds": ["file", "image", "text"], "max_text": 500}
    ]
    number = str(await desk.conversation("wang", "hello"))
    heard = await page.event("message.created")
    assert heard["data"]["message"]["body"] == text("hello")
    assert heard["data"]["conversation"]["id"] == number
    version = heard["data"]["conversation"]["version"]
    taken = await page.do("take", conversation=number, version=version)
    assert taken["conversation"]["owner"]["kind"] == "agent"
    sent = await page.do("send", id="mine", conversation=number, body=text("hi"))
    again = await page.do("send", id="mine", conversation=number, body=text("hi"))
    assert sent["message"]["id"] == again["message"]["id"]
    assert sent["message"]["client_id"] == "mine"
    event = await page.event("message.created", lambda data: data["message"]["client_id"] == "mine")
    assert event["data"]["message"]["id"] == sent["message"]["id"]
    assert (await page.do("read", conversation=number, message=heard["data"]["message"]["id"])) == {}
    assert (await page.do("state", state="break"))["agent"]["state"] == "break"
    for wrong, code in (({"name": "dance"}, "unknown_command"), ({"name": "take", "conversation": "x"}, "invalid")):
        assert (await page.do(**wrong))["code"] == code
    assert (await page.do("take", conversation="1"))["code"] == "not_found"
    assert (await page.do("close", conversation=number, tags=["done"]))["conversation"]["status"] == "closed"
    assert (await page.do("send", conversation=number, body=text("late")))["code"] == "closed"


class Masking(Plugin[PluginConfig]):
    """Hides numbers from customers."""

    @hookimpl
    async def filter_outbound(self, message: Message) -> Message | None:
        return replace(message, body=(Text(re.sub(r"\d", "*", plain_text(message.body))),))


async def test_a_message_sent_twice_is_the_same_also_when_a_filter_changed_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=f"{CONFIG.rstrip()}\n  - use: masking\n", masking=Masking) as house:
        root = await house.person("root", "admin")
        number = await house.conversation()
        assert (await root.post(f"/api/conversations/{number}/take"))[0] == 200
        said = {"id": "c1", "body": text("call 138")}
        first = await root.post(f"/api/conversations/{number}/messages", said)
        again = await root.post(f"/api/conversations/{number}/messages", said)
        assert first[1]["message"]["body"] == again[1]["message"]["body"] == text("call ***")
        assert first[1]["message"]["id"] == again[1]["message"]["id"]
        await house.until(lambda: any(plain_text(one.body) == "call ***" for one in house.toy.sent))


async def test_a_desk_that_was_cut_off_misses_nothing(desk: House) -> None:
    ada = await desk.person("root", "admin")
    page, welcome = await ada.desk()
    await page.socket.close()
    number = await desk.conversation("wang", "one")
    await desk.toy.hear("wang", "two")
    back, resumed = await ada.desk(cursor=welcome["cursor"])
    assert resumed["snapshot"] is None
    said: list[str] = []
    at = welcome["cursor"]
    while len(said) < 2:
        frame = await back.read()
        if frame["t"] == "event":
            assert frame["prev"] == at
            at = frame["seq"]
            if frame["kind"] == "message.created" and frame["data"]["message"]["direction"] == "in":
                said.append(frame["data"]["message"]["body"][0]["text"])
    assert said == ["one", "two"]
    assert (await back.do("take", conversation=str(number)))["conversation"]["id"] == str(number)


async def test_a_desk_sees_only_what_its_agent_may_see(desk: House) -> None:
    root = await desk.person("root", "admin")
    ben = await desk.person("ben", "agent", "back")
    whole, _ = await root.desk()
    part, _ = await ben.desk()
    number = str(await desk.conversation())
    await whole.event("message.created")
    assert [frame for frame in await part.so_far() if frame["t"] == "event"] == []
    await whole.send(t="signal", name="typing", data={"conversation": number, "on": True})
    await whole.so_far()
    assert [frame for frame in await part.so_far() if frame.get("name") == "typing"] == []
    await whole.do("assign", conversation=number, team="back", note="please look")
    moved = await part.event("conversation.changed")
    assert moved["data"]["conversation"]["team"] == "back"


def kinds(frames: list[dict[str, Any]], number: str) -> list[str]:
    """What was said of this conversation, in order."""
    events = [frame for frame in frames if frame["t"] == "event"]
    return [frame["kind"] for frame in events if number in str(frame["data"])]


async def test_who_may_not_see_a_conversation_any_more_is_told_that_it_is_gone(desk: House) -> None:
    root = await desk.person("root", "admin")
    ada = await desk.person("ada", "agent", "front")
    ben = await desk.person("ben", "agent", "back")
    cem = await desk.person("cem", "agent", "back")
    whole, first, second, third = [(await person.desk())[0] for person in (root, ada, ben, cem)]
    number = str(await desk.conversation())
    await first.event("message.created")
    # Into another team's queue: gone for the old team, there for the new one.
    await whole.do("assign", conversation=number, team="back")
    gone = await first.event("conversation.gone")
    assert gone["data"] == {"id": number}
    assert kinds([*second.waiting, await second.event("conversation.changed")], number) == ["conversation.changed"]
    # To an agent of yet another team: theirs to see; who is in its team sees it as before.
    assert ada.agent
    await whole.do("assign", conversation=number, agent=str(ada.agent.id))
    back = await first.event("conversation.changed", lambda data: data["conversation"]["owner"]["kind"] == "agent")
    assert back["prev"] >= gone["seq"]
    # And given back to the queue of its team, it leaves the agent's sight again.
    await first.do("release", conversation=number)
    await first.event("conversation.gone")
    assert "conversation.gone" not in kinds([*third.waiting, *await third.so_far()], number)
    assert (await ada.get(f"/api/conversations/{number}"))[0] == 404


async def test_a_desk_that_was_cut_off_hears_what_left_its_sight(desk: House) -> None:
    root = await desk.person("root", "admin")
    ada = await desk.person("ada", "agent", "front")
    number = str(await desk.conversation())
    page, welcome = await ada.desk()
    assert [row["id"] for row in welcome["snapshot"]["conversations"]] == [number]
    await page.socket.close()
    assert (await root.post(f"/api/conversations/{number}/assign", {"team": "back"}))[0] == 200
    back, resumed = await ada.desk(cursor=welcome["cursor"])
    assert resumed["snapshot"] is None
    assert kinds(await back.so_far(), number) == ["conversation.gone"]


async def test_that_a_customer_types_is_shown_to_those_who_see_the_conversation(desk: House) -> None:
    root = await desk.person("root", "admin")
    ben = await desk.person("ben", "agent", "back")
    number = str(await desk.conversation("wang"))
    whole, part = (await root.desk())[0], (await ben.desk())[0]
    for on in (True, False):
        await desk.toy.ctx.customer_typing("wang", on)
        (typing,) = [frame for frame in await whole.so_far() if frame.get("name") == "typing"]
        assert (typing["data"]["conversation"], typing["data"]["on"]) == (number, on)
        assert (typing["data"]["author"]["kind"], typing["data"]["author"]["name"]) == ("person", "wang")
    await desk.toy.ctx.customer_typing("nobody", True)
    assert [frame for frame in await whole.so_far() if frame.get("name") == "typing"] == []
    assert [frame for frame in await part.so_far() if frame.get("name") == "typing"] == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1"])
async def test_a_page_of_another_origin_gets_no_stream(desk: House, origin: str) -> None:
    ada = await desk.person("root", "admin")
    page = await ada.socket(Origin=origin)
    await page.send(t="hello")
    assert await page.closed() == 4401


async def test_nobody_gets_no_stream(desk: House) -> None:
    page = await desk.anonymous().socket()
    await page.send(t="hello", token="made up")
    assert await page.closed() == 4401


async def test_what_cannot_be_delivered_is_seen_sent_again_or_given_up(desk: House) -> None:
    ada = await desk.person("root", "admin")
    page, _ = await ada.desk()
    number = str(await desk.conversation())
    await page.do("take", conversation=number)
    await page.do("send", conversation=number, body=text("refuse me"))
    failed = await page.event("message.changed", lambda data: data["state"] == "failed")
    assert failed["data"]["dead_letters"] == 1
    assert "the platform says no" in failed["data"]["error"]
    _, listing = await ada.get("/api/dead-letters")
    (letter,) = listing["dead_letters"]
    assert (letter["direction"], letter["channel"], letter["text"]) == ("out", "toy", "refuse me")
    assert (await ada.post(f"/api/dead-letters/{letter['id']}/retry"))[0] == 200
    await page.event("message.changed", lambda data: data["state"] == "failed")
    _, listing = await ada.get("/api/dead-letters")
    assert len(listing["dead_letters"]) == 1
    assert (await ada.ask("DELETE", f"/api/dead-letters/{letter['id']}"))[0] == 200
    assert (await ada.get("/api/dead-letters"))[1] == {"dead_letters": []}
    assert (await ada.post("/api/dead-letters/12345/retry"))[0] == 404


# -- files -------------------------------------------------------------------------------------------


async def test_a_picture_goes_up_and_out_and_comes_back_harmless(desk: House) -> None:
    ada = await desk.person("root", "admin")
    status, kept = await ada.upload(png(), "截图.png")
    assert status == 200
    assert (kept["mime"], kept["width"], kept["height"], kept["name"]) == ("image/png", 3, 2, "截图.png")
    number = await desk.conversation()
    await ada.post(f"/api/conversations/{number}/take")
    body = [{"type": "image", "media": kept["media"], "mime": kept["mime"]}]
    assert (await ada.post(f"/api/conversations/{number}/messages", {"body": body}))[0] == 200
    _, page = await ada.get(f"/api/conversations/{number}/messages")
    url = page["messages"][-1]["body"][0]["url"]
    async with ada.session.get(url) as answer:
        assert await answer.read() == png()
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert (await desk.anonymous().get(url))[0] == 401


@pytest.mark.parametrize(
    ("content", "mime", "status", "code"),
    [
        (b"<script>alert(1)</script>", "image/png", 415, "lying_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", 415, "type_not_allowed"),
        (b"MZ\x90\0" + b"\0" * 100, "application/octet-stream", 415, "type_not_allowed"),
        (b"", "image/png", 422, "empty"),
        (png(30_000, 1), "image/png", 422, "picture_too_large"),
    ],
)
async def test_files_that_lie_are_refused(desk: House, content: bytes, mime: str, status: int, code: str) -> None:
    ada = await desk.person("root", "admin")
    found, answer = await ada.upload(content, "x.png", mime)
    assert (found, answer["error"]["code"]) == (status, code)
    assert await desk.rows("media_attachment") == 0
    assert list((desk.hub.data / "media").iterdir()) == []


async def test_a_web_page_is_kept_as_plain_text_which_no_browser_runs(desk: House) -> None:
    ada = await desk.person("root", "admin")
    _, kept = await ada.upload(b"<html></html>", "a.html", "text/html")
    assert (kept["mime"], kept["name"]) == ("text/plain", "a.html")
    async with ada.session.get(f"/media/{kept['media']}") as answer:
        assert answer.content_type == "text/plain"
        assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_a_file_that_is_too_large_leaves_nothing(desk: House) -> None:
    ada = await desk.person("root", "admin")
    status, answer = await ada.upload(png() + b"\0" * 21 * 1024 * 1024)
    assert (status, answer["error"]["code"]) == (413, "too_large")
    assert await desk.rows("media_attachment") == 0
    assert list((desk.hub.data / "media").iterdir()) == []


async def test_another_persons_file_cannot_be_sent(desk: House) -> None:
    ada, eve = await desk.person("root", "admin"), await desk.person("eve", "agent")
    _, kept = await ada.upload(png())
    number = await desk.conversation()
    await eve.post(f"/api/conversations/{number}/take")
    body: Any = [{"type": "image", "media": kept["media"]}]
    status, answer = await eve.post(f"/api/conversations/{number}/messages", {"body": body})
    assert (status, answer["error"]["code"]) == (422, "unknown_media")




async def test_lines_of_the_house_come_with_what_stands_in_them(desk: House) -> None:
    """So that a page words them in its reader's language: what is stored was told the customer in theirs."""
    number = await desk.conversation()
    ada = await desk.person("ada", "admin")
    page, _ = await ada.desk()
    await ada.post(f"/api/conversations/{number}/take")
    told = await page.event("message.created", lambda data: data["message"]["code"] == "joined")
    await ada.post(f"/api/conversations/{number}/close")
    _, read = await ada.get(f"/api/conversations/{number}/messages")
    lines = {message["code"]: message["values"] for message in read["messages"] if message["direction"] == "system"}
    assert lines == {"handed_over": {}, "joined": {"name": "Ada"}, "closed": {}}
    assert told["data"]["message"]["values"] == lines["joined"]
    assert all("values" not in message for message in read["messages"] if message["direction"] != "system")
