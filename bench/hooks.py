"""What the caller costs: 5 plugins on 5 hooks, against awaiting the same methods in a bare loop.

Prints µs of CPU per message (medians of the rounds, the two ways in turn within each round) and their ratio::

    python -m bench.hooks [--rounds 9] [--messages 4000]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

from bench.table import row, spread
from hub import Context, Plugin, PluginConfig, hookimpl
from hub.calling import Calls
from hub.clock import SystemClock
from hub.log import make_logger

PLUGINS = 5
BARE, FULL = "bare await loop", "5 hooks, 5 plugins"


class Busy(Plugin[PluginConfig]):
    """Implements five hooks of the message path and does nothing in them."""

    @hookimpl
    async def filter_inbound(self, message: Any) -> None: ...

    @hookimpl
    async def filter_outbound(self, message: Any, conversation: Any, channel: str) -> None: ...

    @hookimpl
    async def message_stored(self, message: Any, conversation: Any) -> None: ...

    @hookimpl
    async def conversation_changed(self, conversation: Any, before: Any) -> None: ...

    @hookimpl
    async def answer(self, turn: Any) -> None: ...


def through_the_caller(calls: Calls) -> Callable[[], Awaitable[None]]:
    async def message() -> None:
        await calls.fold("filter_inbound", "text", conversation=1, person=2)
        await calls.notify("message_stored", message="text", conversation=1)
        await calls.first("answer", turn=3)
        await calls.fold("filter_outbound", "text", conversation=1, channel="web")
        await calls.notify("conversation_changed", conversation=1, before=None)

    return message


def bare(plugins: list[Busy]) -> Callable[[], Awaitable[None]]:
    async def message() -> None:
        for plugin in plugins:
            await plugin.filter_inbound("text")
        for plugin in plugins:
            await plugin.message_stored("text", 1)
        for plugin in plugins:
            await plugin.answer(3)
        for plugin in plugins:
            await plugin.filter_outbound("text", 1, "web")
        for plugin in plugins:
            await plugin.conversation_changed(1, None)

    return message


async def cost(message: Callable[[], Awaitable[None]], messages: int) -> float:
    """Microseconds of CPU for one message; the sweeper gets its turns between batches."""
    began = time.process_time()
    for number in range(messages):
        await message()
        if number % 100 == 0:
            await asyncio.sleep(0)
    return (time.process_time() - began) / messages * 1e6


async def measure(rounds: int, messages: int) -> dict[str, list[float]]:
    """Microseconds of CPU for one message, by way and round."""
    calls = Calls(clock=SystemClock(), log=make_logger(level="error"))
    idle = Calls(clock=SystemClock(), log=make_logger(level="error"))
    plugins = [Busy(PluginConfig(), cast("Context", SimpleNamespace(name=f"p{index}"))) for index in range(PLUGINS)]
    for index, plugin in enumerate(plugins):
        calls.register(f"p{index}", plugin, index)
    await calls.start()
    ways = {BARE: bare(plugins), FULL: through_the_caller(calls), "5 hooks, no plugin": through_the_caller(idle)}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, message in ways.items():
            found[name].append(await cost(message, messages))
    await calls.stop()
    return found


async def hook_cost(rounds: int) -> list[str]:
    """Rows of the bench's table."""
    found = await measure(rounds, 4000)
    median = statistics.median(found[FULL])
    return [
        row("core's own cost in process, 5 plugins on 5 hooks, µs", spread(found[FULL], 1), "at most 45", median <= 45),
        row("the same 25 methods in a bare loop, µs", spread(found[BARE], 1)),
    ]


def tell(found: dict[str, list[float]]) -> None:
    base = statistics.median(found[BARE])
    for name, values in found.items():
        median = statistics.median(values)
        print(f"{name:20} {median:7.2f} µs/message  (best {min(values):.2f}, x{median / base:.1f} of bare)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--messages", type=int, default=4000)
    options = parser.parse_args()
    tell(asyncio.run(measure(options.rounds, options.messages)))
