"""A hub without a media store, and with one that does not run: words go on, files are refused in clear words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub import NotReady, Unsupported
from tests.desk import kit as desk_kit
from tests.media.kit import open_place
from tests.web.chat import CONFIG, Site, open_site, text
from tests.web.test_uploads import image, png

STORE = "  - {use: media, required: true}\n"


async def test_visitors_write_and_are_told_that_files_are_not_taken(tmp_path: Path) -> None:
    assert STORE in CONFIG
    async with open_site(tmp_path, CONFIG.replace(STORE, "")) as site:
        page = await site.begin()
        assert page.session["limits"]["upload_types"] == []
        assert (await page.do("send", text("hello")))[0] == 200
        assert await page.said(2) == ["hello", "echo: hello"]
        status, answer = await page.upload(png())
        assert (status, answer["error"]["code"]) == (422, "no_files")
        assert answer["error"]["message"] == "This chat takes no files."
        status, answer = await page.do("send", image("0" * 32))
        assert (status, answer["error"]["code"]) == (422, "no_files")
        status, answer = await site.get(f"media/{'0' * 32}", params={"token": "1.2"})
        assert (status, answer["error"]["code"]) == (422, "unsupported")
        assert "add `media` to the plugins" in answer["error"]["message"]


async def test_the_desk_writes_and_is_told_that_files_are_not_taken(tmp_path: Path) -> None:
    assert STORE in desk_kit.CONFIG
    async with desk_kit.open_house(tmp_path, config=desk_kit.CONFIG.replace(STORE, "")) as house:
        ada = await house.person("root", "admin")
        number = await house.conversation()
        assert (await ada.post(f"/api/conversations/{number}/take"))[0] == 200
        elsewhere = {"type": "image", "media": "https://example.com/a.png"}
        body: Any = [{"type": "text", "text": "good morning"}, elsewhere]
        assert (await ada.post(f"/api/conversations/{number}/messages", {"body": body}))[0] == 200
        body = [{"type": "image", "media": "0" * 32}]
        assert (await ada.post(f"/api/conversations/{number}/messages", {"body": body}))[0] == 422
        status, answer = await ada.upload(png())
        assert (status, answer["error"]["code"]) == (422, "unsupported")
        assert (await ada.get(f"/media/{'0' * 32}"))[0] == 422


async def sent_picture(site: Site) -> tuple[Any, str]:
    page = await site.begin()
    _, kept = await page.upload(png())
    _, answer = await page.do("send", image(kept["media"]))
    return page, answer["message"]["body"][0]["url"]


async def test_while_the_store_does_not_run_conversations_are_read_and_files_wait(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        page, url = await sent_picture(site)
        await site.hub.registry.stop("media")
        status, answer = await page.upload(png())
        assert (status, answer["error"]["code"]) == (503, "files_later")
        state = await page.until(lambda found: len(found["messages"]) >= 1)
        assert state["messages"][0]["body"][0]["url"].startswith("/web/media/")
        async with site.session.get(site.server.url + url) as found:
            assert (found.status, (await found.json())["error"]["code"]) == (503, "not_ready")
        await site.hub.registry.start("media")
        async with site.session.get(site.server.url + url) as found:
            assert (found.status, await found.read()) == (200, png())


async def test_the_reason_names_what_to_do(tmp_path: Path) -> None:
    async with open_place(tmp_path) as place:
        await place.hub.registry.stop("media")
        with pytest.raises(NotReady, match="'media' does not run"):
            _ = place.hub.media
    async with open_place(tmp_path, "hub: {locale: en}\n") as place:
        with pytest.raises(Unsupported, match="add `media` to the plugins"):
            _ = place.hub.media
