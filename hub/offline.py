"""A hub that is not running, opened to look after what it stores: no plugin runs, no message moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hub.config import HubConfig, LoadedConfig
from hub.context import Context
from hub.life import InstanceSpec
from hub.plugin import Plugin, PluginConfig


@asynccontextmanager
async def offline(settings: HubConfig, data: Path, plugin: type[Plugin[Any]]) -> AsyncIterator[Context]:
    """What an instance of `plugin` would get in the hub that stores in `data`, with the plugin's own tables at hand.

    Raises StoreUnavailable when the store cannot be opened or a hub uses it.
    """
    # The hub itself offers this to its plugins, so it cannot be imported above.
    from hub.hub import Hub

    name = plugin.__name__.lower()
    spec = InstanceSpec(name, name, plugin, PluginConfig(), data, 0, enabled=False)
    hub = Hub(LoadedConfig(settings, (spec,)), data)
    await hub.open()
    ctx = Context(hub, name, data)
    try:
        yield ctx
    finally:
        await ctx.release()
        await hub.close()
