"""Whatever comes in wrong is refused with a reason, and nothing of it is kept."""

from __future__ import annotations

from typing import Any

from tests.web.chat import Site, text

BODIES: list[Any] = [
    {},
    {"body": []},
    {"body": "hello"},
    {"body": [{"type": "text"}]},
    {"body": [{"type": "text", "text": ""}]},
    {"body": [{"type": "text", "text": "   \n "}]},
    {"body": [{"type": "text", "text": "x" * 51}]},
    {"body": [{"type": "text", "text": 5}]},
    {"body": [{"type": "text", "text": "a", "colour": "red"}]},
    {"body": [{"type": "choice", "label": "", "payload": "p"}]},
    {"body": [{"type": "choice", "label": "x" * 1001, "payload": "p"}]},
    {"body": [{"type": "choice", "label": "x", "payload": "p" * 1001}]},
    {"body": [{"type": "card", "title": "a card of my own"}]},
    {"body": [{"type": "buttons", "buttons": []}]},
    {"body": [{"type": "image", "media": "../../etc/passwd"}]},
    {"body": [{"type": "file", "media": "0" * 32, "name": "x"}]},
    {"body": [{"type": "text", "text": "a"}], "leg": "1"},
    {"body": [{"type": "text", "text": "a"}] * 51},
]


COMMANDS: list[tuple[str, Any]] = [
    ("shout", {}),
    ("human", {"team": "vip"}),
    ("read", {}),
    ("read", {"message": 5}),
    ("history", {"before": "1", "limit": "many"}),
    ("", {}),
]

SESSIONS = [
    (b"{", "application/json", 400),
    (b"[]", "application/json", 422),
    (b'{"locale": 5}', "application/json", 422),
    (b'{"admin": true}', "application/json", 422),
    (b'{"context": {"a": {"b": 1}}}', "application/json", 422),
    (b"locale=en", "application/x-www-form-urlencoded", 415),
    (b'{"locale": "' + b"x" * 2_000_000 + b'"}', "application/json", 413),
]


async def test_messages_that_are_none(site: Site) -> None:
    page = await site.begin()
    for data in BODIES:
        status, answer = await page.do("send", data)
        assert (status, bool(answer["error"]["message"])) == (422, True), data
    assert await site.rows("inbox") == 0


async def test_commands_that_are_none(site: Site) -> None:
    page = await site.begin()
    for name, data in COMMANDS:
        status, _ = await page.do(name, data)
        assert status == 422, (name, data)


async def test_what_is_wrong_is_named_by_its_place(site: Site) -> None:
    page = await site.begin()
    for name, data, place in (
        ("send", {}, "`body`"),
        ("send", {"body": [{"type": "text", "text": 5}]}, "`data.body[0].text`"),
        ("send", {"body": [{"type": "text", "text": "a", "colour": "red"}]}, "`colour`"),
        ("read", {"message": 5}, "`data.message`"),
    ):
        _, answer = await page.do(name, data)
        assert place in answer["error"]["message"], answer


async def test_messages_of_others_are_not_there(site: Site) -> None:
    page, other = await site.begin(), await site.begin()
    _, answer = await other.do("send", text("mine"))
    await other.said(2)
    for message in (answer["message"]["id"], "1", "0", "-1", "x", "9" * 40, "٣"):
        for name, key in (("read", "message"), ("history", "before")):
            status, _ = await page.do(name, {key: message})
            assert status == 404, message


async def test_sessions_that_are_none(site: Site) -> None:
    for body, mime, status in SESSIONS:
        found, answer = await site.post("session", data=body, headers={"Content-Type": mime})
        assert found == status, body[:50]
        assert "Traceback" not in str(answer)


async def test_ids_must_be_given_and_short(site: Site) -> None:
    page = await site.begin()
    for wrong in ("", "x" * 101):
        asked = {"id": wrong, "name": "send", "data": text("a")}
        status, _ = await site.post("commands", json=asked, headers=page.headers)
        assert status == 422
    assert await site.rows("inbox") == 0


async def test_polls_need_a_sensible_place(site: Site) -> None:
    page = await site.begin()
    for query, status in (
        ("", 400),
        ("after=x", 422),
        ("after=-1", 422),
        ("after=0&wait=900", 422),
        ("after=9000000", 409),
    ):
        found, _ = await site.get(f"events?{query}", headers=page.headers)
        assert found == status


async def test_too_many_messages_are_slowed_down(site: Site) -> None:
    page = await site.begin()
    statuses = [(await page.do("send", text(f"{number}")))[0] for number in range(31)]
    assert statuses[:30] == [200] * 30
    assert statuses[30] == 429
