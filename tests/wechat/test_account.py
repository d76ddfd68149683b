"""Files both ways, greetings, menus, QR codes, templates, WeChat's own desk, and a thousand customers at once."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub import (
    Answer,
    Bot,
    Button,
    Buttons,
    Card,
    File,
    Image,
    PluginConfig,
    Rejected,
    Send,
    Text,
    Turn,
    Unsupported,
    Video,
    Voice,
    hookimpl,
    plain_text,
)  # fmt: skip
from hub.message import decode_body
from hub_wechat.places import to_wgs84
from tests.processes import free_port
from tests.wechat.kit import AES_KEY, PNG, Stage, staged
from tests.wechat.simulator import Heard

AMR = b"#!AMR\n" + b"\x3c" * 40
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 40
MENU = [
    {"name": "查件", "key": "faq:track"},
    {"name": "更多", "items": [{"name": "官网", "url": "https://shop.example.com"}, {"name": "人工", "key": "hub:human"}]},
]


class Showing(Bot[PluginConfig]):
    """Shows what it is asked for; `kept` is a file's id by what it is called."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer | None:
        what, _, media = plain_text(turn.message.body).partition(" ")
        shown: dict[str, Any] = {
            "image": Image(media), "voice": Voice(media), "video": Video(media), "file": File(media, "账单.pdf"),
            "card": Card("订单", "两件", "https://shop.example.com/1"),
            "buttons": Buttons((Button("查订单", "order"), Button("退货")), "您想做什么？"),
            "links": Buttons((Button("官网", url="https://shop.example.com"),), "看看"),
        }  # fmt: skip
        if what == "both":
            return Answer((Send((Text("看图"), Image(media))),))
        return Answer.of(shown[what]) if what in shown else Answer.of("好")


async def keep(stage: Stage, data: bytes, mime: str) -> str:
    """A file in the hub."""

    async def chunks() -> Any:
        yield data

    kept = await stage.channel.ctx.media.keep(chunks(), owner="agent:1", name="file", max_bytes=1 << 20, types=[mime])
    return str(kept.id)


def last(stage: Stage) -> Heard:
    return stage.account.customer("u1").heard[-1]


# -- files from customers ---------------------------------------------------------------------------


async def elements(stage: Stage) -> list[Any]:
    await stage.settled()
    return [element for body in await stage.bodies() for element in decode_body(body)]


async def test_voice_and_video_are_kept_and_what_is_gone_is_said(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        account, sends = stage.account, stage.platform.sends
        voice = account.keep("v.amr", AMR, "audio/amr")
        film = account.keep("f.mp4", MP4, "video/mp4", "video")
        await stage.turning(sends(account, "u1", "voice", MediaId=voice, Format="amr", Recognition="到哪了"))
        await stage.turning(sends(account, "u1", "video", MediaId=film, ThumbMediaId="t"))
        await stage.turning(sends(account, "u1", "voice", MediaId="gone", Format="amr", Recognition="在吗"))
        heard, seen, gone = await elements(stage)
        assert (heard.mime, heard.transcript, seen.mime) == ("audio/amr", "到哪了", "video/mp4")
        assert gone == Text("[语音已过期] 在吗")
        kept = {row["id"] for row in await stage.rows("SELECT id FROM media_attachment")}
        assert kept == {heard.media, seen.media}


async def test_a_file_that_is_slow_comes_as_a_message_of_its_own(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        gate = stage.account.gates["picture"] = asyncio.Event()
        (answer,) = await stage.turning(stage.platform.shows(stage.account, "u1", PNG))
        assert answer.acknowledged
        assert await elements(stage) == [Text("[图片，正在接收]")]
        gate.set()
        await stage.kit.until(
            lambda: stage.rows("SELECT id FROM media_attachment"), "the picture is kept", turning=0.5
        )
        await stage.kit.until(stage.no_jobs, "the job ran")
        picture = (await elements(stage))[1]
        assert (picture.mime, picture.width) == ("image/png", 1)


async def test_a_file_whose_token_is_not_good_any_more_is_fetched_with_another(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        voice = stage.account.keep("v.amr", AMR, "audio/amr")
        stage.account.expire_token()
        await stage.turning(stage.platform.sends(stage.account, "u1", "voice", MediaId=voice, Format="amr"))
        (heard,) = await elements(stage)
        assert heard.mime == "audio/amr"


async def test_links_places_and_menu_lines(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        account, sends = stage.account, stage.platform.sends
        await stage.turning(sends(account, "u1", "link", Title="文章", Description="说明", Url="https://e.example"))
        where = {"Location_X": "39.908692", "Location_Y": "116.397477", "Scale": 1, "Label": "天安门"}
        await stage.turning(sends(account, "u1", "location", **where))
        await stage.says("查订单", bizmsgmenuid="order")
        link, place, line = await elements(stage)
        assert link == Card("文章", "说明", "https://e.example")
        assert place.name == "天安门"
        assert (place.latitude, place.longitude) == pytest.approx((39.907287, 116.391234), abs=5e-5)
        assert (line.label, line.payload) == ("查订单", "order")
        rules = {row["rule"]: row["allowed"] for row in await stage.rows("SELECT rule, allowed FROM windows_window")}
        assert rules == {"message": 5, "click": 3}


def test_places_abroad_are_as_they_are() -> None:
    assert to_wgs84(51.5, -0.12) == (51.5, -0.12)


# -- files for customers ----------------------------------------------------------------------------


async def test_pictures_voice_and_video_are_uploaded_once_and_again_when_they_expired(tmp_path: Path) -> None:
    async with staged(tmp_path, talker=Showing) as stage:
        for kind, data, mime in (("image", PNG, "image/png"), ("voice", AMR, "audio/amr"), ("video", MP4, "video/mp4")):
            media = await keep(stage, data, mime)
            for _ in range(2):
                await stage.says(f"{kind} {media}")
                assert (last(stage).via, last(stage).kind) == ("passive", kind)
        assert stage.account.calls["media/upload"] == 3
        await stage.clock.advance(3 * 24 * 3600)
        await stage.says(f"video {media}")
        assert last(stage).kind == "video"
        assert stage.account.calls["media/upload"] == 4


async def test_an_upload_the_platform_forgot_is_made_again(tmp_path: Path) -> None:
    async with staged(tmp_path, talker=Showing) as stage:
        media = await keep(stage, PNG, "image/png")
        await stage.says(f"both {media}")
        await stage.kit.until(lambda: len(stage.heard()) == 2, "both arrive", turning=0.25)
        stage.account.files.clear()
        await stage.says(f"both {media}")
        await stage.kit.until(lambda: len(stage.heard()) == 4, "both arrive again", turning=0.25)
        await stage.settled()
        assert [text for _, text in stage.heard()] == ["看图", "[image]"] * 2
        assert stage.account.calls["media/upload"] == 2


async def test_a_message_of_two_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async with staged(tmp_path, talker=Showing) as stage:
        media = await keep(stage, PNG, "image/png")
        stage.account.faults["message/custom/send"].extend([0, "http:503"])
        await stage.says(f"both {media}")
        await stage.kit.until(lambda: len(stage.heard()) == 2, "both arrive", turning=0.25)
        await stage.settled()
        assert [text for _, text in stage.heard()] == ["看图", "[image]"]
        assert (await stage.left()).left == 3


async def test_what_cannot_be_shown_is_told_in_words(tmp_path: Path) -> None:
    async with staged(tmp_path, talker=Showing) as stage:
        gone = "0" * 32
        webm = await keep(stage, b"\x1aE\xdf\xa3" + b"\x00" * 40, "video/webm")
        for said, read in (
            (f"file {gone}", "[文件] 账单.pdf"), (f"image {gone}", "[图片]"), (f"voice {webm}", "[语音]"),
            ("image https://e.example/a.png", "[图片] https://e.example/a.png"),
            ("links", "看看\n1. 官网 https://shop.example.com"),
            ("card", "订单\n两件\nhttps://shop.example.com/1"),
        ):  # fmt: skip
            await stage.says(said)
            assert stage.heard()[-1] == ("passive", read)
        await stage.says("buttons")
        assert await stage.hears("您想做什么？\n查订单\n退货") == "api"
        assert [one["id"] for one in last(stage).fields["msgmenu"]["list"]] == ["order", "退货"]


# -- what the account does --------------------------------------------------------------------------


async def test_new_followers_are_greeted_once(tmp_path: Path) -> None:
    settings = {"welcome": {"zh-CN": "欢迎关注", "en": "Welcome"}}
    async with staged(tmp_path, settings=settings, mode="safe", aes_key=AES_KEY) as stage:
        fields = stage.platform.fields(stage.account, "u1", "event", Event="subscribe", EventKey="")
        for _ in range(2):
            await stage.turning(stage.platform.push_once(stage.account, fields))
        assert stage.heard() == [("passive", "欢迎关注")]
        assert await stage.rows("SELECT id FROM conversation") == []
        await stage.event("subscribe", "u2", EventKey="qrscene_claim:8XK3", Ticket="t")
        assert stage.heard("u2")[0] == ("passive", "欢迎关注")
        assert await stage.hears("echo:扫码：claim:8XK3", "u2") == "api"
        assert decode_body((await stage.bodies())[0])[0].payload == "claim:8XK3"  # type: ignore[union-attr]
        await stage.event("unsubscribe", "u2")
        assert (await stage.left("u2")).left == 0


async def test_the_menu_is_published_when_it_changed_and_its_buttons_speak(tmp_path: Path) -> None:
    async with staged(tmp_path, settings={"menu": MENU}) as stage:
        await stage.kit.until(lambda: stage.account.menus, "the menu is published")
        (menu,) = stage.account.menus
        assert menu[0] == {"type": "click", "name": "查件", "key": "faq:track"}
        assert [one["type"] for one in menu[1]["sub_button"]] == ["view", "click"]
        await stage.kit.until(stage.no_jobs, "the job ran")
        await stage.kit.hub.registry.stop("wechat")
        await stage.kit.hub.registry.start("wechat")
        await stage.kit.until(stage.no_jobs, "the job ran")
        assert len(stage.account.menus) == 1
        await stage.event("CLICK", EventKey="faq:track")
        assert stage.heard() == [("passive", "echo:查件")]
        assert decode_body((await stage.bodies())[0])[0].payload == "faq:track"  # type: ignore[union-attr]
        assert (await stage.left()).why == "click"
        assert (await stage.left()).left == 3


async def test_qr_codes_bring_their_scene_back(tmp_path: Path) -> None:
    async with staged(tmp_path, also={"mini": {"kind": "miniprogram"}}) as stage:
        url = await stage.turning(stage.channel.invitation("claim:7Q2K", 600))
        assert url.startswith("http://weixin.qq.com/q/")
        (asked,) = stage.account.scenes
        assert asked == {
            "expire_seconds": 600, "action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "claim:7Q2K"}},
        }  # fmt: skip
        with pytest.raises(Rejected):
            await stage.channel.invitation("x" * 65, 600)
        from hub_wechat import WeChat

        with pytest.raises(Unsupported):
            await stage.kit.plugin("mini", WeChat).invitation("x", 600)


async def test_templates_are_sent_by_events_and_by_plugins_once(tmp_path: Path) -> None:
    closed = {"id": "T1", "data": {"thing1": "您好 {name}", "thing2": "{nothing}"}, "on": ["conversation.closed"]}
    order = {"id": "S1", "kind": "subscribe", "data": {"no": "{order}"}, "page": "pages/{order}"}
    async with staged(tmp_path, settings={"templates": {"closed": closed, "order": order}}) as stage:
        await stage.says("你好")
        await stage.settled()
        agent, (row,) = stage.kit.agent("刘芳"), await stage.rows("SELECT id FROM conversation")
        await stage.turning(agent.takes_over(row["id"]))
        await stage.turning(agent.closes())
        await stage.kit.until(lambda: stage.account.templates, "the template is sent", turning=0.5)
        (sent,) = stage.account.templates
        assert (sent["touser"], sent["template_id"], sent["data"]["thing2"]) == ("u1", "T1", {"value": ""})
        assert sent["data"]["thing1"]["value"].startswith("您好 访客")
        assert sent["client_msg_id"].endswith("-closed")
        await stage.turning(stage.channel.send_template("order", "u1", {"order": "1024"}))
        assert stage.account.templates[1]["data"] == {"no": {"value": "1024"}}
        assert stage.account.templates[1]["page"] == "pages/1024"
        with pytest.raises(Unsupported):
            await stage.channel.send_template("nobody", "u1", {})
        await stage.event("TEMPLATESENDJOBFINISH", MsgID=7, Status="success")
        (line,) = await stage.events("wechat.template_sent")
        assert json.loads(line["data"])["Status"] == "success"


async def test_those_who_want_people_are_given_to_wechats_own_desk(tmp_path: Path) -> None:
    settings = {"transfer_customer_service": {"account": "kf1@desk"}}
    async with staged(tmp_path, settings=settings, mode="safe", aes_key=AES_KEY) as stage:
        (answer,) = await stage.says("你好")
        assert stage.heard() == [("passive", "echo:你好")]
        (answer,) = await stage.says("人工")
        assert answer.reply is not None
        assert (answer.reply["MsgType"], answer.reply["TransInfo"]) == ("transfer_customer_service", {"KfAccount": "kf1@desk"})
        await stage.settled()
        assert [via for via, _ in stage.heard()] == ["passive", "api"], "the words of the handover go by the API"


async def test_typing_is_shown_and_its_errors_do_not_matter(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.turning(stage.channel.typing("u1", True, "刘芳"))
        stage.account.faults["message/custom/typing"].append(45081)
        await stage.turning(stage.channel.typing("u1", True, "刘芳"))
        await stage.turning(stage.channel.typing("u1", False, "刘芳"))
        assert stage.account.customer("u1").typing == ["Typing", "CancelTyping"]


async def test_a_unionid_the_platform_is_slow_with_keeps_nobody_waiting(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        gate = stage.account.gates["user/info"] = asyncio.Event()
        (answer,) = await stage.says("你好")
        assert answer.acknowledged
        gate.set()
        await stage.kit.until(lambda: stage.rows("SELECT name FROM wechat_customer"), "it is kept", turning=0.25)
        assert await stage.channel._customers.keys("u1") == {"unionid": "union-u1"}


async def test_wrong_credentials_stop_the_instance_and_a_network_that_is_down_does_not(tmp_path: Path) -> None:
    async with staged(tmp_path, settings={"secret": "another"}) as stage:
        (status, *_) = stage.kit.hub.registry.status()
        assert (status.state, "40125" in status.reason) == ("failed", True)
        assert "another" not in stage.kit.log_text
    async with staged(tmp_path / "2", settings={"api_url": "http://127.0.0.1:9"}) as stage:
        await stage.says("你好")
        assert stage.heard() == [("passive", "echo:你好")]


async def test_a_thousand_customers_at_once_are_each_answered_in_time(tmp_path: Path) -> None:
    async with staged(tmp_path, settings={"unionid": False}) as stage:
        took = await stage.turning(stage.platform.storm(stage.account, 1000), step=0.01)
        assert max(took) < 5
        assert len(took) == 1000
        # Each heard the answer to what they said, by one way only.
        await stage.settled()
        for number in range(1000):
            assert [text for _, text in stage.heard(f"storm-{number}")] == [f"echo:你好 {number}"]


async def test_the_same_key_is_answered_again_after_a_restart(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.account.acted("u1", "message")
        fields = stage.platform.fields(stage.account, "u1", "text", Content="你好", MsgId=77)
        await stage.turning(stage.platform.push_once(stage.account, fields))
        await stage.settled()
        await stage.kit.hub.registry.stop("wechat")
        await stage.kit.hub.registry.start("wechat")
        answer = await stage.turning(stage.platform.push_once(stage.account, fields))
        assert answer.body == "success"
        assert stage.heard() == [("passive", "echo:你好")]
        assert len(await stage.bodies()) == 1


async def test_a_leg_tells_what_may_still_be_sent(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.says("你好")
        left = await stage.left()
        now = int(stage.clock.now() * 1000)
        assert (left.left, left.why) == (5, "message")
        assert left.until is not None
        assert 47 * 3_600_000 < left.until - now <= 48 * 3_600_000
        await stage.clock.advance(48 * 3600 + 1)
        assert (await stage.left()).left == 0


async def test_events_are_forgotten_when_the_platform_will_not_tell_them_again(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.event("subscribe", EventKey="")
        await stage.clock.advance(8 * 24 * 3600)
        await stage.kit.until(_nothing_seen(stage), "old events are forgotten", turning=0.5)
        assert len(await stage.events("wechat.subscribe")) == 1


def _nothing_seen(stage: Stage) -> Any:
    async def look() -> bool:
        return not await stage.rows("SELECT name FROM wechat_seen")

    return look


async def test_a_login_the_platform_is_slow_with_keeps_nobody_waiting(tmp_path: Path) -> None:
    async with staged(tmp_path, kind="miniprogram", form="json") as stage:
        gate = stage.account.gates["jscode2session"] = asyncio.Event()
        stage.account.codes["code-1"] = "u1"
        (answer,) = await stage.event("user_enter_tempsession", SessionFrom="login:code-1")
        assert answer.body == "success"
        gate.set()
        await stage.kit.until(lambda: stage.rows("SELECT name FROM wechat_customer"), "it is kept", turning=0.25)
        assert await stage.channel._customers.keys("u1") == {"unionid": "union-u1"}


async def test_the_simulator_runs_as_a_process() -> None:
    port = free_port()
    command = (sys.executable, "-m", "tests.wechat.simulator", "--port", str(port), "--account", "wx1:s:token1@http://127.0.0.1:9/x")
    process = await asyncio.create_subprocess_exec(*command, cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert str(port) in (await process.stdout.readline()).decode()
        url = f"http://127.0.0.1:{port}"
        asked = {"grant_type": "client_credential", "appid": "wx1", "secret": "s"}
        async with aiohttp.ClientSession() as session, session.post(f"{url}/cgi-bin/stable_token", json=asked) as answer:
            assert len((await answer.json())["access_token"]) == 512
        async with aiohttp.ClientSession() as session, session.get(f"{url}/simulator/wx1/heard/u1") as answer:
            assert await answer.json() == []
        async with aiohttp.ClientSession() as session, session.get(f"{url}/simulator/wx2/heard/u1") as answer:
            assert answer.status == 404
    finally:
        process.kill()
        await process.wait()
