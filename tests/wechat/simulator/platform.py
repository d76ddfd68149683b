"""The platform: accounts, the API they are served by, and pushes to their servers."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from aiohttp import web

from tests.wechat.simulator.account import UNAVAILABLE, Account
from tests.wechat.simulator.api import Api
from tests.wechat.simulator.bodies import parse, to_json, to_xml
from tests.wechat.simulator.crypto import signature

PATIENCE = 5.0
"""Seconds an account's server has for its answer."""

TRIES = 3


class Clock(Protocol):
    """What the platform asks about time."""

    def now(self) -> float:
        """Seconds since 1970."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""


class Machine:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)


@dataclass
class Answer:
    """How one try of a push ended: HTTP status (0: none in time), body, and what was in it ({} where nothing to say)."""

    status: int
    body: str = ""
    reply: dict[str, Any] | None = None
    retry_after: str | None = None

    @property
    def acknowledged(self) -> bool:
        """The platform does not try again."""
        return self.status == 200


class Platform:
    """``async with Platform() as platform``: the API is at ``platform.url``."""

    def __init__(self, clock: Clock | None = None, *, port: int = 0) -> None:
        self.clock = clock or Machine()
        self.accounts: dict[str, Account] = {}
        self.url = ""
        self._port = port
        self._msg_id = int(self.clock.now() * 1000) << 22

    async def __aenter__(self) -> Platform:
        app = web.Application(client_max_size=32 << 20)
        app.add_routes(Api(self).routes())
        app.add_routes(self.more_routes())
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        for account in self.accounts.values():
            account.base = self.url
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.session.close()
        await self._runner.cleanup()

    def more_routes(self) -> list[web.RouteDef]:
        """For a process that is controlled from outside."""
        return []

    def add(self, account: Account) -> Account:
        """Register an account."""
        account.base = self.url
        self.accounts[account.appid] = account
        return account

    def new_id(self) -> int:
        """A MsgId: above 2**53, so that floats lose it."""
        self._msg_id += 1
        return self._msg_id

    # -- one request ----------------------------------------------------------------------------

    def query(self, account: Account, sealed: str = "", *, at: float | None = None) -> dict[str, str]:
        """The signed parameters of a push."""
        stamp, nonce = str(int(self.clock.now() if at is None else at)), str(self.new_id() % 1_000_000_007)
        query = {"signature": signature(account.token, stamp, nonce), "timestamp": stamp, "nonce": nonce}
        if sealed:
            query |= {"encrypt_type": "aes", "msg_signature": signature(account.token, stamp, nonce, sealed)}
        return query

    def body(self, account: Account, fields: dict[str, Any]) -> tuple[str, str]:
        """The body of a push, and what is sealed in it ("" in plain mode)."""
        write = to_json if account.form == "json" else to_xml
        if account.mode == "plain":
            return write(fields), ""
        sealed = account.sealed.seal(write(fields))
        open_part = fields if account.mode == "compatible" else {"ToUserName": fields["ToUserName"]}
        return write({**open_part, "Encrypt": sealed}), sealed

    async def check_url(self, account: Account, echo: str = "echo-1") -> tuple[int, str]:
        """What the platform asks when somebody saves the address of their server."""
        query = {**self.query(account), "echostr": echo}
        async with self.session.get(account.callback, params=query) as answer:
            return answer.status, await answer.text()

    async def post(self, account: Account, body: str | bytes, query: dict[str, str], mime: str = "text/xml") -> Answer:
        """One request to the account's server, cut after five seconds."""
        asked = asyncio.ensure_future(self._post(account, body, query, mime))
        patience = asyncio.ensure_future(self.clock.sleep(PATIENCE))
        try:
            await asyncio.wait([asked, patience], return_when=asyncio.FIRST_COMPLETED)
            return asked.result() if asked.done() else Answer(0)
        finally:
            asked.cancel()
            patience.cancel()

    async def _post(self, account: Account, body: str | bytes, query: dict[str, str], mime: str) -> Answer:
        data = body.encode() if isinstance(body, str) else body
        try:
            async with self.session.post(account.callback, params=query, data=data, headers={"Content-Type": mime}) as answer:
                return Answer(answer.status, await answer.text(), retry_after=answer.headers.get("Retry-After"))
        except aiohttp.ClientError:
            return Answer(0)

    # -- pushes ---------------------------------------------------------------------------------

    async def push_once(self, account: Account, fields: dict[str, Any]) -> Answer:
        """One try: what comes back reaches the customer."""
        body, sealed = self.body(account, fields)
        answer = await self.post(account, body, self.query(account, sealed))
        if answer.acknowledged:
            self._deliver(account, fields, answer, sealed=bool(sealed))
        return answer

    async def push(self, account: Account, fields: dict[str, Any]) -> list[Answer]:
        """As the platform pushes: again when there was no answer in time, three tries in all."""
        account.pushes.append(fields)
        answers: list[Answer] = []
        while len(answers) < TRIES:
            answers.append(await self.push_once(account, fields))
            if answers[-1].acknowledged:
                break
        return answers

    def _deliver(self, account: Account, fields: dict[str, Any], answer: Answer, *, sealed: bool) -> None:
        if answer.body in ("", "success"):
            answer.reply = {}
            return
        openid = fields["FromUserName"]
        try:
            answer.reply = self.reply(account, answer.body, sealed=sealed)
            if (answer.reply["ToUserName"], answer.reply["FromUserName"]) != (openid, fields["ToUserName"]):
                raise ValueError("to whom is this?")
            int(answer.reply["CreateTime"])
        except (ValueError, KeyError):
            account.gets(openid, "error", {"MsgType": "text", "Content": UNAVAILABLE})
            return
        if answer.reply["MsgType"] == "transfer_customer_service":
            if fields["MsgType"] == "event":
                account.gets(openid, "error", {"MsgType": "text", "Content": UNAVAILABLE})
            account.human_until[openid] = self.clock.now() + 1800
        elif account.kind == "official":
            account.gets(openid, "passive", answer.reply)
        else:
            account.gets(openid, "error", {"MsgType": "text", "Content": UNAVAILABLE})

    def reply(self, account: Account, body: str, *, sealed: bool) -> dict[str, Any]:
        """The fields of an answer, opened and checked. Raises ValueError."""
        fields = parse(body, account.form)
        if not sealed:
            return fields
        stamp, nonce = str(fields["TimeStamp"]), str(fields["Nonce"])
        if fields["MsgSignature"] != signature(account.token, stamp, nonce, fields["Encrypt"]):
            raise ValueError("the answer is not signed")
        return parse(account.sealed.open(fields["Encrypt"]), account.form)

    # -- what customers do ----------------------------------------------------------------------

    def fields(self, account: Account, openid: str, kind: str, **more: Any) -> dict[str, Any]:
        """The fields of a push."""
        head = {"ToUserName": account.original, "FromUserName": openid, "CreateTime": int(self.clock.now()), "MsgType": kind}
        return {**head, **more}

    async def says(self, account: Account, openid: str, text: str, **more: Any) -> list[Answer]:
        """A customer writes; in a session with WeChat's own desk nothing is pushed."""
        return await self.sends(account, openid, "text", Content=text, **more)

    async def sends(self, account: Account, openid: str, kind: str, **more: Any) -> list[Answer]:
        """A customer sends something of this MsgType."""
        account.acted(openid, "click" if "bizmsgmenuid" in more else "message")
        if account.human_until.get(openid, 0) > self.clock.now():
            return []
        return await self.push(account, self.fields(account, openid, kind, **{"MsgId": self.new_id(), **more}))

    async def event(self, account: Account, openid: str, name: str, **more: Any) -> list[Answer]:
        """A customer does something."""
        rule = {"CLICK": "click", "SCAN": "scan", "subscribe": "follow", "user_enter_tempsession": "enter"}.get(name)
        if rule is not None:
            account.acted(openid, rule)
        if name == "subscribe" and str(more.get("EventKey", "")).startswith("qrscene_"):
            account.acted(openid, "scan")
        return await self.push(account, self.fields(account, openid, "event", Event=name, **more))

    async def shows(self, account: Account, openid: str, data: bytes, mime: str = "image/png") -> list[Answer]:
        """A customer sends a picture."""
        media_id = account.keep("picture", data, mime)
        url = f"{self.url}/pic/{account.appid}/{media_id}"
        return await self.sends(account, openid, "image", PicUrl=url, MediaId=media_id)

    # -- many at once ---------------------------------------------------------------------------

    async def storm(self, account: Account, count: int, text: str = "你好") -> list[float]:
        """`count` customers write at once; seconds until each was answered. Raises AssertionError for an answer that is wrong."""
        async def one(number: int) -> float:
            began = self.clock.now()
            answers = await self.says(account, f"storm-{number}", f"{text} {number}")
            took = self.clock.now() - began
            assert len(answers) == 1, f"customer {number} was not answered in time"
            assert answers[0].acknowledged, f"customer {number} got {answers[0].status}"
            assert all(heard.via != "error" for heard in account.customer(f"storm-{number}").heard), "a wrong answer"
            return took

        return list(await asyncio.gather(*(one(number) for number in range(count))))
