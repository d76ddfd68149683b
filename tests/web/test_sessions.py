"""Who is in front of a page: visitors' tokens and signed identities."""

from __future__ import annotations

import time

import jwt

from tests.web.chat import SECRET, Site, signed, text


async def test_a_session_brings_all_a_page_needs(site: Site) -> None:
    status, answer = await site.post("session", json={"token": None, "identity": None, "locale": "en"})
    assert status == 200
    assert answer["greeting"] == {"text": "Hello", "buttons": [{"label": "How much", "payload": "faq:price"}]}
    assert answer["title"] == "Service"
    assert answer["limits"]["text"] == 50
    assert answer["visitor"]["verified"] is False
    assert 3500 < answer["expires_at"] / 1000 - time.time() < 3700


async def test_a_session_speaks_the_visitors_language(site: Site) -> None:
    _, answer = await site.post("session", json={"locale": "zh-CN"})
    assert (answer["title"], answer["greeting"]["text"]) == ("客服", "您好")


async def test_a_visitor_who_never_writes_leaves_no_trace(site: Site) -> None:
    page = await site.begin()
    await page.snapshot()
    assert await site.rows("person") == 0


async def test_a_shown_token_is_renewed_and_stays_the_same_visitor(site: Site) -> None:
    first = await site.begin()
    second = await site.begin(token=first.token)
    assert second.session["visitor"]["id"] == first.session["visitor"]["id"]


async def test_two_visitors_see_nothing_of_each_other(site: Site) -> None:
    one, other = await site.begin(), await site.begin()
    await one.do("send", text("mine"))
    await one.said(2)
    assert (await other.snapshot())["messages"] == []


async def test_forged_tokens_are_refused(site: Site) -> None:
    ours = (await site.begin()).token
    another = jwt.encode({"vid": "x", "loc": "en", "exp": 9e9}, "k" * 32)
    for token in ("nonsense", "a.b.c", another, ours[:-4], f"{ours}x"):
        status, answer = await site.post("session", json={"token": token, "locale": "en"})
        assert (status, answer["error"]["code"]) == (401, "invalid_token"), token
        status, _ = await site.get("snapshot", headers={"Authorization": f"Bearer {token}"})
        assert status == 401


async def test_without_a_token_nothing_is_shown(site: Site) -> None:
    for path in ("snapshot", "events?after=0"):
        status, _ = await site.get(path)
        assert status == 401


async def test_a_foreign_page_is_refused(site: Site) -> None:
    for origin in ("https://evil.example", "null", "https://shop.example.com.evil.example"):
        status, answer = await site.post("session", json={}, headers={"Origin": origin})
        assert (status, answer["error"]["code"]) == (403, "wrong_origin")
        async with site.session.get(site.url("ws"), headers={"Origin": origin}) as answered:
            assert answered.status == 403


async def test_named_sites_and_our_own_pages_are_welcome(site: Site) -> None:
    for origin in ("https://shop.example.com", site.server.url):
        status, _ = await site.post("session", json={}, headers={"Origin": origin})
        assert status == 200


async def test_a_signed_identity_makes_a_known_person(site: Site) -> None:
    page = await site.begin(identity=signed("u1", name="王芳", phone="13800000000"))
    assert page.session["visitor"] == {"id": "user:u1", "name": "王芳", "verified": True}
    await page.do("send", text("hello"))
    await page.said(2)
    identity = await site.hub.reading.identity("web", "web", "user:u1")
    assert identity is not None
    assert identity.verified
    person = await site.hub.reading.person(identity.person_id)
    assert person is not None
    assert (person.name, person.verified, person.attributes["phone"]) == ("王芳", True, "13800000000")


async def test_who_is_recognised_stays_who_they_were(site: Site) -> None:
    stranger = await site.begin()
    await stranger.do("send", text("before"))
    await stranger.said(2)
    known = await site.begin(token=stranger.token, identity=signed("u1"))
    assert len((await known.snapshot())["messages"]) == 2
    await known.do("send", text("after"))
    assert await known.said(4) == ["before", "echo: before", "after", "echo: after"]
    assert await site.rows("person") == 1


async def test_an_answer_between_signing_in_and_the_next_word_arrives(site: Site) -> None:
    stranger = await site.begin()
    await stranger.do("send", text("before"))
    await stranger.said(2)
    known = await site.begin(token=stranger.token, identity=signed("u1"))
    async with known.socket() as socket:
        await stranger.do("send", text("still typing in the other tab"))
        found = await socket.frame("event")
        assert found["kind"] == "message.created"


async def test_an_anonymous_token_shows_nothing_of_a_recognised_person(site: Site) -> None:
    stranger = await site.begin()
    await stranger.do("send", text("before"))
    await stranger.said(2)
    known = await site.begin(token=stranger.token, identity=signed("u1"))
    await known.do("send", text("secret"))
    await known.said(4)
    for path in ("snapshot", "events?after=0"):
        status, _ = await site.get(path, headers=stranger.headers)
        assert status == 401
    status, _ = await stranger.do("send", text("it is me, really"))
    assert status == 401
    status, _ = await site.post("session", json={"token": stranger.token})
    assert status == 401


async def test_a_second_person_on_the_same_browser_sees_nothing_of_the_first(site: Site) -> None:
    first = await site.begin(identity=signed("u1"))
    await first.do("send", text("mine"))
    await first.said(2)
    second = await site.begin(token=first.token, identity=signed("u2"))
    assert second.session["visitor"]["id"] == "user:u2"
    assert (await second.snapshot())["messages"] == []
    await second.do("send", text("theirs"))
    assert await second.said(2) == ["theirs", "echo: theirs"]
    assert await site.rows("person") == 2


async def test_the_same_person_on_another_device_has_their_history(site: Site) -> None:
    first = await site.begin(identity=signed("u1"))
    await first.do("send", text("from home"))
    await first.said(2)
    elsewhere = await site.begin(identity=signed("u1"))
    assert len((await elsewhere.snapshot())["messages"]) == 2


async def test_forged_identities_are_refused(site: Site) -> None:
    forged = {
        "another key": signed(key="another secret of more than thirty-two bytes"),
        "another algorithm": signed(algorithm="HS384"),
        "no algorithm": jwt.encode({"sub": "u1", "exp": 9e9}, "", "none"),
        "over": signed(ends_in=-3600),
        "nobody": signed(""),
        "too long": signed("x" * 201),
        "without a subject": jwt.encode({"exp": 9e9}, SECRET, "HS256"),
        "without an end": jwt.encode({"sub": "u1"}, SECRET, "HS256"),
        "no token": "not.a.token",
    }
    for what, identity in forged.items():
        status, answer = await site.post("session", json={"identity": identity, "locale": "en"})
        assert (status, answer["error"]["code"]) == (403, "invalid_identity"), what
