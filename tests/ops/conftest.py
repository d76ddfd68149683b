from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.config.kit import Folder
from tests.desk.kit import House, open_house
from tests.ops.kit import WITH_OPS


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[House]:
    """A whole hub on a port, looked after by the plugin `ops`."""
    async with open_house(tmp_path, config=WITH_OPS) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder for configuration documents that may name toys."""
    return Folder(tmp_path)
