"""The platform beside a hub, with a way to write as a customer: ``python -m tests.qq.simulator --webhook ADDRESS``.

::

    POST /simulator/says      {"scene": "c2c", "from": "U1", "text": "你好", "group": "G1"}
    GET  /simulator/received  all that customers got, in order; ?target=c2c:U1 for one of them
    POST /simulator/verify    asks the webhook for its proof (op 13)
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from aiohttp import web

from tests.qq.simulator.events import Json, texts_of
from tests.qq.simulator.platform import Answered, QQPlatform


class Desk:
    """What may be told to the simulator over HTTP."""

    def __init__(self, platform: QQPlatform) -> None:
        self._platform = platform

    def routes(self) -> list[web.RouteDef]:
        """The addresses."""
        return [
            web.post("/simulator/says", self.says),
            web.get("/simulator/received", self.received),
            web.post("/simulator/verify", self.verify),
        ]

    async def says(self, request: web.Request) -> web.Response:
        """A customer writes."""
        said = await request.json()
        try:
            answer = await self._platform.deliver(self._event(said))
        except LookupError as error:
            return web.json_response({"error": str(error)}, status=409)
        if isinstance(answer, Answered):
            return web.json_response({"status": answer.status, "answer": answer.body.decode(errors="replace")})
        return web.json_response({"number": answer})

    def _event(self, said: Json) -> Json:
        events, who, text = self._platform.events, str(said.get("from", "U1")), str(said.get("text", ""))
        match said.get("scene", "c2c"):
            case "group":
                return events.group(str(said.get("group", "G1")), who, f" {text}")
            case "channel":
                return events.channel(str(said.get("channel", "C1")), who, text)
            case "direct":
                return events.direct(str(said.get("guild", "D1")), who, text)
            case "friend":
                return events.friend_add(who)
            case "click":
                return events.click(who, text, group=str(said.get("group", "")))
            case _:
                return events.c2c(who, text)

    async def received(self, request: web.Request) -> web.Response:
        """What customers got."""
        target = request.query.get("target", "")
        found = [
            {"target": one.target, "text": texts_of([one.body])[0], "passive": one.passive, "id": one.id, "at": one.at}
            for one in self._platform.api.sent
            if target in ("", one.target)
        ]
        return web.json_response(found)

    async def verify(self, _: web.Request) -> web.Response:
        """Does the webhook know the secret?"""
        return web.json_response({"proved": await self._platform.verify()})


async def main() -> None:
    """Run until interrupted."""
    about = "QQ 开放平台模拟器 / the QQ open platform, simulated"
    parser = argparse.ArgumentParser(prog="python -m tests.qq.simulator", description=about)
    parser.add_argument("--port", type=int, default=9202, help="端口 / port")
    parser.add_argument("--webhook", default="", help="回调地址，不填则走网关 / the bot's address; none: by the gateway")
    parser.add_argument("--app-id", default="102000001")
    parser.add_argument("--secret", default="DG5g3B4j9X2KOErG", help="机器人密钥（模拟用）/ the simulated bot's secret")
    parser.add_argument("--proactive", action="store_true", help="允许主动消息 / take messages that answer nothing")
    options = parser.parse_args()
    platform = QQPlatform(app_id=options.app_id, secret=options.secret, webhook=options.webhook)
    platform.api.proactive = options.proactive
    await platform.start(options.port, Desk(platform).routes())
    print(f"QQ 模拟器 / QQ simulator: {platform.url}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await platform.stop()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
