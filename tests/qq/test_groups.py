"""Groups, channels, buttons and the platform's news."""

from __future__ import annotations

from typing import Any

import pytest

from hub import Answer, Bot, Button, Buttons, Card, PluginConfig, Turn, hookimpl, plain_text, say
from hub.message import Choice, Mention
from hub.testing.fixtures import MakeHub
from tests.qq.kit import World, world


async def scopes(here: World) -> list[tuple[str, str]]:
    await here.settled()
    rows = await here.kit.rows("SELECT scope, external_id FROM identity ORDER BY id")
    return [(row["scope"], row["external_id"]) for row in rows]


async def test_ids_are_of_one_scene_only(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        events, same = here.qq.events, "SAME"
        for event in (
            events.c2c(same, "一"), events.group("G1", same, "二"), events.group("G2", same, "三"),
            events.channel("C1", same, "四"), events.direct("D1", same, "五"),
        ):  # fmt: skip
            await here.delivers(event)
            await here.settled()
        app = here.qq.app_id
        assert await scopes(here) == [
            (f"{app}/c2c", same), (f"{app}/group:G1", same), (f"{app}/group:G2", same), (f"{app}/guild", same),
        ]  # fmt: skip
        assert len(await here.kit.rows("SELECT id FROM person")) == 4
        for target in ("c2c:SAME", "group:G1", "group:G2", "channel:C1", "dms:D1"):
            assert len(here.qq.received(target)) == 1


async def test_each_member_of_a_group_has_a_conversation(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        said = [here.qq.events.group("G1", member, f" 我是 {member}", name=member) for member in ("A", "B")]
        for event in said:
            await here.delivers(event)
        await here.settled()
        assert len(await here.kit.rows("SELECT id FROM conversation")) == 2
        answers = {one.body["content"]: one.body["msg_id"] for one in here.qq.api.sent}
        assert answers == {"我是 A": said[0]["d"]["id"], "我是 B": said[1]["d"]["id"]}
        assert [message.author.name for message in await here.messages("in")] == ["A", "B"]


async def test_a_group_may_be_one_conversation_that_tells_who_speaks(make_hub: MakeHub) -> None:
    async with world(make_hub, groups={"conversation": "group"}) as here:
        for member in ("A", "B"):
            await here.delivers(here.qq.events.group("G1", member, f" 我是 {member}", name=f"名{member}"))
        await here.settled()
        assert len(await here.kit.rows("SELECT id FROM conversation")) == 1
        assert await scopes(here) == [(f"{here.qq.app_id}/groups", "G1")]
        assert [(one.author.id, one.author.name) for one in await here.messages("in")] == [("A", "名A"), ("B", "名B")]
        assert here.qq.received("group:G1") == ["我是 A", "我是 B"]


@pytest.mark.parametrize("need_mention", [True, False])
async def test_what_is_said_beside_the_bot_is_heard_only_where_that_is_wanted(make_hub: MakeHub, need_mention: bool) -> None:
    async with world(make_hub, groups={"need_mention": need_mention}) as here:
        await here.delivers(here.qq.events.group("G1", "A", "大家好", at=False))
        other = {"id": "Z", "scope": "single", "is_you": False, "bot": False, "username": "张三", "member_openid": "Z"}
        us = {"id": "B", "scope": "single", "is_you": True, "bot": True, "username": "小前台", "member_openid": "B"}
        named = here.qq.events.group("G1", "A", "<@B> 请看 <@Z> 的单", at=False, mentions=[us, other])
        await here.delivers(named)
        bot = here.qq.events.group("G1", "A", "我也是机器人")
        bot["d"]["author"]["bot"] = True
        await here.delivers(bot)
        assert await here.heard() == ([] if need_mention else ["大家好"]) + ["请看 @张三 的单"]


async def test_who_only_names_the_bot_has_called_it(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        await here.delivers(here.qq.events.group("G1", "A", " "))
        (message,) = await here.messages("in")
        assert message.body == (Mention(here.qq.app_id),)


async def test_faces_quotes_and_signs_are_read_as_people_see_them(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        await here.says('好的<faceType=1,faceId="13",ext="eyJ0ZXh0Ijoi5ZGy54mZIn0="><faceType=4,faceId="1",ext="??"><emoji:4>')
        await here.delivers(here.qq.events.channel("C1", "910", "a &lt;b&gt; &amp; c <@!77> 好"))
        quote = {"message_type": 103, "msg_elements": [{"content": "您的单号是？"}]}
        await here.says("SF123", "U2", **quote)
        assert await here.heard() == ["好的[呲牙][表情][表情]", "a <b> & c @77 好", "> 您的单号是？\nSF123"]
        assert here.qq.received("channel:C1") == ["a &lt;b&gt; &amp; c @77 好"]


class Shows(Bot[PluginConfig]):
    """Shows buttons and a card, and says what was pressed."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        match turn.message.body[0]:
            case Choice(label=label, payload=payload):
                return Answer.of(f"选了 {label} {payload}")
        if "卡" in plain_text(turn.message.body):
            return Answer((say(Card("订单 *1*", "已发货", "https://example.com/1")),))
        links = (Button("查快递", "track"), Button("官网", url="https://example.com"), Button("人工", "hub:human"))
        return Answer((say(Buttons(links, "请选择")),))


async def test_buttons_and_cards_are_words_unless_they_are_granted(make_hub: MakeHub) -> None:
    async with world(make_hub, bot=Shows) as here:
        await here.says("菜单")
        await here.says("卡片")
        await here.settled()
        assert [one.body["msg_type"] for one in here.qq.api.sent] == [0, 0]
        assert here.qq.received("c2c:U1") == [
            "请选择\n1. 查快递\n2. 官网 https://example.com\n3. 人工", "订单 *1*\n已发货\nhttps://example.com/1",
        ]  # fmt: skip


@pytest.mark.parametrize("where", ["c2c", "group"])
async def test_a_pressed_button_comes_back_and_is_answered_as_an_event(make_hub: MakeHub, where: str) -> None:
    async with world(make_hub, bot=Shows, buttons=True, markdown=True) as here:
        group, target = ("G1", "group:G1") if where == "group" else ("", "c2c:U1")
        say = here.qq.events.group("G1", "U1", "菜单") if group else here.qq.events.c2c("U1", "菜单")
        await here.delivers(say)
        shown = await here.qq.hears(target, "请选择")
        first, second = shown.body["keyboard"]["content"]["rows"]
        buttons: list[dict[str, Any]] = [*first["buttons"], *second["buttons"]]
        assert [one["render_data"]["label"] for one in buttons] == ["查快递", "官网", "人工"]
        assert [(one["action"]["type"], one["action"]["data"]) for one in buttons][:2] == [(1, "track"), (0, "https://example.com")]
        click = here.qq.events.click("U1", "track", button=buttons[0]["id"], group=group)
        for _ in range(2):
            await here.delivers(click)
        await here.qq.hears(target, "选了 查快递 track")
        await here.qq.api.until(lambda: here.qq.api.clicks == {click["d"]["id"]: 0})
        await here.settled()
        assert len([one for one in here.qq.received(target) if "选了" in one]) == 1
        assert not [one for one in here.qq.api.tried if one.code]


async def test_a_click_alone_is_answered_by_naming_the_event(make_hub: MakeHub) -> None:
    async with world(make_hub, bot=Shows) as here:
        click = here.qq.events.click("U9", "track")
        await here.delivers(click)
        answer = await here.qq.hears("c2c:U9", "选了 track track")
        assert (answer.body["event_id"], answer.body["msg_seq"]) == (click["id"], 1)
        (how,) = await here.events("message.sent_via")
        assert "按钮" in how.data["detail"]


async def test_who_adds_the_bot_is_welcomed_once_and_stands_in_the_log(make_hub: MakeHub) -> None:
    async with world(make_hub, welcome={"friend": "您好，欢迎！", "group": "大家好！"}) as here:
        friend, group = here.qq.events.friend_add("U1"), here.qq.events.group_add("G1", "M1")
        for event in (friend, group, friend):
            await here.delivers(event)
        assert (await here.qq.hears("c2c:U1", "您好，欢迎！")).body["event_id"] == friend["id"]
        await here.qq.hears("group:G1", "大家好！")
        await here.delivers(friend)
        assert len(here.qq.api.tried) == 2
        (told,) = await here.events("qq.friend_add")
        assert told.data["event"]["openid"] == "U1"
        assert len(await here.events("qq.group_add_robot")) == 1
        assert await here.kit.rows("SELECT id FROM conversation") == []


async def test_nobody_is_welcomed_without_words(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        await here.delivers(here.qq.events.friend_add("U1"))
        await here.delivers({"op": 0, "t": "GROUP_MSG_REJECT", "id": "X", "d": {"group_openid": "G1"}})
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        assert len(here.qq.api.tried) == 1
        assert len(await here.events("qq.group_msg_reject")) == 1
