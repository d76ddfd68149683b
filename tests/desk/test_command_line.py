"""The words of the workbench on the command line, with a store that a hub uses, or not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub.config import HubConfig, LoadedConfig
from hub.hub import Hub
from hub_cli import main, offline
from hub_desk import Desk
from hub_desk.accounts import Accounts


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def test_nothing_is_changed_while_a_hub_uses_the_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def while_running(*arguments: str) -> int:
        async with Hub(LoadedConfig(HubConfig()), tmp_path):
            return await asyncio.to_thread(main, [*arguments, "--data", str(tmp_path)])

    assert asyncio.run(while_running("setup-link")) == 1
    assert asyncio.run(while_running("agents", "invite", "li")) == 1
    assert capsys.readouterr().err.count("another hub") == 2


def test_an_invited_agent_can_choose_a_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--data", str(tmp_path)]
    assert main(["agents", "invite", "li", "--name", "小李", "--role", "supervisor", "--team", "front", *where]) == 0
    first, link = capsys.readouterr().out.splitlines()
    assert first == "Give this link to li; it works once:"
    address, token = link.split("#token=")
    assert address == "http://localhost:8080/desk/setup"

    async def choose() -> tuple[str, str, tuple[str, ...]]:
        async with offline(HubConfig(), tmp_path, Desk) as ctx:
            agent = await Accounts(ctx).set_up(token, "li", "小李", "correct horse battery")
            return agent.name, agent.role, tuple(agent.teams)

    assert asyncio.run(choose()) == ("小李", "supervisor", ("front",))
    assert main(["agents", "invite", "wang", "--team", "nowhere", *where]) == 1


def test_the_setup_link_makes_the_first_administrator_and_then_there_is_none(
    folder_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data", str(tmp_path), "--config", str(folder_config)]
    assert main(["setup-link", *where]) == 0
    address, token = capsys.readouterr().out.strip().split("#token=")
    assert address == "https://service.example/desk/setup"

    async def make() -> str:
        async with offline(HubConfig(), tmp_path, Desk) as ctx:
            return (await Accounts(ctx).set_up(token, "boss", "Boss", "correct horse battery")).role

    assert asyncio.run(make()) == "admin"
    assert main(["setup-link", *where]) == 0
    assert capsys.readouterr().out == "there already is an administrator\n"


@pytest.fixture
def folder_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("config") / "hub.yaml"
    file.write_text("hub: {public_url: 'https://service.example/'}\n")
    return file
