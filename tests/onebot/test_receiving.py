"""What comes in: each kind of segment, files at once and within limits, notices, and events that are no good."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub import Card, File, Image, Location, Mention, Quote, Text, Video, Voice
from hub.testing import ManualClock
from hub.testing.fixtures import MakeHub
from tests.onebot.account import segment
from tests.onebot.stage import GROUP, ME, MING, Stage, stage
from tests.onebot.test_sending import PNG

AMR = b"#!AMR\n" + bytes(20)
MP4 = bytes.fromhex("00000018") + b"ftypisom" + bytes(12)
CARD = {
    "app": "com.tencent.miniapp_01", "prompt": "[QQ小程序]快递",
    "meta": {"detail_1": {"title": "快递", "desc": "查件", "preview": "https://a.example/p.png", "qqdocurl": "https://a.example/x"}},
}  # fmt: skip


def served(one: Stage, name: str, data: bytes) -> str:
    one.simulator.files[name] = data
    return f"http://{one.simulator.url}/files/{name}"


async def one_body(one: Stage, message: Any, number: int = 1) -> Any:
    await one.push(one.account.private(MING, message))
    return (await one.bodies(number))[number - 1]


async def test_files_are_fetched_at_once(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        pieces = [
            segment("image", file="a.image", url=served(one, "a", PNG)), segment("record", file=served(one, "b", AMR)),
            segment("video", file="v.mp4", url=served(one, "c", MP4)),
            segment("file", file="合同.txt", name="合同.txt", url=served(one, "d", "甲方".encode())),
            segment("image", file="base64://iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"),
        ]  # fmt: skip
        image, voice, video, file, inline = await one_body(one, pieces)
        assert isinstance(image, Image)
        assert (image.mime, image.width, image.size) == ("image/png", 1, len(PNG))
        attachment = await one.channel.ctx.media.get(image.media)
        assert attachment is not None
        assert b"".join([chunk async for chunk in one.channel.ctx.media.read(attachment)]) == PNG
        assert isinstance(voice, Voice)
        assert isinstance(video, Video)
        assert isinstance(file, File)
        assert (file.name, file.mime) == ("合同.txt", "text/plain")
        assert isinstance(inline, Image)


async def test_a_file_that_cannot_be_had_does_not_keep_the_words(make_hub: MakeHub) -> None:
    async with stage(make_hub, media={"max_bytes": 1000}) as one:
        pieces = [
            segment("text", text="看"), segment("image", file="x", url=f"http://{one.simulator.url}/files/gone"),
            segment("image", file="x", url=served(one, "big", PNG + bytes(2000))),
            segment("image", file="x", url=served(one, "lie", b"<html>")), segment("image", file="file:///etc/passwd"),
            segment("image", file="x", url="http://[::1"), segment("image", file="base64://!!"),
            segment("image", file="x", url="http://10.0.0.1/private"),
        ]  # fmt: skip
        assert await one_body(one, pieces) == (Text("看" + "[图片]" * 7),)
        assert one.counted("onebot_media_lost") == 6
        assert "passwd" not in one.kit.log_text


async def test_places_shares_and_cards(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        pieces = [
            segment("location", lat="31.03", lon="121.44", title="校区", content="东川路800号"),
            segment("location", lat="x", lon="500"),
            segment("share", url="https://a.example", title="标题", content="说明", image="javascript:alert(1)"),
            segment("json", data=json.dumps(CARD)), segment("json", data="{"), segment("dice", result=3), segment("poke", type=1),
            segment("at", qq="all"),
        ]  # fmt: skip
        assert await one_body(one, pieces) == (
            Location(31.03, 121.44, "校区", "东川路800号"), Text("[位置]"), Card("标题", "说明", "https://a.example"),
            Card("快递", "查件", "https://a.example/x", "https://a.example/p.png"), Text("[卡片消息][骰子][戳一戳]"),
            Mention("all", "全体成员"),
        )  # fmt: skip


async def test_a_quote_is_remembered_or_asked_for(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        first = one.account.private(MING, "第一句")
        unseen = one.account.private(MING, [segment("text", text="没收到的"), segment("face", id=1)])
        await one.push(first)
        await one.bodies(1)
        said = (await one.kit.rows("SELECT id FROM message WHERE direction = 'in'"))[0]
        quote, _ = await one_body(one, [segment("reply", id=first["message_id"]), segment("text", text="这句")], 2)
        assert quote == Quote(str(said["id"]), "第一句")
        quote, _ = await one_body(one, [segment("reply", id=unseen["message_id"]), segment("text", text="那句")], 3)
        assert quote == Quote("", "没收到的[表情]")
        quote, _ = await one_body(one, [segment("reply", id="404"), segment("text", text="哪句")], 4)
        assert quote == Quote("", "")


async def test_a_message_of_very_many_pieces_keeps_its_first(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        body = await one_body(one, [segment("at", qq=number) for number in range(80)])
        assert len(body) == 50
        assert body[-1] == Text("[消息太长，后面的内容未显示]")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"user_id": None, "sender": {}}, "no_sender"), ({"user_id": [1]}, "bad_id"), ({"message_type": "discuss"}, "no_place"),
        ({"message": 5}, "bad_message"), ({"message": " \n"}, "bad_message"), ({"time": "yesterday"}, "bad_time"),
        ({"self_id": 10002}, "wrong_account"),
    ],
)  # fmt: skip
async def test_events_that_are_no_good_are_refused_and_the_socket_goes_on(
    make_hub: MakeHub, change: dict[str, Any], code: str
) -> None:
    async with stage(make_hub) as one:
        await one.push({**one.account.private(MING, "你好"), **change})
        await one.kit.until(lambda: one.counted("onebot_refused"), "it is refused")
        assert one.kit.logged("an event was refused")[0]["code"] == code
        await one.push(one.account.private(MING, "好的"))
        await one.hears("好的")


@pytest.mark.parametrize("frame", ["", "null", "[]", "{}", '{"a": 1}', "[" * 100_000, "x"])
async def test_frames_that_are_nothing_are_counted(make_hub: MakeHub, frame: str) -> None:
    async with stage(make_hub) as one:
        await (await one.connected()).socket.send_str(frame)
        await one.kit.until(lambda: one.counted("onebot_refused"), "it is counted")
        await one.push(one.account.private(MING, "好的"))
        await one.hears("好的")


# -- requests and notices ---------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["reverse", "http"])
async def test_requests_and_notices_are_lines_of_the_log_once(make_hub: MakeHub, transport: str) -> None:
    async with stage(make_hub, transport) as one:
        asks = one.account.event("request", request_type="friend", user_id=MING, comment="加个好友", flag="f1")
        comes = one.account.event("notice", notice_type="group_increase", sub_type="approve", group_id=GROUP, user_id=MING)
        poke = one.account.event("notice", notice_type="notify", sub_type="poke", user_id=MING, target_id=ME)
        for event in (asks, asks, poke, comes, comes):
            await one.push(event)
        await one.push(one.account.private(MING, "好"))
        await one.hears("好")
        await one.kit.until(lambda: one.counted("onebot_repeated") == 2, "the second ones are known")
        rows = await one.kit.rows("SELECT kind, data FROM event WHERE kind LIKE 'onebot.%' ORDER BY id")
        facts = [(row["kind"], json.loads(row["data"])) for row in rows]
        assert [kind for kind, _ in facts] == ["onebot.request", "onebot.notice"]
        assert facts[0][1]["comment"] == "加个好友"
        assert facts[1][1]["group_id"] == str(GROUP)


# -- stale events -----------------------------------------------------------------------------------


async def test_a_signed_event_is_good_for_ten_minutes_and_once(make_hub: MakeHub) -> None:
    clock = ManualClock()
    async with stage(make_hub, "http", clock=clock) as one:
        url, event = f"{one.kit.url}/onebot", one.account.private(MING, "你好")
        for _ in range(3):
            assert (await one.simulator.post(url, event))[0] == 204
        assert len(await one.bodies()) == 1
        await clock.advance(601)
        assert (await one.simulator.post(url, event))[0] == 403
        assert (await one.simulator.post(url, {**event, "time": int(clock.now()) + 700}))[0] == 403
        assert one.counted("onebot_stale") == 2
        del event["time"]
        assert (await one.simulator.post(url, event))[0] == 422
        assert len(await one.bodies()) == 1


async def test_what_comes_late_on_a_socket_is_taken_unless_the_yaml_says_how_old_it_may_be(make_hub: MakeHub) -> None:
    clock = ManualClock()
    async with stage(make_hub, clock=clock) as one:
        old = one.account.private(MING, "昨天的")
        await clock.advance(86_400)
        await one.push(old)
        await one.hears("昨天的")
    async with stage(make_hub, clock=clock, max_age=3600) as one:
        await one.push({**old, "time": int(clock.now()) - 3601})
        await one.kit.until(lambda: one.counted("onebot_stale"), "it is refused")
