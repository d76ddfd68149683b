"""Brings people on: each in a browser window of their own, with cookies and storage of their own."""

from __future__ import annotations

from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, StorageState, ViewportSize

from tests.browser.house import PATIENCE, SHOTS
from tests.browser.people import AgentPage, VisitorPage

DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 800}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}


class Stage:
    """Brings people on. `url` is where they find the hub."""

    def __init__(self, browser: Browser, url: str, signed_in: StorageState | None = None) -> None:
        self.browser = browser
        self.url = url
        self._signed_in = signed_in
        self._contexts: list[BrowserContext] = []

    async def context(self, *, locale: str = "zh-CN", phone: bool = False, **options: Any) -> BrowserContext:
        """A browser window of somebody new."""
        size = PHONE if phone else DESKTOP
        context = await self.browser.new_context(viewport=size, locale=locale, has_touch=phone, **options)
        # A slow machine takes longer than the half minute it is otherwise given.
        context.set_default_timeout(PATIENCE * 1000)
        self._contexts.append(context)
        return context

    async def visitor(self, *, locale: str = "zh-CN", phone: bool = False, **options: Any) -> VisitorPage:
        """Somebody on the shop's page who opens the chat."""
        context = await self.context(locale=locale, phone=phone, **options)
        return await VisitorPage.visit(context, f"{self.url}/{'en/' if locale.startswith('en') else ''}")

    async def agent(self, *, locale: str = "zh-CN", phone: bool = False, **options: Any) -> AgentPage:
        """刘芳 at the workbench, in a window of her own."""
        assert self._signed_in is not None
        context = await self.context(locale=locale, phone=phone, storage_state=self._signed_in, **options)
        return await AgentPage.return_(context, self.url)

    async def clear(self, story: str) -> None:
        """Everybody leaves. A `story` that failed leaves its pictures."""
        for number, context in enumerate(self._contexts):
            for index, page in enumerate(context.pages if story else ()):
                SHOTS.mkdir(exist_ok=True)
                await page.screenshot(path=SHOTS / f"failed-{story}-{number}-{index}.png")
            await context.close()
