"""A hub and the port it answers on, started and stopped together.

``hub serve`` (the package `hub_cli`) runs one in a process of its own; any other process may do the same.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

from aiohttp import web

from hub.hub import Hub
from hub.web.application import build

__all__ = ["Hub", "Server"]

LAST_ANSWERS: Final = 5.0
"""Seconds that requests under way get to be answered when the server stops."""

LAST_WORDS: Final = 2.0
"""Seconds that the rest of a refused body is read and thrown away, so that its sender hears why. A connection whose
sender has left in the middle is kept as long, and a server that stops waits for it."""


class Server:
    """``async with Server(hub) as server`` serves `hub` at ``server.url``; port 0 takes any free one."""

    def __init__(self, hub: Hub, host: str = "127.0.0.1", port: int = 0) -> None:
        self.hub = hub
        self.host = host
        self.port = port
        self._runner: web.ServerRunner | None = None
        self._stopped = False

    async def __aenter__(self) -> Server:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """How this machine reaches the server, without a slash at the end."""
        return f"http://{_reachable(self.host)}:{self.port}"

    async def start(self) -> None:
        """Start the hub, then answer.

        Raises OSError when the port cannot be had (before anything starts), and what `Hub.start` raises.
        """
        bound = bind(self.host, self.port)
        self.port = bound.getsockname()[1]
        started = False
        try:
            await self.hub.start()
            server = build(self.hub, lingering_time=LAST_WORDS)
            self._runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=LAST_ANSWERS)
            await self._runner.setup()
            await web.SockSite(self._runner, bound, backlog=1024).start()
            started = True
        finally:
            if not started:
                bound.close()
                await self.stop()

    async def welcome(self) -> list[str]:
        """What plugins have to tell whoever started the hub: their `welcome` hooks' lines."""
        return [line for lines in await self.hub.calls.collect("welcome", url=self.url) for line in lines]

    async def stop(self) -> None:
        """Not ready any more; take no connection, send sockets away, answer what was asked, then stop the hub. Harmless twice."""
        if self._stopped:
            return
        self._stopped = True
        self.hub.begin_to_stop()
        runner, self._runner = self._runner, None
        if runner is not None:
            # Before aiohttp waits for handlers to end: those of sockets would not. Who comes now is sent away at once.
            await self.hub.say_farewell()
            await runner.cleanup()
        await self.hub.stop()


def bind(host: str, port: int) -> socket.socket:
    """A socket that has the address and does not listen yet. Raises OSError."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # A name such as localhost has two addresses; most clients can do without the newer one.
    family, kind, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def _reachable(host: str) -> str:
    try:
        address = ipaddress.ip_address(host or "0.0.0.0")  # noqa: S104 - compared, not bound
    except ValueError:
        return host
    return "127.0.0.1" if address.is_unspecified else f"[{host}]" if address.version == 6 else host
