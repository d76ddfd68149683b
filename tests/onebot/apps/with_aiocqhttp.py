"""An app on aiocqhttp that repeats what it hears.

``python with_aiocqhttp.py '{"port": …, "token": …, "secret": …, "api_root": …}'``
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiocqhttp import ApiNotAvailable, CQHttp, Event, Message
from hypercorn.asyncio import serve
from hypercorn.config import Config


def make_app(options: dict[str, Any]) -> CQHttp:
    bot = CQHttp(
        api_root=options.get("api_root") or None,
        access_token=options.get("token") or None,
        secret=options.get("secret") or None,
        message_class=Message,
        api_timeout_sec=5,
    )

    @bot.on_message
    async def repeat(event: Event) -> None:
        try:
            await bot.send(event, f"你说：{event.message.extract_plain_text()}")
        except ApiNotAvailable:
            print("ApiNotAvailable", flush=True)

    @bot.on_request
    async def agree(event: Event) -> dict[str, Any]:
        return {"approve": True}

    return bot


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    config = Config()
    config.bind = [f"127.0.0.1:{given['port']}"]
    asyncio.run(serve(make_app(given).asgi, config))
