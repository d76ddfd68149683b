"""Files: a customer's are fetched and kept, ours are given to the platform first."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import Any, Final

import pytest

from hub import Answer, Body, Bot, File, Image, PluginConfig, Text, Turn, Video, Voice, hookimpl
from hub.intents import Send
from hub.testing.fixtures import MakeHub
from hub_media import Media
from tests.qq.kit import World, world
from tests.qq.simulator import Failure
from tests.qq.simulator.events import attachment

PNG: Final = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
PDF: Final = b"%PDF-1.4\n%%EOF\n"
WAV: Final = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40)


class Shows(Bot[PluginConfig]):
    """Shows the body it was given."""

    body: Body = ()

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        return Answer((Send(self.body),))


async def kept(here: World, content: bytes, name: str, *types: str) -> str:
    """A file of the hub's."""

    async def chunks() -> Any:
        yield content

    media = here.kit.plugin("media", Media)
    return (await media.keep(chunks(), owner="x", name=name, max_bytes=20 << 20, types=types)).id


async def test_a_customers_files_are_kept(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        qq = here.qq
        picture = attachment(qq.keep_file("a.png", PNG, "image/png"), "image/png", "a.png", len(PNG))
        paper = attachment(qq.keep_file("b.pdf", PDF, "application/pdf"), "file", "合同.pdf", len(PDF))
        heard = {"voice_wav_url": qq.keep_file("v.wav", WAV, "audio/wav"), "asr_refer_text": "我的快递呢"}
        spoken = attachment("example.com/silk", "voice", "v.silk", 9, **heard)
        await here.says("看这个", attachments=[picture, paper, spoken])
        (message,) = await here.messages("in")
        text, image, file, voice = message.body
        assert text == Text("看这个")
        assert (image.name, image.mime, image.width) == ("a.png", "image/png", 1)
        assert (file.name, file.mime) == ("合同.pdf", "application/pdf")
        assert (voice.transcript, voice.mime) == ("我的快递呢", "audio/wav")
        media = here.kit.plugin("media", Media)
        for element, content in ((image, PNG), (file, PDF), (voice, WAV)):
            found = await media.get(element.media)
            assert found is not None
            assert found.owner == "qq:U1"
            assert b"".join([chunk async for chunk in media.read(found)]) == content


@pytest.mark.parametrize("why", ["gone", "too large", "not that kind", "no media store"])
async def test_a_file_that_cannot_be_kept_stays_a_link_and_the_message_comes(make_hub: MakeHub, why: str) -> None:
    async with world(make_hub, files={"max_bytes": "1KiB"}) as here:
        content = PNG + bytes(2000) if why == "too large" else b"MZ\x00\x01" if why == "not that kind" else PNG
        url = here.qq.keep_file("a.png", content, "image/png")
        if why == "gone":
            here.qq.files.clear()
        if why == "no media store":
            await here.kit.hub.registry.stop("media")
        await here.says("看", attachments=[attachment(url, "image/png", "a.png", len(content))])
        (message,) = await here.messages("in")
        assert message.body[0] == Text("看")
        assert message.body[1].media == url
        assert not list((here.kit.data / "media").glob("*.part"))


async def test_a_slow_file_holds_a_message_up_for_a_moment_only(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        here.qq.slow_files = asyncio.Event()
        url = here.qq.keep_file("a.png", PNG, "image/png")
        delivering = asyncio.create_task(here.says("看", attachments=[attachment(url, "image/png", "a.png", 70)]))
        await here.kit.until(lambda: here.qq.file_requests, "it is being fetched")
        await here.turn(2)
        await delivering
        here.qq.slow_files.set()
        (message,) = await here.messages("in")
        assert message.body[1].media == url


async def test_our_files_are_uploaded_first_and_once(make_hub: MakeHub) -> None:
    async with world(make_hub, bot=Shows) as here:
        picture = await kept(here, PNG, "回单.png", "image/png")
        paper = await kept(here, PDF, "合同.pdf", "application/pdf")
        bot = here.kit.plugin("shows", Shows)
        bot.body = (
            Text("请看"), Image(picture, mime="image/png"), File(paper, "合同.pdf"), Video("https://example.com/v.mp4"),
            Voice("https://example.com/v.ogg", mime="audio/ogg"),
        )  # fmt: skip
        for who in ("U1", "U2"):
            await here.says("资料", who)
        await here.qq.api.until(lambda: len(here.qq.api.sent) == 8)
        mine = [one.body for one in here.qq.api.sent if one.target == "c2c:U1"]
        assert [one["content"] for one in mine] == ["请看", " ", " ", " "]
        assert [one["msg_type"] for one in mine] == [7, 7, 7, 7]
        assert [one["msg_seq"] for one in mine] == [1, 2, 3, 4]
        uploads = list(here.qq.api.uploads.values())
        assert [one["type"] for one in uploads] == [1, 4, 2, 4]
        assert [one["content"] for one in uploads][:2] == [PNG, PDF]
        assert uploads[1]["name"] == "合同.pdf"
        assert uploads[2]["url"] == "https://example.com/v.mp4"

        # A group has names of its own, and an old name is not good any more.
        bot.body = (Image(picture, mime="image/png"),)
        await here.delivers(here.qq.events.group("G1", "M1", "图"))
        await here.qq.api.until(lambda: len(here.qq.api.uploads) == 5)
        await here.settled()
        await here.turn(3600)
        await here.delivers(here.qq.events.group("G1", "M1", "图"))
        await here.qq.api.until(lambda: len(here.qq.api.uploads) == 6)
        await here.settled()
        assert not [one for one in here.qq.api.tried if one.code]


async def test_only_the_parts_that_are_missing_go_again(make_hub: MakeHub) -> None:
    async with world(make_hub, bot=Shows) as here:
        picture = await kept(here, PNG, "a.png", "image/png")
        here.kit.plugin("shows", Shows).body = (Image(picture), Text("第一"), Image(picture), Text("第二"))
        here.qq.api.failures.extend([Failure(), Failure(40034100)])
        await here.says("图")
        await here.kit.until(lambda: "第二" in here.qq.received("c2c:U1"), "all of it", turning=1)
        await here.kit.settled(turning=1)
        assert here.qq.received("c2c:U1") == [" ", "第一", "第二"]
        assert [one.body["msg_seq"] for one in here.qq.api.sent] == [1, 2, 3]


async def test_a_channel_shows_pictures_and_names_other_files(make_hub: MakeHub) -> None:
    async with world(make_hub, bot=Shows) as here:
        picture = await kept(here, PNG, "a.png", "image/png")
        bot = here.kit.plugin("shows", Shows)
        bot.body = (Text("看"), Image(picture), File("https://example.com/a.pdf", "a.pdf"))
        await here.delivers(here.qq.events.channel("C1", "910", "图"))
        await here.qq.api.until(lambda: len(here.qq.api.sent) == 2)
        bot.body = (Image("https://example.com/a.png"),)
        await here.delivers(here.qq.events.channel("C1", "910", "图"))
        await here.qq.api.until(lambda: len(here.qq.api.sent) == 3)
        first, second, third = (one.body for one in here.qq.api.sent)
        assert (first["content"], first["file_image"]) == ("看", PNG)
        assert "a.pdf https://example.com/a.pdf" in second["content"]
        assert third["image"] == "https://example.com/a.png"


async def test_a_file_the_platform_cannot_have_is_a_dead_letter_and_uses_up_nothing(make_hub: MakeHub) -> None:
    async with world(make_hub, bot=Shows) as here:
        here.kit.plugin("shows", Shows).body = (File("0" * 32, "weg.pdf"),)
        await here.says("合同")
        assert "不存在" in (await here.died())[0]
        big = await kept(here, PDF + bytes(11 << 20), "big.pdf", "application/pdf")
        here.kit.plugin("shows", Shows).body = (File(big, "big.pdf"),)
        await here.says("合同")
        assert "10 MB" in (await here.died(2))[0]
        assert await here.kit.hub.store.reader.value("SELECT sum(used) FROM windows_window") == 0
