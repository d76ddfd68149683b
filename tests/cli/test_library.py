"""A hub inside another process, by the public names only: it leaves that one's signals alone."""

from __future__ import annotations

import signal
from pathlib import Path

from aiohttp import ClientSession

from hub.commands import load
from hub.server import Hub, Server


async def test_a_hub_runs_without_the_command(tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text("hub: {locale: en, log: {level: error}}\nplugins: [{use: desk}]\n", "utf-8")
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    async with Server(Hub(load(tmp_path / "hub.yaml"), tmp_path / "var")) as server:
        async with ClientSession() as session, session.get(f"{server.url}/readyz") as answer:
            assert answer.status == 200
        said = await server.welcome()
        assert any(line.strip().startswith(f"{server.url}/desk/setup#token=") for line in said)
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
