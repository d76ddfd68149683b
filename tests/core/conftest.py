"""A runtime for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.core.runtime_kit import Runtime, runtime


@pytest.fixture
async def hub() -> AsyncIterator[Runtime]:
    async with runtime() as made:
        yield made
