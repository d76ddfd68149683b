"""``hub serve``: a process that is one hub, from its start to the signal that ends it."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from hub import ConfigError, HubError, StoreUnavailable
from hub.commands import LoadedConfig
from hub.server import Hub, Server
from hub_cli.libraries import told_in
from hub_cli.words import word


def serve(
    config: LoadedConfig, host: str, port: int, data: Path, *, new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> int:
    """Run a hub until SIGTERM or SIGINT; a second signal ends the process at once.

    `new_loop` makes the event loop it runs on: uvloop's where that is installed, else asyncio's own, when left out.
    Returns the exit code: 0 when it was stopped, 1 when it could not start (and said why on standard error).
    """
    if new_loop is None and find_spec("uvloop") is not None:
        new_loop = importlib.import_module("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_Process(config, host, port, data).run())


class _Process:
    def __init__(self, config: LoadedConfig, host: str, port: int, data: Path) -> None:
        self._config = config
        self._host = host
        self._port = port
        self._data = data
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """From start to stop; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled)
        try:
            server = Server(Hub(self._config, self._data), self._host, self._port)
        except (HubError, OSError) as error:
            return self._failed(error)
        with told_in(server.hub.log):
            try:
                await server.start()
            except (HubError, OSError) as error:
                return self._failed(error)
            await self._serve(server)
        return 0

    async def _serve(self, server: Server) -> None:
        if not self._stop.is_set():
            await self._welcome(server)
        # What lives now lives until the end: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        await self._stop.wait()
        await server.stop()
        self._say("stopped")

    def _failed(self, error: HubError | OSError) -> int:
        print(self._why(error), file=sys.stderr, flush=True)
        return 1

    def _signalled(self) -> None:
        if self._stop.is_set():
            # What is acknowledged is stored; the next run takes up the rest.
            os._exit(1)
        self._stop.set()
        self._say("stopping")

    async def _welcome(self, server: Server) -> None:
        self._say("ready", name=self._config.settings.name_for(""), url=server.url)
        for line in await server.welcome():
            print(line, flush=True)

    def _why(self, error: HubError | OSError) -> str:
        if isinstance(error, ConfigError):
            return self._word("no_start", why="; ".join(str(problem) for problem in error.problems))
        if isinstance(error, StoreUnavailable):
            return self._word("no_store", data=self._data, why=error)
        if isinstance(error, OSError) and error.filename is not None:
            return self._word("no_store", data=self._data, why=error.strerror or error)
        if isinstance(error, OSError):
            return self._word("no_address", host=self._host, port=self._port, why=error.strerror or error)
        return self._word("no_start", why=error)

    def _word(self, code: str, **facts: object) -> str:
        return word(self._config.settings.hub.locale, code, **facts)

    def _say(self, code: str, **facts: object) -> None:
        print(self._word(code, **facts), flush=True)
