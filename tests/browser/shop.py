"""A shop of another origin with the chat on its page: plain, under a strict policy, or with style sheets against everybody."""

from __future__ import annotations

from typing import Final

from aiohttp import web

# The last rule only keeps the page itself blank: unset, its scripts and its title would be text.
HOSTILE: Final = """
* { all: unset !important; font-size: 60px !important; direction: rtl !important; }
button, iframe, svg, span, div { display: none !important; visibility: hidden !important; }
frontdesk-chat { display: none !important; opacity: 0 !important; z-index: -1 !important; filter: invert(1) !important; }
body { transform: translateX(-60px) scale(0.9) !important; filter: blur(2px) !important; }
:root { --c: lime; --t: red; --accent: lime; font-size: 200px !important; }
html > head, html > body > script { display: none !important; }
"""

STRICT: Final = (
    "default-src 'none'; script-src 'nonce-shop' {hub}; style-src 'self'; img-src 'self'; frame-src {hub}; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)

PAGE: Final = """<!doctype html>
<html lang="zh-CN"{more}><head><meta charset="utf-8"><title>另一家商店</title>{style}
<script nonce="shop">
window.refused = []
addEventListener('securitypolicyviolation', event => refused.push(event.violatedDirective + ' ' + event.blockedURI))
window.before = Object.keys(window)
</script></head>
<body><script async src="{hub}/web/w.js"></script></body></html>"""


class Shop:
    """Serves `/plain`, `/strict` and `/hostile` at `http://localhost:PORT`, which is another site than 127.0.0.1."""

    def __init__(self, port: int, hub: str) -> None:
        self.url = f"http://localhost:{port}"
        self._port = port
        self._hub = hub
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Open."""
        application = web.Application()
        application.router.add_get("/plain", self._plain)
        application.router.add_get("/strict", self._strict)
        application.router.add_get("/hostile", self._hostile)
        application.router.add_get("/hostile.css", self._css)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        await web.TCPSite(self._runner, "localhost", self._port).start()

    async def stop(self) -> None:
        """Close."""
        assert self._runner is not None
        await self._runner.cleanup()

    def _page(self, *, style: str = "", more: str = "", policy: str = "") -> web.Response:
        headers = {"Content-Security-Policy": policy} if policy else {}
        text = PAGE.format(hub=self._hub, style=style, more=more)
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def _plain(self, request: web.Request) -> web.Response:
        return self._page()

    async def _strict(self, request: web.Request) -> web.Response:
        return self._page(policy=STRICT.format(hub=self._hub))

    async def _hostile(self, request: web.Request) -> web.Response:
        return self._page(style='<link rel="stylesheet" href="/hostile.css">', more=' dir="rtl"')

    async def _css(self, request: web.Request) -> web.Response:
        return web.Response(text=HOSTILE, content_type="text/css")
