"""docs/first-channel.md and its Chinese twin: every command is run, and what they promise is seen."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.processes import free_port

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGES: Final = ("first-channel.md", "first-channel.zh-CN.md")
PATIENCE: Final = 120.0
PYTHON: Final = sys.executable


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


def test_both_pages_show_the_same_code() -> None:
    for language in ("console", "python", "text"):
        assert blocks(PAGES[0], language) == blocks(PAGES[1], language)


def words(line: str) -> list[str]:
    """A line of the page as a command of this environment; installing takes what is there and nothing from elsewhere."""
    first, *rest = shlex.split(line)
    match first:
        case "hub":
            return [PYTHON, "-m", "hub_cli", *rest]
        case "pip":
            return [PYTHON, "-m", "pip", *rest[:1], "--no-deps", "--no-build-isolation", "--quiet", "--target", "site", "."]
        case "pytest":
            return [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", *rest]
        case "python":
            return [PYTHON, *rest]
    raise AssertionError(f"nobody knows how to run {line!r}")


@asynccontextmanager
async def running(line: str, folder: Path, **env: str) -> AsyncIterator[asyncio.StreamReader]:
    """What a command of the page prints while it runs."""
    process = await asyncio.create_subprocess_exec(
        *words(line), cwd=folder, env={**os.environ, **env}, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def said(printed: asyncio.StreamReader, pattern: str) -> str:
    """The first line that matches."""
    async with asyncio.timeout(PATIENCE):
        while line := (await printed.readline()).decode():
            if re.search(pattern, line):
                return line
    raise AssertionError(f"it ended without saying {pattern!r}")


@pytest.mark.slow
async def test_the_page_is_followed_to_its_end(tmp_path: Path) -> None:
    write, prove, talk = (block.strip().splitlines() for block in blocks(PAGES[0], "console"))
    project = tmp_path / "frontdesk-doorbell"
    assert write[1] == f"cd {project.name}"
    subprocess.run(words(write[0]), cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    install, test = prove
    there = {"PYTHONPATH": str(project / "site")}
    subprocess.run(words(install), cwd=project, check=True)
    tested = subprocess.run(words(test), cwd=project, env={**os.environ, **there}, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout
    (promised,) = blocks(PAGES[0], "text")
    assert promised.strip() in tested.stdout
    (town,) = blocks(PAGES[0], "python")
    (project / "town.py").write_text(town, "utf-8")
    hub, ring = talk
    port, api = free_port(), free_port()
    assert "--port 8080" in hub
    there |= {"API_URL": f"http://127.0.0.1:{api}", "HUB": f"http://127.0.0.1:{port}", "PORT": str(api)}
    async with running(hub.replace("8080", str(port)), project, **there) as printed:
        await said(printed, "desk/setup#token=")
        async with running(ring, project, **there) as answers:
            assert (await said(answers, r"^\d")).startswith("200 ")
            assert "flat-2B" in await said(answers, "人工客服")
