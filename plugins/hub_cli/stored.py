"""What words of the command line share that look after what a hub has stored, whether it runs or not."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hub import Context, Plugin, PluginConfig
from hub.commands import HubConfig, InstanceSpec, LoadedConfig, load
from hub.server import Hub
from hub_cli.words import word


def add_store_options(parser: argparse.ArgumentParser, locale: str) -> None:
    """The options ``--data`` and ``--config``, by which a command finds what a hub has stored."""
    parser.add_argument("--data", default=Path("var"), type=Path, metavar="FOLDER", help=word(locale, "data"))
    parser.add_argument("--config", type=Path, metavar="FILE", help=word(locale, "config"))


def settings_of(options: argparse.Namespace) -> HubConfig:
    """What the document of ``--config`` says of the hub; all defaults without one. Raises ConfigError."""
    return HubConfig() if options.config is None else load(options.config, locale=options.locale).settings


@asynccontextmanager
async def offline(settings: HubConfig, data: Path, plugin: type[Plugin[Any]]) -> AsyncIterator[Context]:
    """A hub that is not running, opened to look after what it stores: no plugin runs, no message moves.

    It is what an instance of `plugin` would get in the hub that stores in `data`, with the plugin's own tables at hand.
    Raises StoreUnavailable when the store cannot be opened or a hub uses it.
    """
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
