"""A server on loopback that answers as told and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's JSON value. Raises ValueError."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class _Planned:
    status: int
    body: bytes
    headers: Mapping[str, str]


class FakeApi:
    """``async with FakeApi() as api``: answers at ``api.url``; everything not told about is a 404.

    `requests` are all requests, in order.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._always: dict[tuple[str, str], _Planned] = {}
        self._next: defaultdict[tuple[str, str], deque[_Planned]] = defaultdict(deque)
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> FakeApi:
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def answers(
        self,
        method: str,
        path: str,
        value: Any = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        times: int = 0,
    ) -> None:
        """Answer `value` as JSON (bytes as they are): `times` times, or from now on where that is 0."""
        body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
        planned = _Planned(status, body, headers or {"Content-Type": "application/json"})
        if times:
            self._next[method, path].extend([planned] * times)
        else:
            self._always[method, path] = planned

    async def request(self, method: str, path: str, *, number: int = 1, within: float = 10.0) -> Request:
        """The `number`-th request of this kind, waiting for it. Raises AssertionError when it does not come."""

        def found() -> list[Request]:
            return [one for one in self.requests if (one.method, one.path) == (method, path)]

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: len(found()) >= number), within)
            except TimeoutError:
                asked = ", ".join(f"{one.method} {one.path}" for one in self.requests) or "nothing"
                raise AssertionError(f"no {method} {path} (number {number}) came; asked was: {asked}") from None
        return found()[number - 1]

    async def _handle(self, request: web.Request) -> web.Response:
        came = Request(request.method, request.path, dict(request.query), dict(request.headers), await request.read())
        async with self._news:
            self.requests.append(came)
            self._news.notify_all()
        key = (request.method, request.path)
        planned = self._next[key].popleft() if self._next[key] else self._always.get(key)
        if planned is None:
            return web.Response(status=404, text=f"nobody said how to answer {request.method} {request.path}")
        return web.Response(status=planned.status, body=planned.body, headers=planned.headers)
