"""What the tests of the workbench share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk.kit import House, open_house


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[House]:
    """A whole hub on a port."""
    async with open_house(tmp_path) as made:
        yield made
