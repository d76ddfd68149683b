"""What the tests of the web layer share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk import kit as desk_kit
from tests.web_core.realtime_kit import House, Port, opened


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[Port]:
    """A house and where pages connect to it."""
    async with opened(tmp_path) as made:
        yield made


@pytest.fixture
def house(port: Port) -> House:
    """What is behind the port."""
    return port.house


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[desk_kit.House]:
    """A whole hub with a workbench on a port."""
    async with desk_kit.open_house(tmp_path) as made:
        yield made
