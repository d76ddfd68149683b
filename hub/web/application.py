"""What stands between aiohttp and the handlers: every request is looked up in the hub's table of routes.

aiohttp's own router cannot forget a route again, and a request costs a fifth more on the way through it; so its
low-level server is used, and nothing of its `Application`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from aiohttp import HttpVersion11, web

from hub.calling import outcome_of
from hub.errors import Refused
from hub.web import probes
from hub.web.answering import JsonAnswer
from hub.web.failures import answer_for

if TYPE_CHECKING:
    from hub.hub import Hub

T = TypeVar("T")

CSP: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; "
    "frame-ancestors 'none'"
)
HEADERS: Final = {"Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


class _Request(web.Request):
    """A request that knows the values of its route's names without aiohttp's router."""

    ATTRS = web.Request.ATTRS | {"path_values"}
    path_values: Mapping[str, str]

    @property
    def match_info(self) -> Mapping[str, str]:  # type: ignore[override]
        """The values of the names in the route's path, decoded."""
        return self.path_values


def build(hub: Hub, **options: Any) -> web.Server:
    """The server of `hub`, which is started; `options` are aiohttp's for connections.

    Raises ConfigError when a plugin took an address of the hub's own.
    """
    probes.register(hub)
    loop = asyncio.get_running_loop()
    most = hub.settings.hub.limits.body_bytes

    def request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.Request:
        return _Request(message, payload, protocol, writer, task, loop, client_max_size=most)

    return web.Server(partial(_dispatch, hub, loop), request_factory=request, access_log=None, **options)


async def _dispatch(hub: Hub, loop: asyncio.AbstractEventLoop, request: Any) -> web.StreamResponse:
    """Find the handler and let it answer; whatever it raises becomes an answer too."""
    try:
        route, request.path_values = hub.routes.find(request.method, request.path)
    except Refused as refused:
        return _finished(hub, "hub", answer_for(refused, request, "hub", hub.log))
    # A watchdog reads the instance off a task's name when a handler blocks the loop.
    task = asyncio.current_task(loop)
    if task is not None:
        task.set_name(route.label)
    if "Expect" in request.headers:
        await _expect(request)
    outcome = await outcome_of(route.handler(request))
    answer = outcome.value
    if answer is None:
        error = outcome.error or TypeError(f"the handler of {route.label} returned nothing")
        answer = answer_for(error, request, route.owner, hub.log)
    if request.content.exception() is not None:
        # A body that cannot be read cannot be skipped either: there is no next request on this connection.
        request.content.feed_eof()
        answer.force_close()
    return _finished(hub, route.owner, answer)


def _finished(hub: Hub, owner: str, answer: web.StreamResponse) -> web.StreamResponse:
    hub.counters[f"http {owner} {answer.status}"] += 1
    if type(answer) is not JsonAnswer and not answer.prepared:
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
    return answer


async def _expect(request: web.Request) -> None:
    """A client that asks whether it may send its body may. Another expectation is not for us (RFC 9110, 10.1.1)."""
    if request.version >= HttpVersion11 and request.headers["Expect"].lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


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
