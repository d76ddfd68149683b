"""Files people send: what they are is decided by their content, and what is refused leaves nothing."""

from __future__ import annotations

import asyncio
import io
import struct
import zipfile
from collections.abc import AsyncIterator, Collection, Iterable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from hub import Attachment, Element, File, Image, Refused, StoreUnavailable, Text
from hub.store.change import Change
from hub.testing import ManualClock
from hub_media.kinds import type_of
from hub_media.names import clean_name, disposition
from tests.media.kit import open_place
from tests.web_core.plain_kit import Place

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBB", 640, 480, 8, 2, 0, 0, 0)
GIF = b"GIF89a" + struct.pack("<HH", 32, 16) + bytes(8)
JPEG = (
    b"\xff\xd8\xff\xe1"
    + struct.pack(">H", 4000)
    + bytes(3998)
    + b"\xff\xff\xc2"
    + struct.pack(">HBHHB", 17, 8, 300, 400, 3)
    + bytes(9)
)
WEBP_X = b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (99).to_bytes(3, "little") + (49).to_bytes(3, "little")
WEBP_L = b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f" + (99 | 49 << 14).to_bytes(4, "little")
WEBP = b"RIFF\0\0\0\0WEBPVP8 " + bytes(7) + b"\x9d\x01\x2a" + struct.pack("<HH", 100, 50)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TYPES = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain", DOCX}


def zipped(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return data.getvalue()


WORD = zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path) as made:
        yield made


async def pieces(data: bytes | Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in (data[at : at + 1000] for at in range(0, len(data), 1000)) if isinstance(data, bytes) else data:
        yield piece


async def keep(
    place: Place, data: bytes | Iterable[bytes], declared: str = "", *, name: str = "a", types: Collection[str] = TYPES
) -> Attachment:
    given = {"owner": "agent:1", "name": name, "declared": declared, "max_bytes": 1_000_000, "types": types}
    return await place.hub.media.keep(pieces(data), **given)  # type: ignore[arg-type]


async def refused(place: Place, data: bytes | Iterable[bytes], declared: str = "", **more: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as found:
        await keep(place, data, declared, **more)
    return found.value.status, found.value.code


def left(place: Place) -> list[str]:
    return [path.name for path in (place.hub.data / "media").iterdir()]


async def rows(place: Place) -> int:
    return int(await place.hub.store.reader.value("SELECT count(*) FROM media_attachment"))


async def test_what_is_kept_is_what_came(place: Place) -> None:
    for data, declared, mime, size in (
        (PNG + bytes(300_000), "image/png", "image/png", (640, 480)),
        (GIF, "", "image/gif", (32, 16)),
        (JPEG, "image/jpg", "image/jpeg", (400, 300)),
        (WEBP, "image/webp", "image/webp", (100, 50)),
        (WEBP_L, "application/octet-stream", "image/webp", (100, 50)),
        (WEBP_X, "", "image/webp", (100, 50)),
        (PDF, "application/pdf; x=1", "application/pdf", (0, 0)),
        (WORD, DOCX, DOCX, (0, 0)),
        ("订单号，金额\r\n7,8\n".encode() * 500, "text/csv", "text/plain", (0, 0)),
        (b"\xef\xbb\xbfwith a mark", "", "text/plain", (0, 0)),
    ):
        kept = await keep(place, data, declared, name="文件.bin")
        assert (kept.mime, (kept.width, kept.height), kept.size) == (mime, size, len(data)), mime
        assert b"".join([piece async for piece in place.hub.media.read(kept)]) == data
        assert await place.hub.media.get(kept.id) == kept
    assert len(left(place)) == await rows(place) == 10


async def test_what_is_refused_leaves_nothing(place: Place) -> None:
    html = b"<html><script>alert(1)</script>"
    assert await refused(place, html, "image/png") == (415, "lying_type")
    assert await refused(place, PNG, "text/plain") == (415, "lying_type")
    assert await refused(place, PNG, "image/svg+xml") == (415, "type_not_allowed")
    assert await refused(place, b"<svg/>", "image/png") == (415, "lying_type")
    assert await refused(place, GIF + html, "image/png") == (415, "lying_type")
    assert await refused(place, b"MZ\x90\0\x03\0\0\0") == (415, "type_not_allowed")
    assert await refused(place, b"text\0with a zero") == (415, "type_not_allowed")
    assert await refused(place, "中文".encode("gbk")) == (415, "type_not_allowed")
    assert await refused(place, "你".encode()[:2]) == (415, "type_not_allowed")
    assert await refused(place, zipped("a.exe"), DOCX) == (415, "lying_type")
    assert await refused(place, PDF, types={"image/png"}) == (415, "type_not_allowed")
    assert await refused(place, b"") == (422, "empty")
    assert await refused(place, b"", "image/png") == (422, "empty")
    bomb = b"\x89PNG\r\n\x1a\n" + bytes(4) + b"IHDR" + struct.pack(">II", 20_001, 5) + bytes(5)
    assert await refused(place, bomb) == (422, "picture_too_large")
    assert (left(place), await rows(place)) == ([], 0)


async def test_too_much_is_refused_while_it_comes(place: Place) -> None:
    taken = 0

    def endless() -> Iterable[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield PNG + bytes(100_000)

    assert await refused(place, endless()) == (413, "too_large")
    assert taken == 10
    assert left(place) == []


async def test_a_store_that_fails_leaves_no_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(_: Change) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(place.hub.store, "commit", full)
        with pytest.raises(StoreUnavailable):
            await keep(place, PNG)
    assert left(place) == []
    assert (await keep(place, PNG)).mime == "image/png"


async def test_a_sender_that_stops_in_the_middle_leaves_nothing(place: Place) -> None:
    never = asyncio.Event()
    begun = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield PNG + bytes(300_000)
        begun.set()
        await never.wait()

    given = {"owner": "a", "name": "a", "max_bytes": 1_000_000, "types": TYPES}
    task = asyncio.create_task(place.hub.media.keep(slow(), **given))  # type: ignore[arg-type]
    await begun.wait()
    assert len(left(place)) == 1
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert left(place) == []


async def test_leftovers_of_a_crash_go_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "0f.part").write_bytes(b"half")
    async with open_place(tmp_path) as place:
        assert left(place) == []


async def test_an_unknown_id(place: Place) -> None:
    for id_ in ("", "0" * 32, "../hub.db", "0" * 31 + "\n", "A" * 32):
        assert await place.hub.media.get(id_) is None


# -- over HTTP --------------------------------------------------------------------------------------


@pytest.fixture
def site(place: Place) -> Place:
    media = place.hub.media

    async def take(request: web.Request) -> web.StreamResponse:
        kept = await media.multipart(request, owner="agent:1", max_bytes=1_000_000, types=TYPES)
        return web.json_response({"id": kept.id, "name": kept.name, "size": kept.size})

    async def give(request: web.Request) -> web.StreamResponse:
        kept = await media.get(request.match_info["id"])
        assert kept is not None
        return await media.response(request, kept)

    place.hub.routes.add("POST", "/take", take, owner="shop")
    place.hub.routes.add("GET", "/give/{id}", give, owner="shop")
    return place


def form(data: bytes, *, field: str = "file", name: str = "a.png", mime: str = "image/png") -> aiohttp.FormData:
    # As browsers do it: the name as it is.
    made = aiohttp.FormData(quote_fields=False)
    made.add_field(field, data, filename=name, content_type=mime)
    return made


async def test_a_file_goes_up_and_comes_back_harmless(site: Place) -> None:
    status, kept = await site.ask("POST", "/take", data=form(PNG, name="../../截图 1.png"))
    assert (status, kept["name"], kept["size"]) == (200, "截图 1.png", len(PNG))
    async with site.http.get(f"/give/{kept['id']}") as answer:
        assert await answer.read() == PNG
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Disposition"].startswith("inline; ")
        assert "filename*=UTF-8''%E6%88%AA%E5%9B%BE%201.png" in answer.headers["Content-Disposition"]
    _, kept = await site.ask("POST", "/take", data=form(b"<script>alert(1)</script>", name="a.html", mime="text/html"))
    async with site.http.get(f"/give/{kept['id']}") as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Content-Disposition"].startswith("attachment; ")


async def test_forms_that_are_none(site: Place) -> None:
    boundary = {"Content-Type": "multipart/form-data; boundary=x"}
    for options, expected in (
        ({"json": {}}, (415, "unsupported_media_type")),
        ({"data": form(PNG, field="picture")}, (422, "no_file")),
        ({"data": b"", "headers": boundary}, (400, "bad_request")),
        ({"data": b"--y\r\n\r\n", "headers": boundary}, (400, "bad_request")),
        ({"data": b"--x\r\nbroken", "headers": boundary}, (400, "bad_request")),
        ({"data": b"--x--\r\n", "headers": boundary}, (422, "no_file")),
        ({"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, (400, "bad_request")),
        ({"data": form(b"GIF89a lies")}, (415, "lying_type")),
        ({"data": form(b"x" * 10_000_000, mime="text/plain")}, (413, "too_large")),
    ):
        status, found = await site.ask("POST", "/take", **options)
        assert (status, found["error"]["code"]) == expected, (options, site.log.lines)
    assert left(site) == []
    assert site.log.errors() == []


# -- links and messages -----------------------------------------------------------------------------


async def test_a_link_is_for_one_file_and_some_time(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_place(tmp_path, clock=clock) as place:
        media = place.hub.media
        url = media.url_for("0f", "/web/media/", lifetime=3600)
        assert url.startswith("/web/media/0f?token=")
        assert url == media.url_for("0f", "/web/media", lifetime=3600)
        token = url.partition("token=")[2]
        assert media.check_link("0f", token)
        assert not media.check_link("0e", token)
        until, _, signature = token.partition(".")
        for forged in (
            "",
            ".",
            "zz.",
            f"{int(until, 16) + 600:x}.{signature}",
            f"{until}.{signature[:-1]}x",
            "1.é",
            until,
        ):
            assert not media.check_link("0f", forged), forged
        await clock.advance(3600)
        await clock.advance(600)
        assert not media.check_link("0f", token)


async def test_a_message_names_only_files_of_its_sender(place: Place) -> None:
    mine = await keep(place, PNG)
    media = place.hub.media
    good: list[tuple[Element, ...]] = [
        (Text("hello"),),
        (Image(mine.id), File(mine.id, "a"), Text("x")),
        (Image("https://example.com/a.png"),),
    ]
    for body in good:
        await media.check_body(body, "agent:1")
    for bad in (mine.id.upper(), "0" * 32, "", "../hub.db", "file:///etc/passwd", "javascript:alert(1)"):
        with pytest.raises(Refused) as found:
            await media.check_body((Image(mine.id), Image(bad)), "agent:1")
        assert (found.value.status, found.value.code) == (422, "unknown_media")
    with pytest.raises(Refused):
        await media.check_body((Image(mine.id),), "agent:2")


# -- names and types --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.png", "a.png"),
        ("C:\\Users\\me\\账单.pdf", "账单.pdf"),
        ("../../etc/passwd", "passwd"),
        ("", "file"),
        ("...", "file"),
        ("a\r\nSet-Cookie: x.png", "a_Set-Cookie_ x.png"),
        ("gnp\u202eexe.png", "gnp_exe.png"),
        ("\udcff\udcfe.png", "_.png"),
        ("x" * 300 + ".png", "x" * 196 + ".png"),
    ],
)
def test_names(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_a_name_in_a_header_is_one_line_of_ascii() -> None:
    header = disposition('a "b"\\ %41 账单.pdf', inline=False)
    assert header.isascii()
    assert header.startswith("attachment; filename=\"a _b__ _41 __.pdf\"; filename*=UTF-8''a%20%22b%22")


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"OggS\0", "audio/ogg"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (zipped("a.txt"), "application/zip"),
        (WORD, DOCX),
        (b"RIFF\0\0\0\0AVI ", ""),
        (b"", ""),
        (b"\xff", ""),
    ],
)
def test_types_by_content(head: bytes, mime: str) -> None:
    assert type_of(head) == mime
