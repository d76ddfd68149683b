"""A full disk: refused clearly, nothing acknowledged that is not stored, and all well again once there is room."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.faults.process import Process, Visitors, until

pytestmark = pytest.mark.fault
TEXT = "满" * 2000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB in memory."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("there is no mount command")
    command = ("mount", "-t", "tmpfs", "-o", "size=16m", "frontdesk-test", str(disk))
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(("umount", "--lazy", str(disk)), check=True)


def fill(ballast: Path) -> None:
    """Take all the room there is."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1024 * 1024, 4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


async def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    hub = Process(small_disk / "data", tmp_path / "log")
    ballast = small_disk / "ballast"
    await hub.start()
    try:
        async with aiohttp.ClientSession() as session:
            visitors = Visitors(session, hub.child.url)
            for _ in range(20):
                assert (await visitors.say(TEXT))[0] == 200
            fill(ballast)
            while (refused := await visitors.say(TEXT))[0] == 200:
                assert len(visitors.acknowledged) < 20_000, "the disk never filled"
            assert refused[0] == 503
            assert refused[1]["error"]["code"] == "store_unavailable"
            assert await visitors.status("/healthz") == 200
            assert await visitors.status("/readyz") == 503
            ballast.unlink()
            assert (await visitors.say(TEXT))[0] == 200
            await until(hub.idle, "what had to wait is worked on")
            stop = await hub.child.stop(within=30)
        assert stop == 0
        check(hub, visitors)
    finally:
        await hub.child.kill()


def check(hub: Process, visitors: Visitors) -> None:
    """What was acknowledged is stored and answered, once, and nothing else is there."""
    assert dict(hub.rows("SELECT key, id FROM inbox")) == visitors.acknowledged
    heard = [row[0] for row in hub.rows("SELECT id FROM message WHERE direction = 'in' ORDER BY id")]
    assert heard == sorted(visitors.acknowledged.values())
    assert hub.count("message WHERE direction = 'out'") == len(heard)
    assert hub.rows("PRAGMA integrity_check") == [("ok",)]
    assert "Traceback" not in hub.log
