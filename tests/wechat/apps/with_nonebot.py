"""An app on nonebot with its WeChat adapter; ``{"port", "api", "bots"}`` as JSON in the only argument.

It repeats what it hears. The adapter knows one address of the platform's API; here that is the simulator's.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import nonebot
from nonebot import on_message
from nonebot.adapters.wxmp import Adapter, Bot, Event
from nonebot.drivers import Request, Response
from yarl import URL

options = json.loads(sys.argv[1])


class Here(Adapter):
    """Asks the simulator."""

    async def request(self, setup: Request) -> Response:
        api = URL(options["api"])
        setup.url = URL(setup.url).with_scheme("http").with_host(str(api.host)).with_port(api.port)
        return await super().request(setup)


nonebot.init(
    driver="~fastapi+~aiohttp", host="127.0.0.1", port=options["port"], log_level="WARNING", wxmp_bots=options["bots"]
)
nonebot.get_driver().register_adapter(Here)


@on_message().handle()
async def repeat(bot: Bot, event: Event) -> Any:
    await bot.send(event, f"nonebot:{event.get_plaintext()}")


nonebot.run()
