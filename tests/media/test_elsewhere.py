"""Another shelf: a plugin that keeps the bytes somewhere else, as docs/writing-a-plugin.md shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from aiohttp import web

from hub import PluginConfig, Refused, StoreUnavailable
from hub_media import Media, Shelf
from tests.media.kit import open_place
from tests.media.test_store import PNG, TYPES, pieces
from tests.web_core.plain_kit import Place

ELSEWHERE = """
hub: {locale: en}
plugins:
  - {use: cloud, required: true, config: {bucket: parcels}}
  - {use: media}
"""


class Bucket:
    """An object store in memory; `full` refuses everything."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.full = False

    async def put(self, id: str, file: Path) -> None:
        if self.full:
            raise StoreUnavailable("the bucket is full")
        self.objects[id] = file.read_bytes()

    async def drop(self, id: str) -> None:
        self.objects.pop(id, None)

    async def read(self, id: str) -> AsyncIterator[bytes]:
        yield self.objects[id]

    async def response(self, _: web.Request, id: str, headers: Mapping[str, str]) -> web.StreamResponse:
        return web.Response(body=self.objects[id], headers=dict(headers))


class CloudConfig(PluginConfig):
    bucket: str


class Cloud(Media[CloudConfig]):
    Config = CloudConfig

    def shelf(self) -> Shelf:
        self.bucket = Bucket()
        return self.bucket


async def keep(place: Place) -> str:
    kept = await place.hub.media.keep(pieces(PNG), owner="a", name="a.png", max_bytes=10_000, types=TYPES)
    return kept.id


async def test_the_first_store_of_the_document_keeps_the_files_elsewhere(tmp_path: Path) -> None:
    async with open_place(tmp_path, ELSEWHERE, cloud=Cloud) as place:
        cloud = place.hub.registry.get("cloud")
        assert isinstance(cloud, Cloud)
        assert place.hub.registry.media() is cloud
        assert cloud.config.bucket == "parcels"
        id_ = await keep(place)
        assert cloud.bucket.objects == {id_: PNG}
        assert list((tmp_path / "cloud").iterdir()) == []
        kept = await cloud.get(id_)
        assert kept is not None
        assert (kept.mime, kept.width, kept.height) == ("image/png", 640, 480)

        async def give(request: web.Request) -> web.StreamResponse:
            return await cloud.response(request, kept)

        place.hub.routes.add("GET", "/give", give, owner="shop")
        async with place.http.get("/give") as answer:
            assert (await answer.read(), answer.headers["X-Content-Type-Options"]) == (PNG, "nosniff")


async def test_a_shelf_that_is_full_leaves_no_row_and_no_file(tmp_path: Path) -> None:
    async with open_place(tmp_path, ELSEWHERE, cloud=Cloud) as place:
        cloud = place.hub.registry.get("cloud")
        assert isinstance(cloud, Cloud)
        cloud.bucket.full = True
        with pytest.raises(StoreUnavailable):
            await keep(place)
        assert await place.hub.store.reader.value("SELECT count(*) FROM media_attachment") == 0
        assert list((tmp_path / "cloud").iterdir()) == []


async def test_a_file_that_was_taken_off_the_disk_is_not_found(tmp_path: Path) -> None:
    async with open_place(tmp_path) as place:
        media = place.hub.media
        kept = await media.get(await keep(place))
        assert kept is not None
        (tmp_path / "media" / kept.id).unlink()
        with pytest.raises(Refused) as found:
            async for _ in media.read(kept):
                pass
        assert found.value.status == 404

        async def give(request: web.Request) -> web.StreamResponse:
            return await media.response(request, kept)

        place.hub.routes.add("GET", "/give", give, owner="shop")
        assert (await place.ask("GET", "/give"))[0] == 404
