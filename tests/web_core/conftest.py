"""What the tests of the web layer share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
