"""The event loop that the hub and bare aiohttp run on: the same for both, and not whichever happens to be installed."""

from __future__ import annotations

import argparse
import asyncio
import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

PLAIN: Final = "asyncio"
"""Asyncio's own, which a hub runs on unless its extra ``uvloop`` is installed."""

FAST: Final = "uvloop"


def there_is(loop: str) -> bool:
    """Is it installed?"""
    return find_spec(loop) is not None


def add_option(parser: argparse.ArgumentParser) -> None:
    """``--loop NAME``, as `bench.path.child` gives it."""
    parser.add_argument("--loop", choices=(PLAIN, FAST), default=PLAIN, help="the event loop to run on")


def maker(loop: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes such a loop."""
    made: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module(loop).new_event_loop
    return made
