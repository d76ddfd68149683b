"""The platform's WebSocket side: sessions that outlive their sockets, with everything not yet acknowledged."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

Json = dict[str, Any]


@dataclass
class Session:
    """`log` are the frames from the first on; `acknowledged` is the number of the client's last heartbeat."""

    id: str
    intents: int
    log: list[str] = field(default_factory=list)
    acknowledged: int = 0
    socket: web.WebSocketResponse | None = None


class Gateway:
    """All sessions. `valid` tells whether an ``Authorization`` may come in.

    `acks` may be turned off: a peer that does not answer any more. `hellos`, `identified` and `resumed` count.
    """

    def __init__(self, valid: Callable[[str], bool], bot: str, interval: int) -> None:
        self.sessions: dict[str, Session] = {}
        self.acks = True
        self.identified: list[Json] = []
        self.resumed: list[Json] = []
        self.refused = 0
        self.hellos = 0
        self.interval = interval
        self._valid = valid
        self._bot = bot
        self.news = asyncio.Condition()

    @property
    def session(self) -> Session | None:
        """The latest session with a live socket."""
        live = [one for one in self.sessions.values() if one.socket is not None and not one.socket.closed]
        return live[-1] if live else None

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One socket, from its hello to its end."""
        socket = web.WebSocketResponse(max_msg_size=1 << 20)
        await socket.prepare(request)
        self.hellos += 1
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": self.interval}})
        session: Session | None = None
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    session = await self._take(socket, session, json.loads(frame.data))
                await self._tell()
        finally:
            if session is not None and session.socket is socket:
                session.socket = None
            await self._tell()
        return socket

    async def _take(self, socket: web.WebSocketResponse, session: Session | None, said: Json) -> Session | None:
        data = said.get("d")
        match said.get("op"):
            case 1:
                if session is not None and isinstance(data, int):
                    session.acknowledged = max(session.acknowledged, data)
                if self.acks:
                    await socket.send_json({"op": 11})
            case 2 if isinstance(data, dict):
                return await self._identify(socket, data)
            case 6 if isinstance(data, dict):
                return await self._resume(socket, data)
            case _:
                await socket.close(code=4001, message=b"unknown opcode")
        return session

    async def _identify(self, socket: web.WebSocketResponse, data: Json) -> Session | None:
        if not self._valid(str(data.get("token"))):
            self.refused += 1
            await socket.close(code=4004, message=b"authentication fail")
            return None
        self.identified.append(data)
        session = Session(str(uuid.uuid4()), int(data["intents"]), socket=socket)
        self.sessions[session.id] = session
        user = {"id": self._bot, "username": "小前台", "bot": True}
        await self._send(session, {"op": 0, "t": "READY", "d": {
            "version": 1, "session_id": session.id, "user": user, "shard": data.get("shard", [0, 1]),
        }})  # fmt: skip
        return session

    async def _resume(self, socket: web.WebSocketResponse, data: Json) -> Session | None:
        if not self._valid(str(data.get("token"))):
            self.refused += 1
            await socket.close(code=4004, message=b"authentication fail")
            return None
        session, seq = self.sessions.get(str(data.get("session_id"))), data.get("seq")
        if session is None or not isinstance(seq, int) or seq > len(session.log):
            await socket.send_json({"op": 9, "d": False})
            return None
        self.resumed.append(data)
        session.socket = socket
        for frame in session.log[seq:]:
            await socket.send_str(frame)
        await self._send(session, {"op": 0, "t": "RESUMED", "d": ""})
        return session

    async def dispatch(self, payload: Json) -> int:
        """Send an event in the current session; its number there. Raises LookupError where nobody ever came in.

        A session whose socket is gone keeps it for whoever resumes.
        """
        session = self.session or next(reversed(self.sessions.values()), None)
        if session is None:
            raise LookupError("no bot is connected to the gateway")
        await self._send(session, payload)
        return len(session.log)

    async def _send(self, session: Session, payload: Json) -> None:
        frame = json.dumps({**payload, "s": len(session.log) + 1}, ensure_ascii=False)
        session.log.append(frame)
        if session.socket is not None and not session.socket.closed:
            try:
                await session.socket.send_str(frame)
            except ConnectionError:
                session.socket = None

    # -- what a test waits for ----------------------------------------------------------------------

    async def _tell(self) -> None:
        async with self.news:
            self.news.notify_all()

    async def until(self, check: Callable[[], object], within: float = 15.0) -> None:
        """Wait for something to be true of the gateway."""
        async with self.news:
            await asyncio.wait_for(self.news.wait_for(check), within)

    async def connected(self) -> None:
        """Wait until a bot is there."""
        await self.until(lambda: self.session is not None)

    async def asks_for_heartbeat(self) -> None:
        """The server may ask for one at any time (op 1)."""
        if self.session is not None and self.session.socket is not None:
            await self.session.socket.send_json({"op": 1})

    # -- what goes wrong ----------------------------------------------------------------------------

    async def cut(self) -> None:
        """The network goes away, without a goodbye."""
        session = self.session
        if session is not None and session.socket is not None:
            socket, session.socket = session.socket, None
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    async def closes(self, code: int) -> None:
        """The server closes, with one of its codes."""
        if self.session is not None and self.session.socket is not None:
            await self.session.socket.close(code=code)

    async def asks_to_reconnect(self) -> None:
        """The server is about to restart (op 7)."""
        if self.session is not None and self.session.socket is not None:
            await self.session.socket.send_json({"op": 7})

    async def forgets(self) -> None:
        """The session is not known any more (op 9); what was not fetched is lost with it."""
        session = self.session
        if session is not None and session.socket is not None:
            del self.sessions[session.id]
            await session.socket.send_json({"op": 9, "d": False})

    async def close(self) -> None:
        """The platform stops."""
        for session in self.sessions.values():
            if session.socket is not None:
                await session.socket.close(code=WSCloseCode.GOING_AWAY)
