"""The workbench's routes, written down with what they take and give: for the hub and for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from hub.pages import Operation, Parameter, only_known
from hub_desk.rights import RIGHTS, SIGNED_IN, Guarded, Handler, guarded
from hub_desk.workbench import Workbench


class Book:
    """Adds routes under one heading.

    `body` is the type of the request's JSON, `query` what stands behind the question mark, `gives` the keys of the answer,
    `errors` the statuses besides the usual ones (see `Operation`).
    """

    def __init__(self, desk: Workbench, heading: str) -> None:
        self._desk = desk
        self._heading = heading

    def open(self, method: str, path: str, handler: Handler, summary: str, **what: Any) -> None:
        """A route for everybody."""
        doc = self._operation(summary, **what)

        async def asked(request: web.Request) -> web.StreamResponse:
            only_known(request, doc)
            return await handler(request)

        self._desk.ctx.route(method, path, asked, doc=doc)

    def signed_in(self, method: str, path: str, handler: Guarded, summary: str, **what: Any) -> None:
        """A route for those the table of rights names; the handler gets who it is."""
        errors = {*what.pop("errors", ()), *([] if RIGHTS[method, path] == SIGNED_IN else [403])}
        checked = guarded(self._desk.accounts, method, path, handler)
        self.open(method, path, checked, summary, errors=sorted(errors), security="session", **what)

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
        given = {"request": body, "response": schema, "errors": (400, *errors), "parameters": tuple(query)}
        return Operation(summary, tags=(self._heading,), **{**given, **more})
