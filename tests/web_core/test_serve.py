"""``hub serve`` as a process: it says where it is, stops when told, and says why when it cannot start."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

import hub
from hub.config import HubConfig, LoadedConfig
from hub.errors import StoreUnavailable
from hub.hub import Hub
from hub.server import Server
from tests.web_core.plain_kit import open_place
from tests.web_core.realtime_kit import Lines

ROOT = Path(hub.__file__).parents[1]


@contextmanager
def serving(folder: Path, locale: str = "en", port: int = 0) -> Iterator[subprocess.Popen[str]]:
    """The process; killed at the end where it still runs."""
    config = folder / "hub.yaml"
    config.write_text(f"hub: {{locale: {locale}, log: {{level: error}}}}\nplugins: [{{use: desk}}]\n", encoding="utf-8")
    command = [sys.executable, "-m", "hub_cli", "serve", "--config", str(config), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    data = ["--data", str(folder / "data"), "--locale", locale]
    with subprocess.Popen([*command, *data], env=environment, text=True, encoding="utf-8", **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.slow
def test_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    with serving(tmp_path, "zh-CN") as process:
        found = re.fullmatch(r"前台已启动：(http://127\.0\.0\.1:\d+)\n", first_line(process))
        assert found
        assert "管理员" in first_line(process)
        link = first_line(process).strip()
        assert re.fullmatch(re.escape(found[1]) + r"/desk/setup#token=[\w-]{40,}", link)
        with urlopen(f"{found[1]}/readyz") as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        said, complained = process.communicate(timeout=30)
        assert (process.returncode, complained) == (0, "")
        assert said.splitlines()[-1] == "已停止"


@pytest.mark.slow
def test_two_hubs_on_one_folder_or_one_port(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        port = first_line(first).strip().rpartition(":")[2]
        with serving(tmp_path) as second:
            said, complained = second.communicate(timeout=30)
            assert (second.returncode, said) == (1, "")
            assert complained.startswith(
                f"cannot open the data in {tmp_path / 'data'}: another hub (process {first.pid})"
            )
            assert len(complained.splitlines()) == 1
        other = tmp_path / "other"
        other.mkdir()
        with serving(other, port=int(port)) as third:
            _, complained = third.communicate(timeout=30)
            assert third.returncode == 1
            assert complained == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"
        assert not (other / "data").exists()


@pytest.mark.slow
def test_a_file_where_the_data_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file\n", encoding="utf-8")
    with serving(tmp_path) as process:
        _, complained = process.communicate(timeout=30)
        assert (process.returncode, complained) == (1, f"cannot open the data in {tmp_path / 'data'}: File exists\n")


async def test_a_taken_port_is_found_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Server(Hub(LoadedConfig(HubConfig()), tmp_path / "data", log=Lines()), port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            await server.start()
    assert not (tmp_path / "data").exists()


async def test_a_start_that_fails_gives_the_port_and_the_data_back(tmp_path: Path) -> None:
    async with open_place(tmp_path) as place:
        second = Server(Hub(LoadedConfig(HubConfig()), tmp_path, log=Lines()))
        with pytest.raises(StoreUnavailable, match="another hub"):
            await second.start()
        assert (await place.ask("GET", "/readyz"))[0] == 200
    async with Server(Hub(LoadedConfig(HubConfig()), tmp_path, log=Lines()), port=second.port) as third:
        assert third.port == second.port


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("", "http://127.0.0.1:80"),
        ("::", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("hub.example", "http://hub.example:80"),
    ],
)
def test_the_address_this_machine_reaches_it_by(tmp_path: Path, host: str, url: str) -> None:
    assert Server(Hub(LoadedConfig(HubConfig()), tmp_path), host, 80).url == url
