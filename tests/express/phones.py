"""The customers' side: a WeChat and a QQ platform on this machine, and a page to write from as one of their customers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import web

from tests.qq.simulator.events import texts_of
from tests.qq.simulator.platform import QQPlatform
from tests.wechat.simulator.account import Account
from tests.wechat.simulator.platform import Platform

PAGE: Final = Path(__file__).with_name("page.html")
APP_ID: Final = "wxcloudpost00001"


class Phones:
    """Two platforms that push to the hub at `hub_url`; `environment` makes `config/express.yaml` call them."""

    def __init__(self, hub_url: str) -> None:
        self.wechat = Platform()
        self.account = Account(
            APP_ID, "simulated-secret", "simulatedtoken", now=self.wechat.clock.now, callback=f"{hub_url}/wechat/callback"
        )
        self.qq = QQPlatform(app_id="102000001", secret="DG5g3B4j9X2KOErG", webhook=f"{hub_url}/qq/webhook")

    @property
    def environment(self) -> dict[str, str]:
        """Variables for the hub's process."""
        return {"WECHAT_API": self.wechat.url, "QQ_API": self.qq.url}

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        """Both platforms, and the page; its address."""
        async with self.wechat, self.qq:
            self.wechat.add(self.account)
            app = web.Application()
            app.add_routes([
                web.get("/", self._page),
                web.post("/say", self._say),
                web.get("/heard", self._heard),
            ])
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            try:
                yield f"http://127.0.0.1:{runner.addresses[0][1]}"
            finally:
                await runner.cleanup()

    # -- what customers do ----------------------------------------------------------------------

    async def says(self, platform: str, who: str, text: str) -> None:
        """A customer writes."""
        if platform == "wechat":
            await self.wechat.says(self.account, who, text)
        else:
            await self.qq.push(self.qq.events.c2c(who, text))

    def heard(self, platform: str, who: str) -> list[str]:
        """What a customer got, in order."""
        if platform == "wechat":
            return self.account.customer(who).texts
        return [texts_of([one.body])[0] for one in self.qq.api.sent if one.target == f"c2c:{who}"]

    # -- the page -------------------------------------------------------------------------------

    async def _page(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE)

    async def _say(self, request: web.Request) -> web.Response:
        said = await request.json()
        await self.says(str(said["platform"]), str(said["who"]), str(said["text"]))
        return web.json_response({})

    async def _heard(self, request: web.Request) -> web.Response:
        return web.json_response(self.heard(request.query["platform"], request.query["who"]))
