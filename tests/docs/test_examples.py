"""The examples of docs/writing-a-plugin.md, run."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import aiohttp

from hub.config import load
from hub.hub import Hub
from hub.server import Server

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-plugin.md"
YAML = """
plugins:
  - use: doorbell
    required: true
    config: {secret: "open sesame"}
  - use: porter
"""


def examples() -> dict[str, Any]:
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n# (\w+)\.py\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert [name for name, _ in blocks] == ["doorbell", "porter"]
    for name, code in blocks:
        exec(compile(code, f"{name}.py", "exec", dont_inherit=True), names)
    return names


async def test_the_channel_and_the_bot_of_the_page_work(tmp_path: Path) -> None:
    names = examples()
    document = tmp_path / "hub.yaml"
    document.write_text(YAML, "utf-8")
    config = load(document, {}, {"doorbell": names["Doorbell"], "porter": names["Porter"]})
    async with Server(Hub(config, tmp_path / "data")) as server, aiohttp.ClientSession() as client:
        ring = f"{server.url}/doorbell/ring"
        said = {"id": "1", "flat": "2B", "words": "几点开门"}
        async with client.post(ring, json=said, headers={"X-Secret": "wrong"}) as answer:
            assert answer.status == 401
        for again in (False, True):
            async with client.post(ring, json=said, headers={"X-Secret": "open sesame"}) as answer:
                assert (answer.status, (await answer.json())["again"]) == (200, again)
        doorbell: Any = server.hub.registry.get("doorbell")
        async with asyncio.timeout(10):
            while not doorbell.rung:
                await asyncio.sleep(0)
        assert doorbell.rung == ["前台九点开门。"]
