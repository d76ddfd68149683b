"""Built pages: how they are cached and packed, and that nothing outside of their folder can be had."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from hub.errors import ConfigError
from hub.web.routes import Routes
from tests.web_core.plain_kit import Place, open_place

HASHED = "app-4f3a9c21.js"
SCRIPT = b"export const greeting = '\xe4\xbd\xa0\xe5\xa5\xbd';" * 40


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    pages = tmp_path / "pages"
    (pages / "assets").mkdir(parents=True)
    (pages / "index.html").write_text("<!doctype html><title>desk</title>", encoding="utf-8")
    (pages / "assets" / HASHED).write_bytes(SCRIPT)
    (pages / "assets" / f"{HASHED}.gz").write_bytes(gzip.compress(SCRIPT))
    (pages / "assets" / f"{HASHED}.br").write_bytes(b"not really brotli")
    (pages / ".env").write_text("hidden")
    (tmp_path / "outside.txt").write_text("outside")
    (pages / "link.txt").symlink_to(tmp_path / "outside.txt")
    async with open_place(tmp_path / "data") as made:
        made.hub.routes.add_static("/desk", pages, owner="desk", spa=True, headers={"X-Desk": "1"})
        made.hub.routes.add_static("/plain/", pages, owner="plain", headers={"Content-Security-Policy": "sandbox"})
        yield made


class Got:
    """An answer that was read."""

    def __init__(self, answer: aiohttp.ClientResponse, body: bytes) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.body = body


async def get(place: Place, path: str, **headers: str) -> Got:
    url = URL(f"{place.server.url}{path}", encoded=True)
    async with place.http.get(url, headers=headers, allow_redirects=False) as answer:
        return Got(answer, await answer.read())


async def test_a_script_is_packed_and_kept_for_ever(place: Place) -> None:
    path = f"/desk/assets/{HASHED}"
    plain = await get(place, path, **{"Accept-Encoding": "identity"})
    assert plain.body == SCRIPT
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert plain.headers["X-Desk"] == "1"
    assert "Content-Encoding" not in plain.headers
    zipped = await get(place, path, **{"Accept-Encoding": "gzip"})
    assert gzip.decompress(zipped.body) == SCRIPT
    best = await get(place, path, **{"Accept-Encoding": "gzip, br"})
    assert best.headers["Content-Encoding"] == "br"
    for answer in (plain, zipped, best):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


async def test_a_page_is_asked_for_again_and_not_sent_twice(place: Place) -> None:
    first = await get(place, "/desk/")
    assert first.headers["Cache-Control"] == "no-cache"
    again = await get(place, "/desk/", **{"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    assert again.body == b""


async def test_a_page_of_the_application_that_is_no_file(place: Place) -> None:
    page = await get(place, "/desk/conversations/12")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert (await get(place, "/desk/assets/old-00000000.js")).status == 404
    assert (await get(place, "/plain/conversations/12")).status == 404


async def test_the_folder_without_its_slash(place: Place) -> None:
    answer = await get(place, "/desk")
    assert (answer.status, answer.headers["Location"]) == (308, "/desk/")


async def test_a_plugin_sets_its_own_headers(place: Place) -> None:
    answer = await get(place, "/plain/")
    assert answer.headers["Content-Security-Policy"] == "sandbox"


WAYS_OUT = [
    *("../outside.txt", "..%2foutside.txt", "%2e%2e/outside.txt", "assets/../../outside.txt", "..%5coutside.txt"),
    *("/etc/hosts", "%2fetc%2fhosts", "link.txt", ".env", "assets/.%2e/.env", "index.html%00.js", "assets"),
    *("x" * 3000 + ".js", "%ff%fe.js", "assets/"),
]


async def test_there_is_no_way_out(place: Place) -> None:
    for path in WAYS_OUT:
        for base in ("/plain/", "/desk/"):
            answer = await get(place, base + path)
            # The workbench answers an unknown page with its own; nothing else may come.
            assert b"outside" not in answer.body, path
            assert b"hidden" not in answer.body, path
            assert answer.status in (404, 400) or b"<title>desk</title>" in answer.body, path
    assert place.log.errors() == []


async def test_only_reading(place: Place) -> None:
    async with place.http.post("/desk/index.html") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "HEAD, GET")
    async with place.http.head("/desk/index.html") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Length"] == "34"


async def test_a_part_of_a_file(place: Place) -> None:
    answer = await get(place, f"/desk/assets/{HASHED}", **{"Range": "bytes=0-5", "Accept-Encoding": "identity"})
    assert (answer.status, answer.body) == (206, b"export")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        Routes().add_static("/a", tmp_path / "nowhere", owner="x")


def test_a_prefix_is_given_once_and_given_back(tmp_path: Path) -> None:
    table = Routes()
    undo = table.add_static("/a/", tmp_path, owner="first")
    with pytest.raises(ConfigError, match=r"'second'.*'first'"):
        table.add_static("/a", tmp_path, owner="second")
    undo()
    table.add_static("/a", tmp_path, owner="second")
