"""The ten cases of mini-programs (reference, section 3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.wechat.kit import AES_KEY, PNG, all_of, staged
from tests.wechat.simulator.bodies import to_json

MINI: dict[str, Any] = {"kind": "miniprogram", "form": "json"}


async def test_1_a_body_is_what_it_is_and_not_what_its_header_says(tmp_path: Path) -> None:
    async with staged(tmp_path, **MINI) as stage:
        body, _ = stage.platform.body(stage.account, stage.platform.fields(stage.account, "u1", "text", Content="你好", MsgId=1))
        for mime in ("text/xml", "application/json", "text/plain"):
            answer = await stage.turning(stage.platform.post(stage.account, body, stage.platform.query(stage.account), mime))
            assert (answer.status, answer.body) == (200, "success")
        await stage.settled()
        assert len(await stage.bodies()) == 1


async def test_2_a_sealed_json_body_is_opened_and_answered_in_the_same_form(tmp_path: Path) -> None:
    transfer = {"transfer_customer_service": {"account": "kf2001@desk"}}
    async with staged(tmp_path, settings=transfer, mode="safe", aes_key=AES_KEY, **MINI) as stage:
        body, _ = stage.platform.body(stage.account, {"ToUserName": "gh"})
        assert set(json.loads(body)) == {"ToUserName", "Encrypt"}
        (answer,) = await stage.says("人工")
        assert set(json.loads(answer.body)) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
        assert answer.reply is not None
        assert answer.reply["TransInfo"] == {"KfAccount": "kf2001@desk"}
        await stage.settled()
        assert [via for via, _ in stage.heard()] == ["api"], "the words of the handover"


async def test_3_who_enters_is_greeted_twice_a_minute_at_most(tmp_path: Path) -> None:
    async with staged(tmp_path, settings={"welcome": "欢迎"}, **MINI) as stage:
        for number in range(3):
            (answer,) = await stage.event("user_enter_tempsession", SessionFrom=f"order-{number}")
            assert answer.body == "success"
            await stage.clock.advance(2)
        await stage.kit.until(lambda: stage.counted("wechat_greeted") == 2, "two are greeted", turning=0.1)
        await stage.kit.until(stage.no_jobs, "all jobs ran")
        assert stage.heard() == [("api", "欢迎")] * 2
        kept = [json.loads(row["data"])["SessionFrom"] for row in await stage.events("wechat.enter")]
        assert kept == ["order-0", "order-1", "order-2"]
        await stage.says("你好")
        await stage.settled()
        (person,) = await stage.rows("SELECT attributes FROM person")
        assert json.loads(person["attributes"])["wechat_session_from"] == "order-2"


async def test_4_an_entrance_that_is_told_again_is_greeted_once(tmp_path: Path) -> None:
    async with staged(tmp_path, settings={"welcome": "欢迎"}, **MINI) as stage:
        stage.account.acted("u1", "enter")
        fields = stage.platform.fields(stage.account, "u1", "event", Event="user_enter_tempsession", SessionFrom="x")
        await stage.turning(all_of(*(stage.platform.push_once(stage.account, fields) for _ in range(3))))
        await stage.turning(stage.platform.push_once(stage.account, fields))
        await stage.kit.until(lambda: stage.heard() != [], "a greeting", turning=0.1)
        await stage.kit.until(stage.no_jobs, "all jobs ran")
        assert stage.heard() == [("api", "欢迎")]
        assert len(await stage.events("wechat.enter")) == 1


async def test_5_a_message_id_is_exact(tmp_path: Path) -> None:
    async with staged(tmp_path, **MINI) as stage:
        for number in (2**63 - 1, 2**63 - 2):
            fields = stage.platform.fields(stage.account, "u1", "text", Content="你好", MsgId=number)
            await stage.turning(stage.platform.push_once(stage.account, fields))
        keys = [row["key"] for row in await stage.rows("SELECT key FROM inbox ORDER BY id")]
        assert keys == ["9223372036854775807", "9223372036854775806"]


async def test_6_a_card_of_a_mini_program_keeps_its_title_path_and_picture(tmp_path: Path) -> None:
    async with staged(tmp_path, **MINI) as stage:
        card = {"Title": "订单 1024", "AppId": "wx1", "PagePath": "pages/order?id=1024", "ThumbUrl": "https://wx.example/t.png"}
        await stage.turning(stage.platform.sends(stage.account, "u1", "miniprogrampage", ThumbMediaId="m", **card))
        await stage.settled()
        (body,) = await stage.bodies()
        (element,) = json.loads(body)
        assert element == {
            "type": "card", "title": "订单 1024", "text": "pages/order?id=1024", "url": "", "image": "https://wx.example/t.png",
        }  # fmt: skip


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_7_events_are_not_given_to_wechats_own_desk(tmp_path: Path, form: str) -> None:
    sections = {"service": {"first_owner": "queue"}}
    settings = {"transfer_customer_service": {}}
    async with staged(tmp_path, settings=settings, sections=sections, kind="miniprogram", form=form) as stage:
        (answer,) = await stage.says("你好")
        assert answer.reply is not None
        assert answer.reply["MsgType"] == "transfer_customer_service"
        (answer,) = await stage.event("user_enter_tempsession", SessionFrom="x")
        assert answer.body == "success"


async def test_8_what_comes_after_wechats_own_desk_goes_on_in_the_same_conversation(tmp_path: Path) -> None:
    sections = {"service": {"first_owner": "queue"}}
    async with staged(tmp_path, settings={"transfer_customer_service": {}}, sections=sections, **MINI) as stage:
        await stage.says("你好")
        assert await stage.says("有人吗") == [], "nothing is pushed while WeChat's own desk serves"
        await stage.clock.advance(1801)
        (answer,) = await stage.says("谢谢")
        assert answer.status == 200
        await stage.settled()
        assert len(await stage.rows("SELECT id FROM conversation")) == 1
        assert len(await stage.bodies()) == 2


async def test_9_one_unionid_on_both_accounts(tmp_path: Path) -> None:
    async with staged(tmp_path, also={"mini": MINI}) as stage:
        official, mini = stage.account, stage.accounts["mini"]
        official.customer("oa-1").unionid = mini.customer("mp-1").unionid = "union-of-both"
        mini.codes["code-7"] = "mp-1"
        heard: list[dict[str, str]] = []
        accept = stage.kit.hub.path.reception.accept

        async def overhear(channel: str, platform: str, inbound: Any) -> Any:
            heard.append(inbound.sender.keys)
            return await accept(channel, platform, inbound)

        stage.kit.hub.path.reception.accept = overhear  # type: ignore[method-assign]
        await stage.event("user_enter_tempsession", "mp-1", "mini", SessionFrom="login:code-7")
        await stage.says("小程序", "mp-1", "mini")
        await stage.says("公众号", "oa-1")
        assert heard == [{"unionid": "union-of-both"}] * 2
        assert await stage.hears("echo:小程序", "mp-1", "mini") == "api"
        assert await stage.hears("echo:公众号", "oa-1") == "passive"
        scopes = {row["external_id"]: row["scope"] for row in await stage.rows("SELECT scope, external_id FROM identity")}
        assert scopes == {"mp-1": mini.appid, "oa-1": official.appid}
        (line,) = await stage.events("wechat.enter")
        assert "code-7" not in line["data"]
        await stage.says("再说", "oa-1")
        assert official.calls["user/info"] == 1, "asked once"


async def test_9_a_login_code_of_somebody_else_tells_nothing(tmp_path: Path) -> None:
    async with staged(tmp_path, **MINI) as stage:
        stage.account.codes["code-8"] = "somebody-else"
        await stage.event("user_enter_tempsession", SessionFrom="login:code-8")
        assert await stage.rows("SELECT name FROM wechat_customer") == []


async def test_10_a_picture_is_fetched_once_and_kept(tmp_path: Path) -> None:
    async with staged(tmp_path, **MINI) as stage:
        media_id = stage.account.keep("p", PNG, "image/png")
        url = f"{stage.platform.url}/pic/{stage.account.appid}/{media_id}"
        fields = stage.platform.fields(stage.account, "u1", "image", PicUrl=url, MediaId=media_id, MsgId=9)
        await stage.turning(all_of(*(stage.platform.push_once(stage.account, fields) for _ in range(3))))
        await stage.turning(stage.platform.push_once(stage.account, fields))
        await stage.settled()
        assert stage.account.calls["picture"] + stage.account.calls["media/get"] == 1
        (kept,) = await stage.rows("SELECT * FROM media_attachment")
        ((element,),) = [json.loads(body) for body in await stage.bodies()]
        assert (element["type"], element["media"], element["mime"]) == ("image", kept["id"], "image/png")
        assert (kept["owner"], kept["size"]) == ("wechat:u1", len(PNG))


async def test_10_a_picture_that_is_too_large_is_not_taken(tmp_path: Path) -> None:
    async with staged(tmp_path, settings={"media": {"max_bytes": 1000}}, **MINI) as stage:
        await stage.turning(stage.platform.shows(stage.account, "u1", PNG + b"x" * 5000))
        await stage.settled()
        assert "图片太大" in (await stage.bodies())[0]
        assert await stage.rows("SELECT id FROM media_attachment") == []


async def test_answers_go_by_the_api_because_there_is_no_other_way(tmp_path: Path) -> None:
    async with staged(tmp_path, **MINI) as stage:
        (answer,) = await stage.says("wait 2")
        assert answer.body == "success"
        assert await stage.hears("echo:wait 2") == "api"
        await stage.settled()
        (row,) = await stage.events("message.sent_via")
        assert json.loads(row["data"])["detail"] == "小程序没有被动回复"


async def test_a_body_that_is_no_object_is_refused(tmp_path: Path) -> None:
    async with staged(tmp_path, **MINI) as stage:
        for body in (to_json({"ToUserName": "gh"}), '{"MsgType": {}}', "{}", '{"a"'):
            answer = await stage.turning(stage.platform.post(stage.account, body, stage.platform.query(stage.account)))
            assert answer.status == 400
