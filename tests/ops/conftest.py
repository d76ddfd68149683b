from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.config.kit import Folder
from tests.desk.kit import House, open_house


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[House]:
    """A whole hub on a port; the plugin `ops` is one of its instances."""
    async with open_house(tmp_path) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder for configuration documents that may name toys."""
    return Folder(tmp_path)
