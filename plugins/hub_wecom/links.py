"""Links to an account that bring a word with them, for pages and QR codes."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from hub import Context, Refused
from hub_wecom.api import Api

SCENE: Final = "hub"
"""The platform's own scene: one for all links, so that the link itself is fetched once; the word goes beside it."""

LONGEST: Final = 128


class Links:
    """Makes links."""

    def __init__(self, ctx: Context, api: Api, default: str) -> None:
        self._ctx = ctx
        self._api = api
        self._default = default

    async def link(self, scene: str, account: str = "") -> str:
        """A link to `account` that brings `scene`, word for word. Raises Refused (422) for one that is empty or too long."""
        word = quote(scene, safe="")
        if not word or len(word) > LONGEST:
            raise Refused(422, "bad_scene", f"what a link brings has 1 to {LONGEST} characters, encoded for an address")
        account = account or self._default
        key = f"link:{account}"
        base: str = await self._ctx.data.get(key, "")
        if not base:
            told = await self._api.call("add_contact_way", {"open_kfid": account, "scene": SCENE})
            base = str(told.get("url", ""))
            await self._ctx.data.put(key, base)
        return f"{base}{'&' if '?' in base else '?'}scene_param={word}"
