"""The account's menu, as the YAML has it: published at start when it changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from hub import Context
from hub.tables import to_json
from hub_wechat.client import Api
from hub_wechat.config import MenuItem

PUBLISHED: Final = "menu"
"""Under which the digest of what is published is kept."""


async def publish(ctx: Context, api: Api, menu: Sequence[MenuItem]) -> bool:
    """Publish the menu, or take it away where it is empty; False when it is as before. Raises what the API raises."""
    buttons = [_button(item) for item in menu]
    digest = hashlib.sha256(to_json(buttons).encode()).hexdigest()
    if await ctx.data.get(PUBLISHED) == digest:
        return False
    await (api.menu.create({"button": buttons}) if buttons else api.menu.delete())
    await ctx.data.put(PUBLISHED, digest)
    ctx.log.info("the menu is published", buttons=len(buttons))
    return True


def _button(item: MenuItem) -> dict[str, Any]:
    if item.items:
        return {"name": item.name, "sub_button": [_button(one) for one in item.items]}
    if item.key:
        return {"type": "click", "name": item.name, "key": item.key}
    if item.app_id:
        return {"type": "miniprogram", "name": item.name, "url": item.url, "appid": item.app_id, "pagepath": item.page}
    return {"type": "view", "name": item.name, "url": item.url}
