"""What the tests of OneBot share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Until = Callable[..., Awaitable[Any]]


@pytest.fixture
def until() -> Until:
    """Waits for something to become true outside a hub."""

    async def wait(check: Callable[[], Any], what: str, within: float = 20.0) -> Any:
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while not (found := check()):
            assert loop.time() < end, f"waited in vain for: {what}"
            await asyncio.sleep(0.01)
        return found

    return wait
