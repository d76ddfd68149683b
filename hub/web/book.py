"""The core's routes, written down with what they take and give: for the table of routes and for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from aiohttp import web

from hub.records import Agent
from hub.web.operations import Operation, Parameter
from hub.web.rights import RIGHTS, SIGNED_IN, guarded
from hub.web.routes import Handler

if TYPE_CHECKING:
    from hub.hub import Hub

Guarded = Callable[[web.Request, Agent], Awaitable[web.StreamResponse]]


class Book:
    """Adds routes of the hub's own under one heading.

    `body` is the type of the request's JSON, `query` what stands behind the question mark, `gives` the keys of the answer,
    `errors` the statuses besides the usual ones (see `Operation`).
    """

    def __init__(self, hub: Hub, heading: str) -> None:
        self._hub = hub
        self._heading = heading

    def open(self, method: str, path: str, handler: Handler, summary: str, **what: Any) -> None:
        """A route for everybody."""
        self._hub.routes.add(method, path, handler, owner="hub", doc=self._operation(summary, **what))

    def signed_in(self, method: str, path: str, handler: Guarded, summary: str, **what: Any) -> None:
        """A route for those the table of rights names; the handler gets who it is."""
        forbidden = () if RIGHTS[method, path] >= SIGNED_IN else (403,)
        what["errors"] = (*what.get("errors", ()), *forbidden)
        self.open(method, path, guarded(self._hub, method, path, handler), summary, security="session", **what)

    def _operation(
        self,
        summary: str,
        *,
        body: Any = None,
        query: Sequence[Parameter] = (),
        gives: Sequence[str] = (),
        errors: Sequence[int] = (),
        **more: Any,
    ) -> Operation:
        schema = {"type": "object", "required": list(gives)}
        given = {"request": body, "response": schema, "errors": tuple(errors), "parameters": tuple(query)}
        return Operation(summary, tags=(self._heading,), **{**given, **more})
