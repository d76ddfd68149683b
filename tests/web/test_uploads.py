"""Files: what is taken, what is refused, and whose they are."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from tests.web.chat import Page, Site


def png(width: int = 3, height: int = 2) -> bytes:
    """A real picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\0" + b"\x99\x66\x33" * width for _ in range(height)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def image(media: str, **more: Any) -> dict[str, Any]:
    """The data of a `send` with a picture."""
    return {"body": [{"type": "image", "media": media, **more}]}


async def test_a_picture_goes_up_and_comes_back(site: Site) -> None:
    page = await site.begin()
    status, kept = await page.upload(png())
    assert status == 200
    assert (kept["mime"], kept["width"], kept["height"], kept["name"]) == ("image/png", 3, 2, "a.png")
    status, answer = await page.do("send", image(kept["media"]))
    assert status == 200
    async with site.session.get(site.server.url + answer["message"]["body"][0]["url"]) as found:
        assert found.status == 200
        assert await found.read() == png()
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in found.headers["Content-Security-Policy"]
        assert found.headers["Content-Disposition"].startswith("inline")


async def test_documents_are_downloaded_not_shown(site: Site) -> None:
    page = await site.begin()
    _, kept = await page.upload(b"%PDF-1.4 something", "contract.pdf", "application/pdf")
    _, answer = await page.do("send", {"body": [{"type": "file", "media": kept["media"], "name": "lies.exe"}]})
    element = answer["message"]["body"][0]
    assert element["name"] == "contract.pdf"
    async with site.session.get(site.server.url + element["url"]) as found:
        assert found.headers["Content-Disposition"].startswith("attachment")


async def test_the_hub_believes_only_itself_about_a_picture(site: Site) -> None:
    page = await site.begin()
    _, kept = await page.upload(png())
    _, answer = await page.do("send", image(kept["media"], width=9999, height=1, size=1, mime="text/html", name="x"))
    element = answer["message"]["body"][0]
    assert (element["width"], element["height"], element["mime"], element["name"]) == (3, 2, "image/png", "a.png")


async def test_what_is_not_taken_leaves_nothing(site: Site) -> None:
    wrong = [
        (b"<html><script>alert(1)</script>", "a.html", "image/png", 415, "lying_type"),
        (png(), "a.gif", "image/gif", 415, "type_not_allowed"),
        (b"MZ\x90\0\x03", "a.exe", "application/octet-stream", 415, "type_not_allowed"),
        (b"", "a.png", "image/png", 422, "empty"),
        (png() + b"\0" * 20_000, "a.png", "image/png", 413, "too_large"),
    ]
    page = await site.begin()
    for content, name, mime, status, code in wrong:
        found, answer = await page.upload(content, name, mime)
        assert (found, answer["error"]["code"]) == (status, code), name
    assert await site.rows("media_attachment") == 0
    assert list((site.hub.data / "media").iterdir()) == []


async def test_a_web_page_is_kept_as_words_only(site: Site) -> None:
    page = await site.begin()
    _, kept = await page.upload(b"<html><script>alert(1)</script>", "a.html", "text/html")
    assert kept["mime"] == "text/plain"
    _, answer = await page.do("send", {"body": [{"type": "file", "media": kept["media"], "name": "a"}]})
    async with site.session.get(site.server.url + answer["message"]["body"][0]["url"]) as found:
        assert found.content_type == "text/plain"
        assert found.headers["Content-Disposition"].startswith("attachment")


async def test_refusals_come_in_the_visitors_language(site: Site) -> None:
    page = Page(site, (await site.post("session", json={"locale": "zh-CN"}))[1])
    _, answer = await page.upload(b"", "a.png")
    assert answer["error"]["message"] == "文件是空的。"


async def test_a_form_without_a_file_is_refused(site: Site) -> None:
    page = await site.begin()
    status, _ = await site.post("uploads", json={"file": "x"}, headers=page.headers)
    assert status == 415
    status, _ = await site.post("uploads", data={"other": "x"}, headers=page.headers)
    assert status in (400, 415, 422)


async def test_uploads_have_a_quota(site: Site) -> None:
    page = await site.begin()
    answers = [await page.upload(png()) for _ in range(7)]
    assert [status for status, _ in answers] == [200] * 6 + [429]


async def test_another_visitors_file_cannot_be_sent_or_read(site: Site) -> None:
    owner, thief = await site.begin(), await site.begin()
    _, kept = await owner.upload(png())
    status, answer = await thief.do("send", image(kept["media"]))
    assert (status, answer["error"]["code"]) == (422, "unknown_media")
    _, other = await thief.upload(png())
    _, answer = await thief.do("send", image(other["media"]))
    token = answer["message"]["body"][0]["url"].partition("token=")[2]
    for wrong in ("", token, "ffffffffff.00", "."):
        status, _ = await site.get(f"media/{kept['media']}", params={"token": wrong})
        assert status == 403


async def test_pictures_from_elsewhere_cannot_be_sent(site: Site) -> None:
    page = await site.begin()
    status, _ = await page.do("send", image("https://evil.example/track.png"))
    assert status == 422
