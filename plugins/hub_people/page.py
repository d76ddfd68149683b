"""The page behind a claim's link: where the customer can go on, as links and QR codes. To look at it uses nothing up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import segno
from aiohttp import web

from hub import Channel
from hub.pages import Operation, Parameter
from hub_people.words import words

if TYPE_CHECKING:
    from hub_people.plugin import People

FILES: Final = Path(__file__).parent / "pages"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


def register(people: People) -> None:
    """Serve it."""
    token = Parameter("token", {"type": "string", "maxLength": 100}, "from the link", place="path")
    doc = Operation(
        "Where to go on with a conversation", parameters=(token,), media="text/html", errors=(410,), tags=("People",)
    )
    people.ctx.static("/people", FILES)

    async def show(request: web.Request) -> web.Response:
        locale = _locale(request, people.ctx.locale)
        shown = request.match_info["token"][:100]
        if await people.claims.by_token(shown) is None:
            return _page(locale, words("over", locale), (), status=410)
        links = await people.invitations.links(shown)
        channels = people.ctx.house.channels
        base = people.ctx.public_url or str(request.url.origin())
        return _page(locale, words("lead", locale), _ways(links, channels, base, locale))

    people.ctx.route("GET", "/c/{token}", show, doc=doc)


def qr(text: str) -> str:
    """A QR code as the address of a picture."""
    return str(segno.make(text, error="m").svg_data_uri(border=2, light="#fff"))


def _ways(links: Mapping[str, str], channels: Mapping[str, Channel[Any]], base: str, locale: str) -> Iterable[str]:
    for name, link in links.items():
        whole = f"{base}{link}" if link.startswith("/") else link
        web_page = link.startswith(("/", base))
        channel = channels.get(name)
        title = (channel.title if channel is not None else "") or name
        label = words("chat", locale) if web_page else words("scan", locale, channel=title)
        picture = "" if web_page else f'<img alt="" src="{escape(qr(whole))}">'
        yield f'<li>{picture}<a href="{escape(whole)}">{escape(label)}</a></li>'


def _page(locale: str, lead: str, ways: Iterable[str], status: int = 200) -> web.Response:
    title = words("title", locale)
    text = (
        f'<!doctype html><html lang="{locale}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="/people/claim.css">'
        f"<main><h1>{title}</h1><p>{lead}</p><ul>{''.join(ways)}</ul></main></html>"
    )
    return web.Response(text=text, content_type="text/html", charset="utf-8", headers=HEADERS, status=status)


def _locale(request: web.Request, default: str) -> str:
    for part in request.headers.get("Accept-Language", "").lower().split(","):
        if part.strip()[:2] in ("zh", "en"):
            return "zh-CN" if part.strip().startswith("zh") else "en"
    return default
