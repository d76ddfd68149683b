"""The simulator as a process, steered by HTTP.

::

    python -m tests.wechat.simulator --port 9101 --account wxdemo:secret:token@http://127.0.0.1:8080/wechat/callback

``POST /simulator/{appid}/say {"openid", "text"}`` lets a customer write, ``…/event {"openid", "event", "key"}`` do something,
``…/storm {"count"}`` many write at once; ``GET /simulator/{appid}/heard/{openid}`` tells what a customer got.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from dataclasses import asdict

from aiohttp import web

from tests.wechat.simulator.account import Account
from tests.wechat.simulator.platform import Answer, Platform


class Steered(Platform):
    """With addresses to steer it."""

    def more_routes(self) -> list[web.RouteDef]:
        """What the module's words promise."""
        return [
            web.post("/simulator/{appid}/say", self._say),
            web.post("/simulator/{appid}/event", self._event),
            web.post("/simulator/{appid}/storm", self._storm),
            web.get("/simulator/{appid}/heard/{openid}", self._heard),
        ]

    def _account(self, request: web.Request) -> Account:
        account = self.accounts.get(request.match_info["appid"])
        if account is None:
            raise web.HTTPNotFound(text="no such account")
        return account

    async def _say(self, request: web.Request) -> web.Response:
        data = await request.json()
        return _told(await self.says(self._account(request), data["openid"], data["text"]))

    async def _event(self, request: web.Request) -> web.Response:
        data = await request.json()
        more = {"EventKey": data["key"]} if data.get("key") else {}
        return _told(await self.event(self._account(request), data["openid"], data["event"], **more))

    async def _storm(self, request: web.Request) -> web.Response:
        took = sorted(await self.storm(self._account(request), int((await request.json())["count"])))
        return web.json_response({"answered": len(took), "slowest": took[-1], "p99": took[int(len(took) * 0.99) - 1]})

    async def _heard(self, request: web.Request) -> web.Response:
        customer = self._account(request).customer(request.match_info["openid"])
        return web.json_response([asdict(one) for one in customer.heard])


def _told(answers: list[Answer]) -> web.Response:
    return web.json_response([{"status": one.status, "body": one.body} for one in answers])


def account_of(text: str, platform: Platform) -> Account:
    """``[miniprogram+]appid:secret:token[:aes key]@callback``."""
    names, _, callback = text.partition("@")
    kind, plus, names = names.rpartition("+")
    parts = names.split(":")
    account = Account(*parts[:3], now=platform.clock.now, callback=callback)
    if plus:
        account.kind = "miniprogram" if kind == "miniprogram" else "official"
    if len(parts) > 3:
        account.aes_key, account.mode = parts[3], "safe"
    return account


async def serve(port: int, accounts: list[str]) -> None:
    """Until the process ends."""
    async with Steered(port=port) as platform:
        for text in accounts:
            platform.add(account_of(text, platform))
        print(f"WeChat simulator at {platform.url}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """The process."""
    parser = argparse.ArgumentParser(description="A WeChat platform to test against")
    parser.add_argument("--port", type=int, default=9101)
    parser.add_argument("--account", action="append", default=[], metavar="APPID:SECRET:TOKEN[:AES]@CALLBACK")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.port, options.account))


if __name__ == "__main__":
    main()
