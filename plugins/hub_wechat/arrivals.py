"""From a push to what the hub keeps: a customer's message, or a line of the event log."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from hub import Accepted, Body, Card, Choice, Context, Element, Inbound, Location, Sender, Text
from hub_wechat.config import WeChatConfig
from hub_wechat.customers import Customers
from hub_wechat.files import KINDS, Files
from hub_wechat.forms import text_of
from hub_wechat.places import to_wgs84
from hub_wechat.pushes import Push, push_of
from hub_wechat.words import word

JOB: Final = "fetch"
FETCH_AFTER: Final = 5.0
GIVEN_UP: Final = 3 * 24 * 3600.0
"""Seconds after which the platform has a file no more."""

READABLE: Final = 24
"""Characters of a scene that people gave a name; longer ones are a secret for machines, and not shown to anybody."""


class Arrivals:
    """Makes messages of pushes and has them stored."""

    def __init__(self, ctx: Context, config: WeChatConfig, customers: Customers, files: Files) -> None:
        self._ctx = ctx
        self._config = config
        self._customers = customers
        self._files = files
        ctx.job(JOB, self._fetch)

    async def accept(self, push: Push) -> Accepted:
        """Store the message of a push. Raises what `Context.accept` raises."""
        later = False
        if push.name in KINDS and not push.is_event:
            element, later = await self._files.element(push)
            body: Body = (element,)
        else:
            body = (self._element(push),)
        accepted = await self._ctx.accept(await self._inbound(push, body))
        if later and not accepted.duplicate:
            await self._ctx.schedule(JOB, FETCH_AFTER, {"fields": dict(push.fields)}, key=push.key)
        return accepted

    async def _inbound(self, push: Push, body: Body, suffix: str = "") -> Inbound:
        keys, attributes = await self._customers.keys(push.openid), await self._customers.attributes(push.openid)
        scope, locale = self._config.app_id, text_of(push.fields, "Language", 20)
        sender = Sender(push.openid, scope=scope, verified=True, locale=locale, attributes=attributes, keys=keys)
        return Inbound(push.key + suffix, sender, body, at=push.at)

    async def _fetch(self, payload: dict[str, Any]) -> None:
        """A file that was slow: it comes as a message of its own."""
        push = push_of(payload["fields"])
        element = await self._files.fetched(push.fields, push.openid)
        if element is None:
            if self._ctx.clock.now() - push.at / 1000 < GIVEN_UP:
                await self._ctx.schedule(JOB, 60, payload, key=f"{push.key}:again")
                return
            element = Text(word(self._ctx.locale, f"{KINDS[push.name]}_gone"))
        await self._ctx.accept(await self._inbound(push, (element,), ":file"))

    # -- what was said --------------------------------------------------------------------------

    def _element(self, push: Push) -> Element:
        if push.is_event:
            return self._pressed(push)
        message, locale = push.message, self._ctx.locale
        match push.name:
            case "text":
                words, pressed = text_of(push.fields, "Content"), text_of(push.fields, "bizmsgmenuid", 200)
                return Choice(words, pressed) if pressed else Text(words)
            case "location":
                return _location(push.fields)
            case "link":
                return Card(message.title or message.url or "", message.description or "", message.url or "")
            case "miniprogrampage":
                return Card(message.title or "", message.page_path or "", image=message.thumb_url or "")
        return Text(word(locale, "unsupported", kind=push.name))

    def _pressed(self, push: Push) -> Choice:
        """A scanned code or a pressed menu: words for people, and the payload as it was given."""
        locale = self._ctx.locale
        if push.scene:
            said = "scan" if len(push.scene) <= READABLE else "scanned"
            return Choice(word(locale, said, scene=push.scene), push.scene)
        label = self._config.label_of(push.detail) or word(locale, "click", key=push.detail)
        return Choice(label, push.detail)


def _location(fields: Mapping[str, Any]) -> Location | Text:
    name = text_of(fields, "Label", 500)
    try:
        latitude, longitude = float(text_of(fields, "Location_X", 40)), float(text_of(fields, "Location_Y", 40))
    except ValueError:
        return Text(name or "?")
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return Text(name or "?")
    return Location(*to_wgs84(latitude, longitude), name=name)
