"""The platform's HTTP interface, with the faults it is told to have."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.wechat.simulator.account import Account

if TYPE_CHECKING:
    from tests.wechat.simulator.platform import Platform

Call = Callable[[Account, web.Request, dict[str, Any]], Awaitable[dict[str, Any] | web.Response]]
MESSAGES = {
    -1: "system error", 40001: "invalid credential, access_token is invalid or not latest", 40003: "invalid openid",
    40007: "invalid media_id", 40013: "invalid appid", 40125: "invalid appsecret", 40163: "code been used",
    40164: "invalid ip, not in whitelist", 42001: "access_token expired", 45009: "reach max api daily quota limit",
    45015: "response out of time limit or subscription is canceled", 45047: "out of response count limit",
    47001: "data format error", 48001: "api unauthorized",
}  # fmt: skip
KNOWN = {
    "official": {"text", "image", "voice", "video", "news", "msgmenu"}, "miniprogram": {"text", "image", "link"},
}  # fmt: skip
MOST = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "thumb": 64 << 10}


def error(code: int) -> dict[str, Any]:
    """How errors look: HTTP 200 and this."""
    return {"errcode": code, "errmsg": MESSAGES.get(code, "error")}


OK = {"errcode": 0, "errmsg": "ok"}


class Api:
    """Routes of the interface."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        calls: dict[str, Call] = {
            "message/custom/send": self._send,
            "message/custom/typing": self._typing,
            "media/upload": self._upload,
            "media/get": self._download,
            "menu/create": self._menu,
            "menu/delete": self._no_menu,
            "qrcode/create": self._qrcode,
            "user/info": self._user,
            "message/template/send": self._template,
            "message/subscribe/bizsend": self._template,
            "message/subscribe/send": self._template,
        }
        routes = [web.route("*", f"/cgi-bin/{path}", self._with_token(path, call)) for path, call in calls.items()]
        return [
            *routes,
            web.post("/cgi-bin/stable_token", self._stable_token),
            web.get("/cgi-bin/token", self._old_token),
            web.get("/sns/jscode2session", self._session),
            web.get("/pic/{appid}/{media_id}", self._picture),
        ]

    def _with_token(self, path: str, call: Call) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            token = request.query.get("access_token", "")
            account = next((one for one in self._platform.accounts.values() if token.startswith(f"{one.appid}-token-")), None)
            if account is None:
                return web.json_response(error(40001))
            account.calls[path] += 1
            if (fault := await self._fault(account, path)) is not None:
                return fault
            if code := account.token_error(token):
                return web.json_response(error(code))
            return await self._answered(account, request, call)

        return handle

    async def _fault(self, account: Account, path: str) -> web.Response | None:
        if (gate := account.gates.get(path)) is not None:
            await gate.wait()
        planned = account.faults[path]
        fault = planned.popleft() if planned else 0
        if isinstance(fault, str):
            return web.Response(status=int(fault.removeprefix("http:")), text="<html>bad gateway</html>")
        return web.json_response(error(fault)) if fault else None

    async def _answered(self, account: Account, request: web.Request, call: Call) -> web.StreamResponse:
        data: dict[str, Any] = {}
        if request.method == "POST" and not request.content_type.startswith("multipart/"):
            try:
                data = json.loads(await request.read())
            except ValueError:
                return web.json_response(error(47001))
        answer = await call(account, request, data)
        return answer if isinstance(answer, web.Response) else web.json_response(answer)

    # -- tokens ---------------------------------------------------------------------------------

    async def _stable_token(self, request: web.Request) -> web.StreamResponse:
        data = json.loads(await request.read())
        account = self._platform.accounts.get(data.get("appid", ""))
        if account is None:
            return web.json_response(error(40013))
        account.calls["stable_token"] += 1
        if data.get("force_refresh"):
            account.calls["forced"] += 1
            account.expire_token()
        if (fault := await self._fault(account, "stable_token")) is not None:
            return fault
        if data.get("secret") != account.secret or data.get("grant_type") != "client_credential":
            return web.json_response(error(40125))
        if account.refuse_all_tokens:
            account.expire_token()
        token, seconds = account.access_token()
        return web.json_response({"access_token": token, "expires_in": seconds})

    async def _old_token(self, request: web.Request) -> web.StreamResponse:
        account = self._platform.accounts.get(request.query.get("appid", ""))
        if account is None or request.query.get("secret") != account.secret:
            return web.json_response(error(40013))
        account.calls["token"] += 1
        account.expire_token()
        token, seconds = account.access_token()
        return web.json_response({"access_token": token, "expires_in": seconds})

    async def _session(self, request: web.Request) -> web.StreamResponse:
        account = self._platform.accounts.get(request.query.get("appid", ""))
        if account is None or request.query.get("secret") != account.secret:
            return web.json_response(error(40013))
        account.calls["jscode2session"] += 1
        if (fault := await self._fault(account, "jscode2session")) is not None:
            return fault
        openid = account.codes.pop(request.query.get("js_code", ""), None)
        if openid is None:
            return web.json_response(error(40163))
        return web.json_response({"openid": openid, "session_key": "k", "unionid": account.customer(openid).unionid})

    # -- messages -------------------------------------------------------------------------------

    async def _send(self, account: Account, _: web.Request, data: dict[str, Any]) -> dict[str, Any]:
        openid, kind = data.get("touser", ""), data.get("msgtype", "")
        if openid not in account.customers:
            return error(40003)
        if kind not in KNOWN[account.kind] or not isinstance(data.get(kind), dict):
            return error(40008)
        if "media_id" in data[kind] and account.file(data[kind]["media_id"]) is None:
            return error(40007)
        if kind == "text" and len(data[kind]["content"].encode()) > 2048:
            return error(45002)
        if code := account.spend(openid):
            return error(code)
        account.gets(openid, "api", data)
        return OK

    async def _typing(self, account: Account, _: web.Request, data: dict[str, Any]) -> dict[str, Any]:
        if data.get("command") not in ("Typing", "CancelTyping"):
            return error(47001)
        account.customer(data["touser"]).typing.append(data["command"])
        return OK

    async def _template(self, account: Account, _: web.Request, data: dict[str, Any]) -> dict[str, Any]:
        before = data.get("client_msg_id")
        if before and any(one.get("client_msg_id") == before for one in account.templates):
            return error(43116)
        account.templates.append(data)
        return {**OK, "msgid": account.number()}

    # -- files ----------------------------------------------------------------------------------

    async def _upload(self, account: Account, request: web.Request, _: dict[str, Any]) -> dict[str, Any]:
        kind = request.query.get("type", "")
        reader = await request.multipart()
        part = await reader.next()
        if part is None or part.name != "media" or not part.filename or kind not in MOST:  # type: ignore[union-attr]
            return error(41005)
        data = bytes(await part.read(decode=False))  # type: ignore[union-attr]
        if len(data) > MOST[kind]:
            return error(40006)
        media_id = account.keep(part.filename, data, part.headers.get("Content-Type", ""), kind)  # type: ignore[union-attr]
        return {"type": kind, "media_id": media_id, "created_at": int(account.now())}

    async def _download(self, account: Account, request: web.Request, _: dict[str, Any]) -> dict[str, Any] | web.Response:
        file = account.file(request.query.get("media_id", ""))
        if file is None:
            return error(40007)
        if file.kind == "video":
            return {"video_url": f"{account.base}/pic/{account.appid}/{request.query['media_id']}"}
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
        return web.Response(body=file.data, content_type=file.mime, headers=headers)

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        account = self._platform.accounts[request.match_info["appid"]]
        account.calls["picture"] += 1
        if (fault := await self._fault(account, "picture")) is not None:
            return fault
        file = account.file(request.match_info["media_id"])
        if file is None:
            return web.Response(status=404)
        return web.Response(body=file.data, content_type=file.mime)

    # -- the rest -------------------------------------------------------------------------------

    async def _menu(self, account: Account, _: web.Request, data: dict[str, Any]) -> dict[str, Any]:
        if not 1 <= len(data.get("button", [])) <= 3:
            return error(40016)
        account.menus.append(data["button"])
        return OK

    async def _no_menu(self, account: Account, _: web.Request, _data: dict[str, Any]) -> dict[str, Any]:
        account.menus.append(None)
        return OK

    async def _qrcode(self, account: Account, _: web.Request, data: dict[str, Any]) -> dict[str, Any]:
        account.scenes.append(data)
        seconds = data.get("expire_seconds", 60)
        return {"ticket": f"ticket-{account.number()}", "expire_seconds": seconds, "url": f"http://weixin.qq.com/q/{account.number()}"}

    async def _user(self, account: Account, request: web.Request, _: dict[str, Any]) -> dict[str, Any]:
        if account.kind != "official":
            return error(48001)
        customer = account.customers.get(request.query.get("openid", ""))
        if customer is None:
            return error(40003)
        union = {"unionid": customer.unionid} if customer.unionid else {}
        return {"subscribe": 1, "openid": customer.openid, "language": "zh_CN", **union}
