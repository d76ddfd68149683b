"""What customers send, and how what we say looks over there."""

from __future__ import annotations

from typing import Any

import pytest

from hub import (
    Answer,
    Body,
    Bot,
    Button,
    Buttons,
    Card,
    Choice,
    Element,
    File,
    Image,
    Location,
    PluginConfig,
    Text,
    Turn,
    Video,
    Voice,
    hookimpl,
    plain_text,
)
from hub.testing import FakeApi
from hub.testing.fixtures import MakeHub
from hub_wecom.elements import body_of
from hub_wecom.render import MAX_TEXT, payloads_of, pieces
from tests.wecom.kit import staged

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03\x08\x02\0\0\0" + bytes(40)
AMR = b"#!AMR\n" + bytes(60)
MP4 = b"\0\0\0\x18ftypisom" + bytes(60)
PDF = b"%PDF-1.7\n" + bytes(60)
FILES = [
    ("image", "图.png", "image/png", PNG),
    ("voice", "v.amr", "audio/amr", AMR),
    ("video", "f.mp4", "video/mp4", MP4),
    ("file", "合同 1.pdf", "application/pdf", PDF),
]


async def no_file(kind: str, media_id: str) -> Element:
    return Text(f"{kind} {media_id}")


async def told(kind: str, **content: Any) -> Body:
    return await body_of({"msgtype": kind, kind: content}, no_file, "en")


# -- in ---------------------------------------------------------------------------------------------


async def test_words_and_menu_clicks() -> None:
    assert await told("text", content="你好]]> <b>&😀") == (Text("你好]]> <b>&😀"),)
    assert await told("text", content="查订单", menu_id="orders") == (Choice("查订单", "orders"),)
    assert await told("text", content=" \n") == ()


async def test_places_links_and_programs() -> None:
    place = await told("location", latitude=39.9, longitude=116.4, name="天安门", address="东城区")
    assert place == (Location(39.9, 116.4, "天安门", "东城区"),)
    card = await told("link", title="订单", desc="两件", url="https://shop.example.com/1", pic_url="https://shop.example.com/1.png")
    assert card == (Card("订单", "两件", "https://shop.example.com/1", "https://shop.example.com/1.png"),)
    assert await told("link", title="x", url="https://a.example", pic_url="http://a.example/b.png") == (Card("x", "", "https://a.example"),)
    assert await told("miniprogram", title="小店", appid="wx1", pagepath="pages/a") == (Card("小店", "Mini program wx1 pages/a"),)
    assert await told("business_card", userid="zhangsan") == (Text("[business card] zhangsan"),)


async def test_goods_records_and_menus_of_staff() -> None:
    product = await told("channels_shop_product", title="杯子", sales_price="1990", shop_nickname="小店")
    assert product == (Card("杯子", "Product ¥19.90 · 小店"),)
    facts = {"order_id": "1", "product_titles": "杯子", "price_wording": "¥19.9", "state": "已付"}
    order = await told("channels_shop_order", shop_nickname="小店", **facts)
    assert order == (Card("杯子", "Order 1 已付 ¥19.9 · 小店"),)
    assert await told("merged_msg", title="群聊", item=[]) == (Text("[chat record] 群聊"),)
    click = {"type": "click", "click": {"id": "1", "content": "好"}}
    items = [click, {"type": "view", "view": {"url": "https://a.example", "content": "看"}}, 5]
    menu = await told("msgmenu", head_content="满意吗", list=items, tail_content="谢谢")
    assert menu == (Buttons((Button("好", "1"), Button("看", "", "https://a.example")), "满意吗\n谢谢"),)


NOWHERE = {"msgtype": "location", "location": {"latitude": "x"}}


@pytest.mark.parametrize("row", [{"msgtype": "hologram", "hologram": {}}, NOWHERE, {}, {"msgtype": 5}])
async def test_what_nobody_knows_becomes_words(row: dict[str, Any]) -> None:
    (element,) = await body_of(row, no_file, "en")
    assert isinstance(element, Text)
    assert element.text.startswith("[unsupported message: ")


@pytest.mark.parametrize("said", ["no object", None, {}, {"content": None}])
async def test_words_that_are_none_say_nothing(said: Any) -> None:
    assert await body_of({"msgtype": "text", "text": said}, no_file, "en") == ()


async def test_files_come_in(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=None) as stage:
        for kind, name, mime, data in FILES:
            stage.corp.says("wk1", "wm1", kind, media_id=stage.corp.keep(kind, name, mime, data))
        assert (await stage.push()).status == 200
        await stage.settled()
        image, voice, video, file = [body[0] for body in await stage.bodies()]
        assert isinstance(image, Image)
        assert (image.width, image.height, image.mime) == (2, 3, "image/png")
        assert isinstance(voice, Voice)
        assert isinstance(video, Video)
        assert isinstance(file, File)
        assert file.name == "合同 1.pdf"
        store = stage.kit.hub.media
        attachment = await store.get(file.media)
        assert attachment is not None
        assert b"".join([chunk async for chunk in store.read(attachment)]) == PDF


async def test_files_that_cannot_be_kept_leave_words(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=None, max_bytes=100) as stage:
        gone = stage.corp.keep("image", "p.png", "image/png", PNG)
        stage.corp.media[gone].until = 0
        large = stage.corp.keep("file", "l.pdf", "application/pdf", PDF + bytes(200))
        program = stage.corp.keep("file", "x.exe", "application/octet-stream", b"MZ\x90\0\x03" + bytes(60))
        lying = stage.corp.keep("voice", "v.amr", "audio/amr", b"<html>no voice</html>")
        for kind, media_id in (("image", gone), ("file", large), ("file", program), ("voice", lying), ("image", "never")):
            stage.corp.says("wk1", "wm1", kind, media_id=media_id)
        assert (await stage.push()).status == 200
        await stage.settled()
        assert await stage.texts() == ["[图片已过期]", "[文件无法保存]", "[文件无法保存]", "[语音无法保存]", "[图片已过期]"]


async def test_a_file_that_cannot_be_fetched_is_tried_three_times(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=None) as stage:
        stage.server.fail("media/get", 500, 503)
        stage.corp.says("wk1", "wm1", "image", media_id=stage.corp.keep("image", "p.png", "image/png", PNG))
        assert (await stage.push()).status == 503
        await stage.until(stage.bodies, "the picture is there")
        assert isinstance((await stage.bodies())[0][0], Image)
        stage.server.fail("media/get", 500, 503, 500)
        stage.corp.says("wk1", "wm1", "image", media_id=stage.corp.keep("image", "p.png", "image/png", PNG))
        await stage.push()

        async def second() -> bool:
            return len(await stage.texts()) == 2

        await stage.until(second, "words in its place")
        assert (await stage.texts())[1] == "[图片已过期]"


# -- out --------------------------------------------------------------------------------------------


async def uploaded(media: str, kind: str) -> tuple[str, str]:
    return kind, f"id-of-{media}"


async def shown(*elements: Element) -> list[dict[str, Any]]:
    return await payloads_of(elements, uploaded)


async def test_elements_go_out_as_what_the_platform_has() -> None:
    assert await shown(Text("你好"), Image("m1")) == [
        {"msgtype": "text", "text": {"content": "你好"}},
        {"msgtype": "image", "image": {"media_id": "id-of-m1"}},
    ]
    place = {"latitude": 1.0, "longitude": 2.0, "name": "店", "address": "路"}
    assert await shown(Location(1.0, 2.0, "店", "路")) == [{"msgtype": "location", "location": place}]
    card = Card("订单", "两件", "https://a.example/1", "m2")
    link = {"title": "订单", "desc": "两件", "url": "https://a.example/1", "thumb_media_id": "id-of-m2"}
    assert await shown(card) == [{"msgtype": "link", "link": link}]
    assert await shown(Card("订单", "两件", "https://a.example/1")) == [{"msgtype": "text", "text": {"content": "订单\n两件\nhttps://a.example/1"}}]


async def test_choices_go_out_as_a_menu_and_as_a_list_where_they_do_not_fit() -> None:
    menu = Buttons((Button("查订单", "orders"), Button("官网", "", "https://a.example"), Button("人工")), "您想")
    items = [
        {"type": "click", "click": {"id": "orders", "content": "查订单"}},
        {"type": "view", "view": {"url": "https://a.example", "content": "官网"}},
        {"type": "click", "click": {"id": "人工", "content": "人工"}},
    ]
    assert await shown(menu) == [{"msgtype": "msgmenu", "msgmenu": {"head_content": "您想", "list": items}}]
    many = Buttons(tuple(Button(f"第{number}项") for number in range(11)), "选")
    assert (await shown(many))[0]["text"]["content"].splitlines()[-1] == "11. 第10项"
    long = Buttons((Button("好" * 43),), "选")
    assert (await shown(long))[0]["msgtype"] == "text"


async def test_no_text_has_too_many_bytes() -> None:
    for text in ("😀" * MAX_TEXT, "好" * MAX_TEXT, "a" * 5000):
        found = pieces(text)
        assert "".join(found) == text
        assert max(len(piece.encode()) for piece in found) <= 2048


class Painter(Bot[PluginConfig]):
    """Sends back what it got, and what it is told to."""

    say: Body = ()

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        return Answer.of(*(self.say or turn.message.body))


async def test_files_go_out_and_are_brought_over_once(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Painter) as stage:
        for kind, name, mime, data in FILES:
            stage.corp.says("wk1", "wm1", kind, media_id=stage.corp.keep(kind, name, mime, data))
        await stage.push()
        await stage.settled()
        assert [one.payload["msgtype"] for one in stage.sent()] == ["image", "voice", "video", "file"]
        for one, (kind, name, _, data) in zip(stage.sent(), FILES, strict=True):
            media = stage.corp.media[one.payload[kind]["media_id"]]
            assert (media.name, media.data) == (name, data)
        painter = stage.kit.plugin("painter", Painter)
        painter.say = (await stage.bodies())[0]
        await stage.says("再发一次")
        assert len(stage.corp.called("media/upload")) == 4
        # The platform forgets files after three days.
        await stage.passes(61 * 3600)
        await stage.says("再发一次")
        assert len(stage.corp.called("media/upload")) == 5


async def test_what_the_platform_would_not_show_goes_as_a_file(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Painter) as stage:
        gif = stage.corp.keep("image", "a.gif", "image/gif", b"GIF89a\x01\0\x01\0" + bytes(30))
        stage.corp.says("wk1", "wm1", "image", media_id=gif)
        await stage.push()
        await stage.settled()
        assert [one.payload["msgtype"] for one in stage.sent()] == ["file"]


async def test_a_picture_from_the_web_is_fetched_and_one_that_is_gone_is_given_up(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Painter) as stage, FakeApi() as web:
        web.answers("GET", "/a.png", PNG, headers={"Content-Type": "image/png"})
        painter = stage.kit.plugin("painter", Painter)
        painter.say = (Image(f"{web.url}/a.png"),)
        await stage.says("看")
        assert [one.payload["msgtype"] for one in stage.sent()] == ["image"]
        painter.say = (Image(f"{web.url}/b.png"),)
        await stage.says("看")
        painter.say = (File("0" * 32, "a.pdf"),)
        await stage.says("看")
        why = [row["error"] for row in await stage.dead()]
        assert why == ["the file's address answers 404", "the file is not there any more"]


async def test_a_click_comes_back_as_a_choice(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Painter) as stage:
        painter = stage.kit.plugin("painter", Painter)
        painter.say = (Buttons((Button("查订单", "orders"),), "您想"),)
        await stage.says("你好")
        item = stage.sent()[0].payload["msgmenu"]["list"][0]["click"]
        stage.corp.says("wk1", "wm1", content=item["content"], menu_id=item["id"])
        await stage.push()
        await stage.settled()
        assert (await stage.bodies())[1] == (Choice("查订单", "orders"),)
        assert plain_text((await stage.bodies())[1]) == "查订单"
