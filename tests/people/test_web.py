"""A visitor's page when its person is joined with another and parted again: nothing lost, nothing doubled, nothing of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub import Inbound, Sender, Text
from hub.house import Scene
from hub_people import People
from hub_people.merging import Why
from tests.people.kit import WeChat
from tests.web.chat import PATIENCE, SECRET, Page, Site, open_site, signed, text

CONFIG = f"""
service: {{first_owner: queue}}
people: {{}}
plugins:
  - {{use: media, required: true}}
  - use: web
    required: true
    config: {{identity_secret: "{SECRET}"}}
  - {{use: wechat, required: true}}
"""


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path, CONFIG, people=People, wechat=WeChat) as made:
        yield made


def people_of(site: Site) -> People:
    found = site.hub.registry.get("people")
    assert isinstance(found, People)
    return found


async def until(check: Any) -> Any:
    async with asyncio.timeout(PATIENCE):
        while not (found := await check()):
            await asyncio.sleep(0.01)
        return found


async def on_wechat(site: Site, who: str, words: str) -> int:
    """Somebody writes on WeChat; their person's id."""
    await site.hub.path.accept("wechat", Inbound(f"{who}-{words}", Sender(who, verified=True), (Text(words),)))
    dossier = await until(lambda: site.hub.people.find(("wechat", "wechat", who)))
    return int(dossier.person.id)


async def on_web(site: Site, page: Page, words: str) -> int:
    await page.do("send", text(words))
    external_id = page.session["visitor"]["id"]
    dossier = await until(lambda: site.hub.people.find(("web", "web", external_id)))
    return int(dossier.person.id)


async def reply(site: Site, person: int, words: str, channel: str) -> None:
    dossier = await site.hub.people.dossier(person)
    assert dossier.conversation is not None
    leg = next(leg.id for leg in dossier.legs.values() if leg.channel == channel)

    async def play(scene: Scene) -> None:
        from hub import Author

        scene.say(Author("agent", "1", "刘芳"), (Text(words),), leg_id=leg)

    await site.hub.path.in_conversation(dossier.conversation.id, "lin", play)


def texts(events: list[dict[str, Any]]) -> list[str]:
    made = [event["data"]["message"] for event in events if event["kind"] == "message.created"]
    return [message["body"][0]["text"] for message in made if message["direction"] != "system"]


async def heard(page: Page, after: int) -> list[str]:
    _, answer = await page.site.get(f"events?after={after}&wait=0", headers=page.headers)
    return texts(answer["events"])


async def told(socket: Any, count: int) -> list[str]:
    """The next `count` messages on a socket."""
    found: list[str] = []
    while len(found) < count:
        found += texts([await socket.frame("event")])
    return found


async def test_a_page_goes_on_over_a_merge_and_over_parting_again(site: Site) -> None:
    page = await site.begin()
    web, chat = await on_web(site, page, "一"), await on_wechat(site, "o1", "秘密")
    _, start = await site.get("snapshot", headers=page.headers)
    register = people_of(site).register
    async with page.socket() as socket:
        await reply(site, web, "二", "web")
        person = await register.merge(web, chat, Why("lin", "agent"))
        await reply(site, person, "三", "web")
        await reply(site, person, "只给微信", "wechat")
        await on_wechat(site, "o1", "微信上说的")
        await on_web(site, page, "四")
        record = await site.hub.store.reader.value("SELECT max(id) FROM people_merge")
        await register.unmerge(record, "sun")
        now = await site.hub.people.find(("web", "web", page.session["visitor"]["id"]))
        assert now is not None
        await reply(site, now.person.id, "五", "web")
        await on_wechat(site, "o1", "后来")
        await reply(site, now.person.id, "六", "web")
        assert await told(socket, 5) == ["二", "三", "四", "五", "六"]
    # The same for a page that was away all the time, and for one that comes anew.
    assert await heard(page, start["cursor"]) == ["二", "三", "四", "五", "六"]
    shown = [one["body"][0]["text"] for one in (await page.snapshot())["messages"] if one["direction"] != "system"]
    assert shown == ["一", "二", "三", "四", "五", "六"]


async def test_a_page_sees_nothing_of_the_other_legs(site: Site) -> None:
    page = await site.begin()
    chat = await on_wechat(site, "o1", "秘密")
    person = await people_of(site).register.merge(chat, await on_web(site, page, "一"), Why("lin", "agent"))
    await reply(site, person, "只给微信", "wechat")
    state = await page.snapshot()
    assert "秘密" not in str(state)
    assert "只给微信" not in str(state)
    assert state["conversation"]["status"] == "open"
    messages = await site.hub.reading.messages_of(person)
    others = [message for message in messages if message.body == (Text("秘密"),)]
    for command in ("history", "read"):
        data = {"before": str(others[0].id)} if command == "history" else {"message": str(others[0].id)}
        assert (await page.do(command, data))[0] == 404


async def test_two_browsers_of_one_person_do_not_read_each_others_words(site: Site) -> None:
    shop = await site.begin(identity=signed("u1", name="小雨"))
    other = await site.begin()
    one, two = await on_web(site, shop, "登录后说的"), await on_web(site, other, "另一台电脑")
    person = await people_of(site).register.merge(one, two, Why("lin", "agent"))
    await reply(site, person, "给你们其中一个", "web")
    seen = [str(await page.snapshot()) for page in (shop, other)]
    assert "登录后说的" in seen[0]
    assert "登录后说的" not in seen[1]
    assert "另一台电脑" in seen[1]
    assert "另一台电脑" not in seen[0]
    assert sum("给你们其中一个" in state for state in seen) == 1
    # And both go on writing, in one conversation.
    assert await on_web(site, shop, "还在") == await on_web(site, other, "我也在") == person


async def test_who_comes_by_a_link_goes_on_in_the_same_conversation(site: Site) -> None:
    chat = await on_wechat(site, "o1", "你好")
    dossier = await site.hub.people.dossier(chat)
    assert dossier.conversation is not None
    offer = await people_of(site).invitations.offer(dossier.conversation, "lin")
    async with site.session.get(site.server.url + offer.link) as answer:
        shown = await answer.text()
        assert answer.status == 200
    assert offer.invitations["web"] in shown
    assert "data:image/svg+xml" in shown
    scene = offer.invitations["web"].partition("#scene=")[2].replace("%3A", ":")
    page = await site.begin(context={"scene": scene})
    state = await page.until(lambda found: bool(found["messages"]) and "已为您接通" in str(found))
    assert "你好" not in str(state)
    found = await site.hub.people.find(("web", "web", page.session["visitor"]["id"]))
    assert found is not None
    assert found.person.id == chat
    assert "scene" not in found.person.attributes
    async with site.session.get(site.server.url + offer.link, headers={"Accept-Language": "en"}) as answer:
        assert answer.status == 410
        assert "expired" in await answer.text()


async def test_a_link_opened_twice_in_a_browser_that_chats_already_connects_its_visitor_once(site: Site) -> None:
    chat, page = await on_wechat(site, "o1", "你好"), await site.begin()
    await on_web(site, page, "以前的问题")
    dossier = await site.hub.people.dossier(chat)
    assert dossier.conversation is not None
    offer = await people_of(site).invitations.offer(dossier.conversation, "lin")
    scene = offer.invitations["web"].partition("#scene=")[2].replace("%3A", ":")
    for _ in range(2):
        asked = {"token": page.token, "context": {"scene": scene}}
        assert (await site.post("session", json=asked))[0] == 200
        state = await page.until(lambda found: "You are connected" in str(found["messages"]))
        await people_of(site).idle()
    assert str(state["messages"]).count("You are connected") == 1
    one, other = [await site.hub.people.find(place) for place in (
        ("web", "web", page.session["visitor"]["id"]), ("wechat", "wechat", "o1"),
    )]  # fmt: skip
    assert one is not None
    assert other is not None
    assert one.person.id == other.person.id
    # Somebody else who opens it comes too late, and is a visitor of their own.
    late = await site.begin(context={"scene": scene})
    await late.until(lambda found: bool(found["messages"]))
    stranger = await site.hub.people.find(("web", "web", late.session["visitor"]["id"]))
    assert stranger is not None
    assert stranger.person.id != one.person.id


async def test_signing_in_brings_phone_and_other_keys(site: Site) -> None:
    first = await site.begin(identity=signed("u1", phone="138 0013 8000", keys={"crm": "C-7"}))
    person = await on_web(site, first, "一")

    async def linked() -> set[tuple[str, str]]:
        found = await site.hub.reading.identities(person)
        return {(one.platform, one.external_id) for one in found if one.platform != "web"}

    await until(linked)
    assert await until(linked) <= {("phone", "+8613800138000"), ("crm", "C-7")}
    second = await site.begin(identity=signed("u2", phone="+86 13800138000"))
    assert await on_web(site, second, "二") == person
    # Known by the same telephone, and still not shown what was said to the other account.
    assert "一" not in [one["body"][0]["text"] for one in (await second.snapshot())["messages"]]


async def test_somebody_joined_with_wechat_signs_in_and_stays_who_they_are(site: Site) -> None:
    page = await site.begin()
    web, chat = await on_web(site, page, "一"), await on_wechat(site, "o1", "你好")
    person = await people_of(site).register.merge(web, chat, Why("lin", "agent"))
    status, session = await site.post("session", json={"token": page.token, "identity": signed("u1"), "locale": "en"})
    assert status == 200
    again = Page(site, session)
    assert await on_web(site, again, "二") == person
    said = [one["body"][0]["text"] for one in (await again.snapshot())["messages"] if one["direction"] == "in"]
    assert said == ["一", "二"]
