"""Serves ``/metrics`` and ``/api/openapi.json``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from hub import Plugin, PluginConfig
from hub.pages import Operation
from hub.watching import Route, numbers, routes
from hub_ops.metrics import page
from hub_ops.openapi import document


class Ops(Plugin[PluginConfig]):
    """What watches the hub asks here: Prometheus, and programs that want to know its HTTP interface."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve both while this instance runs."""
        self._described: Sequence[Route] = ()
        self._document = b""
        metrics = Operation("Metrics for Prometheus", media="text/plain", tags=("hub",))
        self.ctx.route("GET", "/metrics", self._metrics, doc=metrics)
        openapi = Operation("This document", response={"type": "object"}, tags=("hub",))
        self.ctx.route("GET", "/api/openapi.json", self._openapi, doc=openapi)
        yield

    async def _metrics(self, _: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return web.Response(body=page(await numbers(self.ctx)), headers=headers)

    async def _openapi(self, _: web.Request) -> web.Response:
        found = routes(self.ctx)
        if self._described != found:
            now = await numbers(self.ctx)
            self._document = msgspec.json.encode(document(found, title=now.name, version=now.version))
            self._described = found
        headers = {"Cache-Control": "no-cache"}
        return web.Response(body=self._document, content_type="application/json", headers=headers)
