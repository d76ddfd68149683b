"""Files and pictures: picked and dropped, previewed, sent, seen on the other side, and refused with a reason."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

import pytest
from playwright.async_api import FilePayload, Locator, expect

from tests.browser.people import DROP, AgentPage, VisitorPage
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def png(width: int, height: int) -> bytes:
    """A picture of one colour, made here."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xb9\x3a\x1c" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PICTURE: Final = FilePayload(name="面单.png", mimeType="image/png", buffer=png(320, 200))
PROGRAM: Final = FilePayload(name="setup.exe", mimeType="application/x-msdownload", buffer=b"MZ" + bytes(64))
DISGUISED: Final = FilePayload(name="假图片.png", mimeType="image/png", buffer=b"MZ\x90\0" + bytes(600))


async def drop(target: Locator, file: FilePayload) -> None:
    """Drop a file that comes from outside the browser."""
    await target.evaluate(DROP, [file["name"], file["mimeType"], base64.b64encode(file["buffer"]).decode()])


async def is_drawn(picture: Locator, width: int) -> None:
    """Wait until the picture is loaded, in its own size."""
    await picture.scroll_into_view_if_needed()
    handle = await picture.element_handle()
    assert handle is not None
    await picture.page.wait_for_function("([e, w]) => e.complete && e.naturalWidth === w", arg=[handle, width])


async def talking(stage: Stage, words: str) -> tuple[VisitorPage, AgentPage]:
    visitor = await stage.visitor()
    await visitor.asks_for_a_person(words)
    agent = await stage.agent()
    await agent.take(words)
    return visitor, agent


async def test_a_visitors_picture_reaches_the_agent(stage: Stage) -> None:
    visitor, agent = await talking(stage, "给坐席看一张图")
    tray = visitor.frame.get_by_test_id("attachment")
    await visitor.picks(PICTURE)
    await expect(tray).to_have_attribute("data-state", "done")
    await is_drawn(tray.locator("img"), 320)
    await visitor.frame.get_by_role("button", name="移除 面单.png").click()
    await expect(tray).to_have_count(0)

    await drop(visitor.frame.locator("main"), PICTURE)
    await expect(tray).to_have_attribute("data-state", "done")
    await visitor.says("图在这里")
    await expect(tray).to_have_count(0)
    await is_drawn(visitor.own.last.locator("img"), 320)
    await is_drawn(agent.messages.filter(has_text="图在这里").locator("img"), 320)

    await visitor.own.last.get_by_role("button").first.click()
    lightbox = visitor.frame.locator("dialog")
    await is_drawn(lightbox.locator("img"), 320)
    await visitor.page.keyboard.press("Escape")
    await expect(lightbox).to_have_count(0)
    await expect(visitor.own.last.get_by_role("button").first).to_be_focused()
    await expect(visitor.frame.get_by_test_id("panel")).to_be_visible()
    await agent.messages.filter(has_text="图在这里").get_by_role("button").first.click()
    await is_drawn(agent.page.get_by_role("dialog").locator("img"), 320)
    await agent.page.keyboard.press("Escape")
    await agent.closes()


async def test_an_agents_files_reach_the_visitor(stage: Stage) -> None:
    visitor, agent = await talking(stage, "请发我价目表")
    await agent.picks(PICTURE, FilePayload(name="价目表.txt", mimeType="text/plain", buffer="同城 8 元".encode()))
    tray = agent.page.get_by_test_id("attachment")
    await expect(tray).to_have_count(2)
    await agent.writes("请查收")
    received = visitor.frame.get_by_test_id("message").filter(has_text="请查收")
    await is_drawn(received.locator("img"), 320)
    async with visitor.page.expect_download() as download:
        await received.get_by_text("价目表.txt").click()
    assert (await (await download.value).path()).read_text("utf-8") == "同城 8 元"
    await drop(agent.page.locator(".composer"), PICTURE)
    await expect(tray).to_have_count(1)
    await agent.closes()


async def test_what_is_refused_says_why(stage: Stage) -> None:
    visitor, agent = await talking(stage, "发一些不许发的")
    await visitor.picks(PROGRAM)
    await expect(visitor.frame.get_by_role("alert")).to_have_text("不支持“setup.exe”这种文件")
    await expect(visitor.frame.get_by_test_id("attachment")).to_have_count(0)
    await visitor.picks(DISGUISED)
    refused = visitor.frame.get_by_test_id("attachment")
    await expect(refused).to_have_attribute("data-state", "failed")
    await expect(refused).to_contain_text("类型")
    await agent.picks(DISGUISED)
    await expect(agent.page.get_by_role("alert")).to_contain_text("类型")
    await agent.closes()
