"""What the tests of the web chat share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.chat import Site, open_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A running web chat."""
    async with open_site(tmp_path) as running:
        yield running
