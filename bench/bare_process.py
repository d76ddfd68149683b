"""What the hub is compared with: aiohttp alone, which reads JSON and answers JSON, over HTTP and over a WebSocket."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import re
import signal
from typing import Final

from aiohttp import WSMsgType, web

from bench.loops import add_option, maker

_FIELD: Final = re.compile(r"<(ToUserName|FromUserName|Content)><!\[CDATA\[(.*?)\]\]>")
_REPLY: Final = (
    "<xml><ToUserName>{FromUserName}</ToUserName><FromUserName>{ToUserName}</FromUserName><CreateTime>1</CreateTime>"
    "<MsgType>text</MsgType><Content>echo: {Content}</Content></xml>"
)


async def post(request: web.Request) -> web.Response:
    said = await request.json()
    return web.json_response({"id": said["id"]})


async def push(request: web.Request) -> web.Response:
    """A WeChat push, answered with the same words; neither checked nor stored."""
    fields = dict(_FIELD.findall(await request.text()))
    return web.Response(text=_REPLY.format(**fields), content_type="application/xml")


async def socket(request: web.Request) -> web.WebSocketResponse:
    answer = web.WebSocketResponse()
    await answer.prepare(request)
    async for frame in answer:
        if frame.type is WSMsgType.TEXT:
            said = json.loads(frame.data)
            await answer.send_str(json.dumps({"t": "ack", "id": said["id"]}))
    return answer


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    application = web.Application()
    application.router.add_post("/bench/messages", post)
    application.router.add_post("/wechat/callback", push)
    application.router.add_get("/ws", socket)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(f"ready: http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    gc.collect()
    gc.freeze()
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    with asyncio.Runner(loop_factory=maker(parser.parse_args().loop)) as loop:
        loop.run(main())
