"""Who customers are: names, ids that join channels, and links that bring a word."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from hub import Choice, Identity, Inbound, Plugin, PluginConfig, Refused, hookimpl
from hub.testing.fixtures import MakeHub
from tests.databases import both_databases
from tests.wecom.kit import Stage, staged

ZHANG = {"nickname": "张三", "avatar": "http://wx.qlogo.cn/a", "gender": 1, "unionid": "o123"}


class Registrar(Plugin[PluginConfig]):
    """Writes down what it is asked."""

    @hookimpl
    async def recognise(self, inbound: Inbound, identity: Identity) -> None:
        self.seen = [*getattr(self, "seen", []), inbound]


async def test_a_customer_has_a_name_and_the_id_that_joins_channels(make_hub: MakeHub) -> None:
    async with staged(make_hub, Registrar) as stage:
        stage.corp.customers["wm1"] = ZHANG
        await stage.says("你好")
        await stage.says("在吗")
        (person,) = await stage.rows("SELECT name, verified, attributes FROM person")
        assert (person["name"], person["verified"]) == ("张三", 1)
        assert person["attributes"] == '{"avatar":"http://wx.qlogo.cn/a"}'
        (identity,) = await stage.rows("SELECT platform, scope, external_id FROM identity")
        assert tuple(identity.values()) == ("wecom", stage.corp.corp_id, "wm1")
        (inbound,) = stage.kit.plugin("registrar", Registrar).seen
        assert inbound.sender.keys == {"unionid": "o123"}
        assert len(stage.corp.called("customer/batchget")) == 1


async def test_many_new_customers_are_one_question(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=None) as stage:
        for number in range(130):
            stage.corp.customers[f"wm{number}"] = {"nickname": f"客户{number}"}
            stage.corp.says("wk1", f"wm{number}", content="你好")
        await stage.push()
        await stage.settled()
        assert [len(body["external_userid_list"]) for body in stage.corp.called("customer/batchget")] == [100, 30]
        names = {row["name"] for row in await stage.rows("SELECT name FROM person")}
        assert names == {f"客户{number}" for number in range(130)}


@both_databases
async def test_what_is_known_outlives_a_restart_and_is_asked_again_after_a_day(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        stage.corp.customers["wm1"] = ZHANG
        await stage.says("一")
        await stage.kit.restart()
        await stage.says("二")
        assert len(stage.corp.called("customer/batchget")) == 1
        await stage.passes(25 * 3600)
        await stage.says("三")
        assert len(stage.corp.called("customer/batchget")) == 2


async def test_a_platform_that_does_not_tell_keeps_nobody_waiting(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        stage.server.fail("customer/batchget", 500, (48002, "api forbidden"))
        stage.corp.customers["wm1"] = ZHANG
        await stage.says("一")
        await stage.says("二")
        assert stage.heard() == ["一", "二"]
        assert await stage.count("wecom_profiles_failed") == 2
        await stage.says("三")
        assert await stage.rows("SELECT name FROM person") == [{"name": "张三"}]


async def followed(stage: Stage, link: str, customer: str) -> None:
    """A customer opens a link: the platform brings what stands in it, decoded."""
    query = parse_qs(urlsplit(link).query)
    scene = query["enc_scene"][0].removeprefix("ENC")
    stage.corp.enters("wk1", customer, scene=scene, scene_param=query["scene_param"][0])
    await stage.push()
    await stage.settled()


@pytest.mark.parametrize("scene", ["claim:4711", "a=1&b=2?#/+ %", "订单 1024"])
async def test_a_link_brings_its_word_to_the_hub(make_hub: MakeHub, scene: str) -> None:
    async with staged(make_hub, bot=None, welcome={"text": "欢迎"}) as stage:
        link = await stage.channel.invitation(scene, 600)
        await followed(stage, link, "wm1")
        assert await stage.bodies() == [(Choice("通过链接进入会话", scene),)]
        (person,) = await stage.rows("SELECT attributes FROM person")
        assert person["attributes"] == '{"wecom_scene":"hub"}'
        # The code answered: nobody writes to somebody who only came by.
        assert [one.by for one in stage.sent()] == ["send_msg_on_event"]


async def test_links_are_fetched_once_and_bring_no_more_than_the_platform_takes(make_hub: MakeHub) -> None:
    async with staged(make_hub, accounts=("wk1", "wk2")) as stage:
        first, second = await stage.channel.invitation("a", 600), await stage.channel.invitation("b", 600)
        assert (first, second) == (f"{first[:-1]}a", f"{first[:-1]}b")
        await stage.channel.invitation("a", 600, "wk2")
        assert [body["open_kfid"] for body in stage.corp.called("add_contact_way")] == ["wk1", "wk2"]
        for scene in ("", "好" * 15, "x" * 129):
            with pytest.raises(Refused, match="1 to 128"):
                await stage.channel.invitation(scene, 600)


async def test_who_only_looks_in_opens_no_conversation(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        stage.corp.enters("wk1", "wm1", scene="poster")
        assert (await stage.push()).status == 200
        await stage.settled()
        assert await stage.rows("SELECT id FROM conversation") == []
