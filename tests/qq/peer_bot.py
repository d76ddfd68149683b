"""A bot that somebody else wrote the adapter of: nonebot-adapter-qq. It answers everything twice, and shows a picture when asked.

Run as a process of its own, configured by its only argument (JSON).
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from typing import Any

import nonebot
from nonebot.adapters.qq import Adapter, Bot, MessageSegment
from nonebot.adapters.qq.event import FriendAddEvent, InteractionCreateEvent, MessageEvent, ReadyEvent
from nonebot.plugin import on_message, on_notice, on_type

PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")


def main() -> None:
    """Serve until killed."""
    how: dict[str, Any] = json.loads(sys.argv[1])
    intent = {"c2c_group_at_messages": True, "direct_message": True, "interaction": True}
    bot = {"id": how["app_id"], "secret": how["secret"], "use_websocket": how["gateway"], "intent": intent}
    nonebot.init(
        driver="~fastapi+~aiohttp", host="127.0.0.1", port=how["port"], log_level="DEBUG",
        qq_bots=[bot], qq_api_base=how["api"], qq_auth_base=f"{how['api']}app/getAppAccessToken",
    )  # fmt: skip
    nonebot.get_driver().register_adapter(Adapter)
    said, noticed = on_message(), on_notice()
    ready = on_type(ReadyEvent)

    @ready.handle()
    async def _(event: ReadyEvent) -> None:
        print("READY", flush=True)

    @said.handle()
    async def _(bot: Bot, event: MessageEvent) -> None:
        text = event.get_plaintext()
        if text == "图片":
            await bot.send(event, MessageSegment.file_image(PICTURE))
        else:
            await bot.send(event, f"收到：{text}")
            await bot.send(event, "还有什么可以帮您？")

    @noticed.handle()
    async def _(bot: Bot, event: FriendAddEvent | InteractionCreateEvent) -> None:
        if isinstance(event, InteractionCreateEvent):
            await bot.put_interaction(interaction_id=event.id, code=0)
        await bot.send(event, f"欢迎：{event.__type__.value}")

    nonebot.run()


if __name__ == "__main__":
    main()
