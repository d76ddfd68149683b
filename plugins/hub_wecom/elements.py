"""From the platform's messages to the hub's elements. What nobody knows yet becomes words, never an error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from hub import Body, Button, Buttons, Card, Choice, Element, Location, Text
from hub_wecom.words import words

Row = Mapping[str, Any]
"""One entry of `msg_list`."""

Fetch = Callable[[str, str], Awaitable[Element]]
FILES: Final = ("image", "voice", "video", "file")


async def body_of(row: Row, fetch: Fetch, locale: str) -> Body:
    """What was said. `fetch(kind, media_id)` brings a file; an empty body means that nothing was said."""
    kind = str(row.get("msgtype", ""))
    found = row.get(kind)
    said: Row = found if isinstance(found, Mapping) else {}
    if kind in FILES:
        return (await fetch(kind, _text(said, "media_id")),)
    element = _plain(kind, said, locale)
    return () if element is None else (element,)


def _plain(kind: str, said: Row, locale: str) -> Element | None:
    match kind:
        case "text":
            return _words(said)
        case "location":
            return _place(said, locale)
        case "link":
            image = _text(said, "pic_url")
            card = (_text(said, "title") or _text(said, "url"), _text(said, "desc"), _text(said, "url"))
            return Card(*card, image if image.startswith("https://") else "")
        case "miniprogram":
            where = words("mini_program", locale, appid=_text(said, "appid"), path=_text(said, "pagepath"))
            return Card(_text(said, "title") or where, where)
        case "business_card":
            return Text(words("business_card", locale, userid=_text(said, "userid")))
        case "msgmenu":
            return _menu(said)
        case "channels_shop_product" | "channels_shop_order":
            return _goods(kind, said, locale)
        case "merged_msg":
            return Text(words("chat_record", locale, title=_text(said, "title")))
    return Text(words("unsupported", locale, kind=kind or "?"))


def _words(said: Row) -> Element | None:
    content, chosen = _text(said, "content"), _text(said, "menu_id")
    if chosen:
        return Choice(content or chosen, chosen)
    return Text(content) if content.strip() else None


def _place(said: Row, locale: str) -> Element:
    latitude, longitude = said.get("latitude"), said.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return Text(words("unsupported", locale, kind="location"))
    return Location(float(latitude), float(longitude), _text(said, "name"), _text(said, "address"))


def _menu(said: Row) -> Element:
    buttons = []
    for item in said.get("list") or ():
        inner = item.get(str(item.get("type", ""))) if isinstance(item, Mapping) else None
        if isinstance(inner, Mapping):
            buttons.append(Button(_text(inner, "content"), _text(inner, "id"), _text(inner, "url")))
    head = "\n".join(text for text in (_text(said, "head_content"), _text(said, "tail_content")) if text)
    return Buttons(tuple(buttons), head)


def _goods(kind: str, said: Row, locale: str) -> Element:
    shop = _text(said, "shop_nickname")
    if kind == "channels_shop_product":
        cents = _text(said, "sales_price")
        price = f"¥{int(cents) / 100:.2f}" if cents.isdecimal() else cents
        return Card(_text(said, "title") or shop, words("product", locale, price=price, shop=shop))
    facts = {"id": _text(said, "order_id"), "state": _text(said, "state"), "price": _text(said, "price_wording")}
    return Card(_text(said, "product_titles") or facts["id"], words("order", locale, shop=shop, **facts))


def _text(said: Row, name: str) -> str:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\0", "")[:20_000]
