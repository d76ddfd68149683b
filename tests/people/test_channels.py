"""Telephone, web chat, WeChat and QQ: one conversation with one agent; the platforms are simulated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub import Author, Inbound, Sender, Text, plain_text
from hub.config import load
from hub.house import Scene
from hub.hub import Hub
from hub.records import Agent
from hub.server import Server
from hub.store.change import Change
from hub.testing import FakeChannel
from hub_media import Media
from hub_people import People
from hub_people.reception import SAME
from hub_qq import QQ
from hub_web import Web
from hub_wechat import WeChat
from tests.express.phones import APP_ID, Phones
from tests.people.kit import Phone
from tests.web.chat import PATIENCE, Page, Site

CONFIG = f"""
hub: {{allow_private_networks: ["127.0.0.0/8", "::1/128"]}}
service: {{first_owner: queue}}
people: {{}}
plugins:
  - {{use: media, required: true}}
  - {{use: web, required: true}}
  - {{use: phone, required: true}}
  - use: wechat
    required: true
    config: {{app_id: {APP_ID}, secret: simulated-secret, token: simulatedtoken, api_url: "${{WECHAT_API}}"}}
  - use: qq
    required: true
    config:
      app_id: "102000001"
      secret: DG5g3B4j9X2KOErG
      hosts: {{api: "${{QQ_API}}", token: "${{QQ_API}}/app/getAppAccessToken"}}
"""


class Town:
    """The hub, its customers' platforms, and an agent."""

    def __init__(self, site: Site, phones: Phones) -> None:
        self.site = site
        self.hub = site.hub
        self.phones = phones
        self.agent = Agent(1, "lin", "刘芳")

    @property
    def people(self) -> People:
        found = self.hub.registry.get("people")
        assert isinstance(found, People)
        return found

    async def calls(self, number: str, words: str) -> None:
        """Somebody says something on the telephone."""
        await self.hub.path.accept("phone", Inbound(f"{number}/{words}", Sender(number), (Text(words),)))

    async def until(self, check: Callable[[], Any], what: str) -> Any:
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = check()
                    found = await found if asyncio.iscoroutine(found) else found
                    if found:
                        return found
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"waited in vain for: {what}") from None

    async def conversation(self, channel: str, who: str) -> Any:
        """The conversation of whoever has this address; waits for it."""

        async def look() -> Any:
            sql = "SELECT conversation_id FROM leg WHERE channel = ? AND address LIKE ? ORDER BY id DESC LIMIT 1"
            found = await self.hub.store.reader.value(sql, channel, f"%{who}%")
            return await self.hub.reading.conversation(found) if found is not None else None

        return await self.until(look, f"a conversation of {who} on {channel}")

    async def same(self, channel: str, who: str, conversation: int) -> None:
        """Wait until this address is a leg of that conversation."""

        async def look() -> bool:
            return bool((await self.conversation(channel, who)).id == conversation)

        await self.until(look, f"{who} on {channel} is in the same conversation")

    async def plays(self, conversation: int, act: Callable[[Scene], Any]) -> None:
        async def play(scene: Scene) -> None:
            act(scene)

        await self.hub.path.in_conversation(conversation, "lin", play)

    async def says(self, conversation: int, words: str) -> None:
        """The agent answers; nobody chooses a leg."""

        async def play(scene: Scene) -> None:
            leg = await self.people.ctx.house.leg_to_answer(scene.legs.values())
            assert leg is not None
            scene.say(Author("agent", "1", "刘芳"), (Text(words),), leg_id=leg.id)

        await self.hub.path.in_conversation(conversation, "lin", play)

    async def code(self, conversation: int) -> str:
        found = await self.hub.reading.conversation(conversation)
        assert found is not None
        return (await self.people.claims.issue(found, "lin")).code

    async def notes(self, conversation: int) -> list[str]:
        found = await self.hub.reading.messages(conversation, limit=300)
        return [plain_text(message.body) for message in found if message.code == SAME]


@pytest.fixture
async def town(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Town]:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    phones = Phones(url)
    document = tmp_path / "hub.yaml"
    document.write_text(CONFIG, encoding="utf-8")
    plugins = {"media": Media, "web": Web, "phone": Phone, "wechat": WeChat, "qq": QQ, "people": People}
    async with phones.running():
        loaded = load(document, env=phones.environment, plugins=plugins)
        hub = Hub(loaded, tmp_path / "data")
        async with Server(hub, port=unused_tcp_port) as server, aiohttp.ClientSession() as session:
            made = Town(Site(server, session), phones)
            change = Change()
            hub.agents.add(change, made.agent)
            await hub.store.commit(change)
            yield made


async def test_telephone_web_wechat_and_qq_are_one_conversation(town: Town) -> None:
    # Twenty others wait already.
    for number in range(20):
        await town.calls(f"other{number}", "有人吗")
    await town.calls("+8613800138000", "我的包裹摔坏了")
    talk = (await town.conversation("phone", "+8613800138000")).id
    await town.plays(talk, lambda scene: scene.assign_agent(town.agent))
    # WeChat: a code, then words.
    await town.phones.says("wechat", "oLiLei", await town.code(talk))
    await town.same("wechat", "oLiLei", talk)
    await town.until(lambda: any("已为您接通" in one for one in town.phones.heard("wechat", "oLiLei")), "WeChat is connected")
    await town.says(talk, "请发一张照片")
    await town.until(lambda: "请发一张照片" in town.phones.heard("wechat", "oLiLei"), "the answer is on WeChat")
    # QQ.
    await town.phones.says("qq", "U1", await town.code(talk))
    await town.same("qq", "U1", talk)
    await town.phones.says("qq", "U1", "换 QQ 发")
    await town.says(talk, "QQ 上也可以")
    await town.until(lambda: "QQ 上也可以" in town.phones.heard("qq", "U1"), "the answer is on QQ")
    # The web chat, by the link.
    found = await town.hub.reading.conversation(talk)
    assert found is not None
    offer = await town.people.invitations.offer(found, "lin")
    page: Page = await town.site.begin(context={"scene": offer.invitations["web"].partition("#scene=")[2].replace("%3A", ":")})
    await page.until(lambda state: "已为您接通" in str(state["messages"]))
    await town.says(talk, "网页上继续")
    state = await page.until(lambda state: "网页上继续" in str(state["messages"]))
    assert not any(words in str(state) for words in ("摔坏", "照片", "QQ 上"))
    # One conversation, one owner, never queued again, each leg announced once.
    now = await town.hub.reading.conversation(talk)
    assert now is not None
    assert (now.status, now.owner_kind, now.owner_id) == ("open", "agent", "1")
    assert [leg.channel for leg in await town.hub.reading.legs(talk)] == ["phone", "wechat", "qq", "web"]
    kinds = [event.kind for event in await town.hub.reading.events(0, 500, conversation_id=talk)]
    assert kinds.count("conversation.opened") == 1
    assert "conversation.queued" not in kinds
    await town.until(lambda: _three(town, talk), "three legs are announced")
    waiting = await town.hub.reading.waiting()
    assert len(waiting) == 20
    # What is said on one leg stays there.
    world = town.hub.registry.get("phone")
    assert isinstance(world, FakeChannel)
    assert not any("照片" in words or "QQ" in words for words in world.world.texts("+8613800138000"))


@pytest.mark.parametrize(("event", "prefix"), [("SCAN", ""), ("subscribe", "qrscene_")])
@pytest.mark.parametrize("known", [True, False])
async def test_scanning_a_wechat_code_is_enough_for_followers_and_for_new_ones(
    town: Town, event: str, prefix: str, known: bool
) -> None:
    if known:
        await town.phones.says("wechat", "oLiLei", "以前的问题")
        await town.conversation("wechat", "oLiLei")
    await town.calls("+8613800138000", "我的包裹摔坏了")
    talk = (await town.conversation("phone", "+8613800138000")).id
    await town.plays(talk, lambda scene: scene.assign_agent(town.agent))
    found = await town.hub.reading.conversation(talk)
    assert found is not None
    offer = await town.people.invitations.offer(found, "lin")
    assert offer.invitations["wechat"].startswith("http://weixin.qq.com/q/")
    scene = town.phones.account.scenes[-1]["action_info"]["scene"]["scene_str"]
    await town.phones.wechat.event(town.phones.account, "oLiLei", event, EventKey=prefix + scene, Ticket="t")
    await town.same("wechat", "oLiLei", talk)
    await town.until(lambda: any("已为您接通" in one for one in town.phones.heard("wechat", "oLiLei")), "they are connected")
    said = [plain_text(one.body) for one in await town.hub.reading.messages(talk, limit=100)]
    assert "扫码" in said
    assert not any("claim:" in words for words in said)


async def test_erasing_reaches_what_channels_keep_of_somebody(town: Town) -> None:
    town.phones.account.customer("oLiLei").unionid = "oSecretUnion"
    await town.phones.says("wechat", "oLiLei", "你好")
    talk = await town.conversation("wechat", "oLiLei")
    await town.people.idle()
    kept = await town.hub.store.reader.all("SELECT * FROM wechat_customer")
    assert [row["unionid"] for row in kept] == ["oSecretUnion"]
    done = await town.people.erasing.erase(talk.person_id, "sun", finish=True)
    # WeChat's openid, and the unionid.
    assert done.identities == 2
    assert await town.hub.store.reader.all("SELECT * FROM wechat_customer") == []
    await town.phones.says("wechat", "oLiLei", "再来")
    again = await town.conversation("wechat", "oLiLei")
    assert again.person_id != talk.person_id


async def _three(town: Town, talk: int) -> bool:
    notes = await town.notes(talk)
    return len(notes) == 3 and all("同一位客户" in note for note in notes)
