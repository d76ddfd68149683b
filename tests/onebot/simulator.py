"""An implementation of OneBot v11 without QQ behind it: all transports, all faults, for apps and for the hub.

It was first shown to three apps that others wrote (`test_peers`), and only then used to judge the hub's channel. By hand::

    python -m tests.onebot.simulator reverse --url ws://localhost:8080/onebot --token … --self-id 10001
    python -m tests.onebot.simulator forward --port 3001 --token …
    python -m tests.onebot.simulator http --url http://localhost:8080/onebot --secret … --port 3000

Each line that is typed is a private message of the user 20001; ``@30001 words`` says them in that group and names the account.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from tests.onebot.account import Account, Json, segment, words

Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


class Wire:
    """A socket to an app. `role` is what it carries: Universal, API or Event."""

    def __init__(self, simulator: Simulator, socket: Socket, role: str) -> None:
        self.role = role
        self.socket = socket
        self.deaf = False
        self.close_code: int | None = None
        self._simulator = simulator

    async def push(self, event: Json) -> None:
        """Send an event."""
        await self.socket.send_str(json.dumps(event, ensure_ascii=False))

    async def serve(self) -> None:
        """Answer calls until the socket ends. While `deaf` nothing is answered, not even a ping."""
        while True:
            frame = await self.socket.receive()
            if frame.type is aiohttp.WSMsgType.PING and not self.deaf:
                await self.socket.pong(frame.data)
            elif frame.type is aiohttp.WSMsgType.TEXT and not self.deaf:
                await self._answer(json.loads(frame.data))
            elif frame.type not in (aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG, aiohttp.WSMsgType.TEXT):
                break
        self.close_code = self.socket.close_code

    async def _answer(self, call: Json) -> None:
        plan, answer = self._simulator.account.perform(call["action"], call.get("params") or {})
        if "echo" in call:
            answer["echo"] = call["echo"]
        if plan.when == "cut":
            await self.socket.close()
        elif plan.when == "held":
            self._simulator.held.append((self, answer))
        elif plan.when == "now":
            await self.push(answer)


class Simulator:
    """The implementation of one account.

    `wires` are its open sockets, `held` the answers that wait to be let go, `files` what it serves at ``/files/NAME``,
    `callers` the ports that calls by HTTP came from.
    """

    def __init__(self, account: Account, *, token: str = "", secret: str = "") -> None:
        self.account = account
        self.token = token
        self.secret = secret
        self.wires: list[Wire] = []
        self.held: list[tuple[Wire, Json]] = []
        self.files: dict[str, bytes] = {}
        self.callers: list[int] = []
        self.url = ""
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Simulator:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *error: object) -> None:
        for wire in [*self.wires]:
            await wire.socket.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._runner is not None:
            await self._runner.cleanup()
        await self.session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """For requests to apps."""
        assert self._session is not None
        return self._session

    # -- reverse: it dials ------------------------------------------------------------------------

    async def dial(
        self, url: str, role: str = "Universal", *,
        token: str | None = None, query: bool = False, greet: bool = True, **headers: Any,
    ) -> Wire:  # fmt: skip
        """Open a socket to an app. Raises aiohttp.WSServerHandshakeError where the app refuses."""
        token = self.token if token is None else token
        sent = {"X-Self-ID": str(self.account.self_id), "X-Client-Role": role, "User-Agent": "OneBot/11", **headers}
        if token and not query:
            sent["Authorization"] = f"Bearer {token}"
        where = f"{url}?access_token={token}" if query else url
        timeout = aiohttp.ClientWSTimeout(ws_close=1)
        socket = await self.session.ws_connect(where, headers=sent, autoping=False, timeout=timeout, max_msg_size=0)
        return await self._open(socket, role, greet)

    async def _open(self, socket: Socket, role: str, greet: bool = True) -> Wire:
        wire = Wire(self, socket, role)
        self.wires.append(wire)
        if greet and role != "API":
            await wire.push(self.account.connected())
        task = asyncio.create_task(self._serve(wire), name=f"simulator: {role}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return wire

    async def _serve(self, wire: Wire) -> None:
        try:
            await wire.serve()
        finally:
            self.wires.remove(wire)

    # -- forward: it is dialled; and the HTTP API -------------------------------------------------

    async def listen(self, port: int = 0) -> str:
        """Serve sockets at ``/``, ``/api`` and ``/event``, and each action at its name; returns the address without a scheme."""
        application = web.Application(client_max_size=64 * 1024 * 1024)
        for path, role in (("/", "Universal"), ("/api", "API"), ("/event", "Event")):
            application.router.add_get(path, self._dialled(role))
        application.router.add_get("/files/{name}", self._file)
        application.router.add_route("*", "/{action}", self._called)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"127.0.0.1:{self._runner.addresses[0][1]}"
        return self.url

    def _dialled(self, role: str) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            self._admit(request)
            socket = web.WebSocketResponse(autoping=False, timeout=1, max_msg_size=0)
            await socket.prepare(request)
            wire = await self._open(socket, role)
            while wire in self.wires:
                await asyncio.wait([*self._tasks], return_when=asyncio.FIRST_COMPLETED)
            return socket

        return handle

    def _admit(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").partition(" ")[2] or request.query.get("access_token", "")
        if self.token and not given:
            raise web.HTTPUnauthorized
        if self.token and given != self.token:
            raise web.HTTPForbidden

    async def _called(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        peer = request.transport.get_extra_info("peername") if request.transport is not None else None
        self.callers.append(peer[1] if peer else 0)
        params: Json = dict(request.query)
        if request.method == "POST" and request.content_type == "application/json":
            params |= await request.json()
        plan, answer = self.account.perform(request.match_info["action"], params)
        if plan.when == "cut" and request.transport is not None:
            request.transport.abort()
        elif plan.when != "now":
            await asyncio.Event().wait()
        if answer["retcode"] == 1404:
            raise web.HTTPNotFound
        return web.json_response(answer, status=plan.http)

    async def _file(self, request: web.Request) -> web.Response:
        data = self.files.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data, content_type="image/jpeg")

    # -- events -----------------------------------------------------------------------------------

    async def push(self, event: Json) -> None:
        """An event on every socket for events."""
        for wire in [one for one in self.wires if one.role != "API"]:
            await wire.push(event)

    async def post(
        self, url: str, event: Json | bytes, *, signature: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """An event by HTTP; returns the status, the headers and the body of the answer."""
        body = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        sent = {"Content-Type": "application/json", "X-Self-ID": str(self.account.self_id), **headers}
        signature = self.sign(body) if signature is None else signature
        if signature:
            sent["X-Signature"] = signature
        async with self.session.post(url, data=body, headers=sent) as answer:
            return answer.status, dict(answer.headers), await answer.read()

    def sign(self, body: bytes) -> str:
        """The signature of a body; "" without a secret."""
        return f"sha1={hmac.new(self.secret.encode(), body, hashlib.sha1).hexdigest()}" if self.secret else ""

    async def let_go(self, *order: int) -> None:
        """Send the answers that were held, in this order (all as they came, where none is given)."""
        held, self.held = self.held, []
        for number in order or range(len(held)):
            wire, answer = held[number]
            await wire.push(answer)


# -- by hand ----------------------------------------------------------------------------------------


async def _lines() -> AsyncIterator[str]:
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip():
            yield line.strip()


@asynccontextmanager
async def _running(options: argparse.Namespace) -> AsyncIterator[Simulator]:
    account = Account(options.self_id, time.time)
    async with Simulator(account, token=options.token, secret=options.secret) as simulator:
        if options.way != "reverse":
            print("listening at", await simulator.listen(options.port))
        if options.way == "reverse":
            await simulator.dial(options.url)
        yield simulator


async def _talk(options: argparse.Namespace) -> None:
    async with _running(options) as simulator:
        account, shown = simulator.account, 0
        async for line in _lines():
            group, _, rest = line[1:].partition(" ") if line.startswith("@") else ("", "", "")
            named = [segment("at", qq=str(account.self_id)), segment("text", text=f" {rest}")]
            event = account.group(int(group), 20001, named) if group else account.private(20001, line)
            if options.way == "http":
                print("answered with", (await simulator.post(options.url, event))[0])
            else:
                await simulator.push(event)
            await asyncio.sleep(1)
            for one in account.told[shown:]:
                print(f"{one.kind} {one.to}: {words(one.message)}")
            shown = len(account.told)


def main() -> None:
    """Talk to an app from a terminal."""
    parser = argparse.ArgumentParser(description="an implementation of OneBot v11 for trying things out")
    parser.add_argument("way", choices=["reverse", "forward", "http"])
    parser.add_argument("--url", default="", help="reverse: where to dial; http: where to post")
    parser.add_argument("--port", type=int, default=0, help="forward and http: where to listen")
    parser.add_argument("--token", default="", help="the access token")
    parser.add_argument("--secret", default="", help="signs posted events")
    parser.add_argument("--self-id", type=int, default=10001)
    asyncio.run(_talk(parser.parse_args()))


if __name__ == "__main__":
    main()
