"""Waiting by the hub's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hub import Context

T = TypeVar("T")


async def within(ctx: Context, seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns. Raises TimeoutError when that takes longer than `seconds`; then it is cancelled."""
    doing: asyncio.Task[T] = asyncio.create_task(work)
    limit = asyncio.create_task(ctx.clock.sleep(seconds))
    try:
        await asyncio.wait((doing, limit), return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        raise TimeoutError
    finally:
        doing.cancel()
        limit.cancel()
        await asyncio.wait((doing, limit))
