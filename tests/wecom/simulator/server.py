"""HTTP for the platform: its interface, its callbacks, and what goes wrong with them."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import aiohttp
from aiohttp import web

from tests.wecom.simulator.platform import Corp, Platform, Refusal
from tests.wecom.simulator.seal import Seal

NEWS = (
    "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><CreateTime>{at}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[{token}]]></Token><OpenKfId><![CDATA[{account}]]></OpenKfId></xml>"
)
BODY = "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt><AgentID></AgentID></xml>"


class Pushed(NamedTuple):
    """How a callback was answered."""

    status: int
    text: str
    retry_after: str | None


class Server:
    """``async with Server(platform) as server``: the interface is at `server.url`.

    `most` counts how many calls of a path were under way at once.
    """

    def __init__(self, platform: Platform, port: int = 0, more: Sequence[web.RouteDef] = ()) -> None:
        self.platform = platform
        self.url = ""
        self.held: dict[str, asyncio.Event] = {}
        self.arrived: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._port = port
        self._more = more
        self.under_way: defaultdict[str, int] = defaultdict(int)
        self.most: defaultdict[str, int] = defaultdict(int)
        self._after: set[str] = set()
        self._lost: defaultdict[str, int] = defaultdict(int)
        self._faults: defaultdict[str, deque[dict[str, Any] | int]] = defaultdict(deque)

    async def __aenter__(self) -> Server:
        app = web.Application(client_max_size=40 * 1024 * 1024)
        app.router.add_routes(self._more)
        app.router.add_get("/cgi-bin/gettoken", self._gettoken)
        app.router.add_get("/cgi-bin/media/get", self._media)
        app.router.add_post("/cgi-bin/media/upload", self._upload)
        app.router.add_post("/cgi-bin/kf/{path:.+}", self._kf)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *error: object) -> None:
        for event in self.held.values():
            event.set()
        await self.session.close()
        await self._runner.cleanup()

    # -- trouble ------------------------------------------------------------------------------------

    def fail(self, path: str, *answers: int | tuple[int, str]) -> None:
        """The next calls of `path` (``send_msg``, ``media/get`` …) end so: an HTTP status from 500, or (errcode, errmsg)."""
        for answer in answers:
            planned = answer if isinstance(answer, int) else {"errcode": answer[0], "errmsg": answer[1]}
            self._faults[path].append(planned)

    def lose(self, path: str, times: int = 1) -> None:
        """The next calls of `path` have their effect, and their answers get lost."""
        self._lost[path] += times

    def hold(self, path: str, *, after: bool = False) -> None:
        """Calls of `path` get no answer until `release`, with `after` once they had their effect; `arrived[path]` is set."""
        self.held[path] = asyncio.Event()
        self._after.discard(path)
        if after:
            self._after.add(path)
        self.arrived[path].clear()

    def release(self, path: str) -> None:
        """Answer what was held."""
        self.held.pop(path).set()

    async def _trouble(self, path: str) -> web.Response | None:
        self.arrived[path].set()
        if path in self.held and path not in self._after:
            await self.held[path].wait()
        if not self._faults[path]:
            return None
        planned = self._faults[path].popleft()
        return web.Response(status=planned) if isinstance(planned, int) else web.json_response(planned)

    # -- the interface --------------------------------------------------------------------------------

    async def _gettoken(self, request: web.Request) -> web.Response:
        trouble = await self._trouble("gettoken")
        if trouble is not None:
            return trouble
        corp = self.platform.corps.get(request.query.get("corpid", ""))
        try:
            if corp is None:
                raise Refusal(40013, "invalid corpid")
            corp.calls.append(("gettoken", {}))
            return web.json_response(corp.gettoken(request.query.get("corpsecret", "")))
        except Refusal as refusal:
            return web.json_response(refusal.answer)

    async def _kf(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        self.under_way[path] += 1
        self.most[path] = max(self.most[path], self.under_way[path])
        try:
            answer = await self._answer(path, request)
        finally:
            self.under_way[path] -= 1
        if path in self.held and path in self._after:
            await self.held[path].wait()
        if self._lost[path]:
            self._lost[path] -= 1
            return web.Response(status=502)
        return answer

    async def _answer(self, path: str, request: web.Request) -> web.Response:
        trouble = await self._trouble(path)
        if trouble is not None:
            return trouble
        try:
            corp = self.platform.of_token(request.query.get("access_token", ""))
            body = await request.json()
            corp.calls.append((path, body))
            ways = {
                "sync_msg": corp.sync_msg, "send_msg": corp.send_msg, "send_msg_on_event": corp.send_msg_on_event,
                "service_state/get": corp.state_of, "service_state/trans": corp.trans, "recall_msg": corp.recall_msg,
                "customer/batchget": corp.batchget, "add_contact_way": corp.contact_way,
            }  # fmt: skip
            return web.json_response(ways[path](body))
        except Refusal as refusal:
            return web.json_response(refusal.answer)

    async def _media(self, request: web.Request) -> web.Response:
        trouble = await self._trouble("media/get")
        if trouble is not None:
            return trouble
        try:
            corp = self.platform.of_token(request.query.get("access_token", ""))
            media = corp.media.get(request.query.get("media_id", ""))
            if media is None or media.until < corp.now():
                raise Refusal(40007, "invalid media_id")
        except Refusal as refusal:
            return web.json_response(refusal.answer)
        headers = {"Content-Disposition": f'attachment; filename="{media.name}"'}
        return web.Response(body=media.data, content_type=media.mime, headers=headers)

    async def _upload(self, request: web.Request) -> web.Response:
        trouble = await self._trouble("media/upload")
        if trouble is not None:
            return trouble
        try:
            corp = self.platform.of_token(request.query.get("access_token", ""))
            kind = request.query.get("type", "")
            part = await anext(aiter(await request.multipart()))
            assert isinstance(part, aiohttp.BodyPartReader)
            data = bytes(await part.read())
            if part.name != "media" or kind not in ("image", "voice", "video", "file") or len(data) < 6:
                raise Refusal(40004, "invalid media type")
            corp.calls.append(("media/upload", {"type": kind, "name": part.filename, "size": len(data)}))
            media_id = corp.keep(kind, part.filename or "", part.headers.get("Content-Type", ""), data)
        except Refusal as refusal:
            return web.json_response(refusal.answer)
        return web.json_response({"errcode": 0, "errmsg": "ok", "type": kind, "media_id": media_id, "created_at": "1380000000"})

    # -- callbacks ----------------------------------------------------------------------------------------

    async def push(self, hub: str, corp: Corp, account: str, *, key: str = "", age: float = 0.0) -> Pushed:
        """Tell the channel at `hub` that there is news. `key` is another EncodingAESKey, `age` how old it says it is."""
        at = str(int(corp.now() - age))
        news = NEWS.format(corp=corp.corp_id, at=at, token=corp.callback_token(), account=account)
        return await self.push_text(hub, corp, news, key=key, at=at)

    async def push_text(self, hub: str, corp: Corp, text: str, *, key: str = "", at: str = "", receiver: str = "") -> Pushed:
        """The same with any text inside."""
        seal = Seal(corp.token, key or corp.aes_key, receiver or corp.corp_id)
        sealed, at, nonce = seal.encrypt(text), at or str(int(corp.now())), secrets.token_hex(5)
        query = {"msg_signature": seal.sign(at, nonce, sealed), "timestamp": at, "nonce": nonce}
        return await self.post(hub, query, BODY.format(corp=corp.corp_id, sealed=sealed).encode())

    async def post(self, hub: str, query: dict[str, str], body: bytes) -> Pushed:
        """Any callback at all."""
        async with self.session.post(f"{hub}/callback", params=query, data=body, headers={"Content-Type": "text/xml"}) as answer:
            return Pushed(answer.status, await answer.text(), answer.headers.get("Retry-After"))
