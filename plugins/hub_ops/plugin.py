"""Serves ``/metrics`` and ``/api/openapi.json``, watches the event loop, and tells what happened in a conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from hub import Conversation, Plugin, PluginConfig, hookimpl
from hub.pages import Operation
from hub.watching import Route, hub_of
from hub_ops.explain import explain_conversation
from hub_ops.metrics import page
from hub_ops.numbers import numbers
from hub_ops.openapi import document
from hub_ops.watchdog import Watchdog


class Ops(Plugin[PluginConfig]):
    """What watches the hub asks here: Prometheus, and programs that want to know its HTTP interface."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve both, and watch the loop, while this instance runs."""
        self._watchdog = Watchdog(self.ctx.log, hub_of(self.ctx).calls.caller_of)
        self._watchdog.start()
        self.ctx.undo("watchdog", self._watchdog.stop)
        self._described: Sequence[Route] = ()
        self._document = b""
        metrics = Operation("Metrics for Prometheus", media="text/plain", tags=("hub",))
        self.ctx.route("GET", "/metrics", self._metrics, doc=metrics)
        openapi = Operation("This document", response={"type": "object"}, tags=("hub",))
        self.ctx.route("GET", "/api/openapi.json", self._openapi, doc=openapi)
        yield

    @hookimpl
    async def explain_conversation(self, conversation: Conversation, locale: str) -> Sequence[dict[str, Any]]:
        """Its events in words, and what still waits to go out."""
        return await explain_conversation(self.ctx.reading, self.ctx.reader, conversation.id, locale)

    async def _metrics(self, _: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return web.Response(body=page(await numbers(self.ctx), self._watchdog), headers=headers)

    async def _openapi(self, _: web.Request) -> web.Response:
        found = hub_of(self.ctx).routes.all()
        if self._described != found:
            now = await numbers(self.ctx)
            self._document = msgspec.json.encode(document(found, title=now.name, version=now.version))
            self._described = found
        headers = {"Cache-Control": "no-cache"}
        return web.Response(body=self._document, content_type="application/json", headers=headers)
