"""An app on nonebot that repeats what it hears.

``python with_nonebot.py '{"port": …, "token": …, "secret": …, "ws": …, "api_roots": {…}}'``
"""

from __future__ import annotations

import json
import sys

import nonebot
from nonebot.adapters.onebot.v11 import Adapter, Bot, GroupMessageEvent, MessageEvent, PrivateMessageEvent

given = json.loads(sys.argv[1])
nonebot.init(
    driver="~quart+~aiohttp",
    host="127.0.0.1",
    port=given["port"],
    log_level="WARNING",
    onebot_access_token=given.get("token") or None,
    onebot_secret=given.get("secret") or None,
    onebot_ws_urls=[given["ws"]] if given.get("ws") else [],
    onebot_api_roots=given.get("api_roots", {}),
)
nonebot.get_driver().register_adapter(Adapter)
matcher = nonebot.on_message()


@matcher.handle()
async def repeat(bot: Bot, event: MessageEvent) -> None:
    if isinstance(event, PrivateMessageEvent) or (isinstance(event, GroupMessageEvent) and event.to_me):
        quoted = f"（引用：{event.reply.message}）" if event.reply else ""
        await bot.send(event, f"你说：{event.get_plaintext().strip()}{quoted}")


if __name__ == "__main__":
    nonebot.run()
