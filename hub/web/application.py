"""The server's one application: every request is looked up in the hub's table of routes.

Nothing is registered with aiohttp but a catch-all, because its own router cannot forget a route again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from aiohttp import web

from hub.calling import outcome_of
from hub.errors import Refused
from hub.web import probes
from hub.web.failures import answer_for
from hub.web.routes import Route

if TYPE_CHECKING:
    from hub.hub import Hub

T = TypeVar("T")

CSP: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; "
    "frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def build(hub: Hub) -> web.Application:
    """The application of `hub`, which is started. Raises ConfigError when a plugin took an address of the hub's own."""
    probes.register(hub)
    dispatcher = _Dispatcher(hub)
    application = web.Application(client_max_size=hub.settings.limits.body_bytes)
    application.middlewares.append(dispatcher.middleware)
    application.router.add_route("*", "/{tail:.*}", dispatcher.dispatch)
    application.on_response_prepare.append(_add_headers)
    return application


class _Dispatcher:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def dispatch(self, request: web.Request) -> web.StreamResponse:
        """Find the handler and let it answer; whatever it raises becomes an answer too."""
        hub = self._hub
        try:
            route, values = hub.routes.find(request.method, request.path)
        except Refused as refused:
            return self._counted("hub", answer_for(refused, request, "hub", hub.log))
        _fill(request, route, values)
        outcome = await outcome_of(route.handler(request))
        if outcome.value is not None:
            return self._counted(route.owner, outcome.value)
        error = outcome.error or TypeError(f"the handler of {route.method} {route.path} returned nothing")
        return self._counted(route.owner, answer_for(error, request, route.owner, hub.log))

    def _counted(self, owner: str, answer: web.StreamResponse) -> web.StreamResponse:
        self._hub.counters[f"http {owner} {answer.status}"] += 1
        return answer

    @property
    def middleware(self) -> Any:
        """For what aiohttp refuses before it asks anybody, such as ``OPTIONS *``."""

        @web.middleware
        async def middleware(request: web.Request, handler: Any) -> web.StreamResponse:
            try:
                answer: web.StreamResponse = await handler(request)
            except web.HTTPException as error:
                return self._counted("hub", answer_for(error, request, "hub", self._hub.log))
            return answer

        return middleware


def _fill(request: web.Request, route: Route, values: Mapping[str, str]) -> None:
    info = request.match_info
    info.clear()
    info.update(values)
    # The watchdog reads the instance off a task's name when a handler blocks the loop.
    task = asyncio.current_task()
    if task is not None:
        task.set_name(f"{route.owner}: {route.method} {route.path}")


async def _add_headers(_: web.Request, answer: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)


async def read_json(request: web.Request, type: type[T]) -> T:
    """The body of a request as `type` (a msgspec Struct that forbids unknown fields).

    Raises Refused 415 for another content type and 422 where the JSON is right but not what was asked for;
    msgspec.DecodeError (400) where it is no JSON, web.HTTPRequestEntityTooLarge (413) where it is too long.
    """
    if request.content_type != "application/json":
        raise Refused(415, "unsupported_media_type", "the body has to be application/json")
    body = await request.read()
    try:
        return msgspec.json.decode(body, type=type)
    except msgspec.ValidationError as error:
        raise Refused(422, "invalid", str(error)) from error
    except RecursionError as error:
        raise Refused(400, "bad_request", "the body is nested too deep") from error
