"""The demo as people meet it: `hub serve` in a process of its own, and Chromium with a visitor and an agent."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import aiohttp
from playwright.async_api import Browser, BrowserContext, Frame, Page, Playwright, expect

ROOT: Final = Path(__file__).parents[2]
SHOTS: Final = ROOT / "tests" / "artifacts"
PASSWORD: Final = "correct horse battery"
AXE: Final = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE: Final = 60.0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """`hub serve` on the demo's document. `setup_link` is what it printed at its first start."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.setup_link = ""
        self._data = data
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return when it says that it has started."""
        command: Sequence[str] = (
            *(str(Path(sys.executable).with_name("hub")), "serve", "--config", "config/demo.yaml"),
            *("--port", str(self.port), "--data", str(self._data)),
        )
        log = (self._data.parent / "hub.log").open("a")
        self._process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log
        )
        log.close()
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while line := (await self._process.stdout.readline()).decode():
                found = re.search(r"http\S+/desk/setup#token=\S+", line)
                if found:
                    self.setup_link = found.group(0)
                if self.setup_link and (found or self.url in line):
                    await self._all_running()
                    return
        raise AssertionError(f"the demo did not start; see {self._data.parent / 'hub.log'}")

    async def _all_running(self) -> None:
        """The knowledge base takes some seconds to load; until then people are handed over."""
        async with aiohttp.ClientSession() as client:
            while True:
                async with client.get(f"{self.url}/readyz") as answer:
                    instances = (await answer.json())["instances"]
                if all(instance["state"] == "running" for instance in instances):
                    return
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        """kill -9."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self._process is None or self._process.returncode is not None:
            return 0
        self._process.terminate()
        async with asyncio.timeout(30):
            return await self._process.wait()


async def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "install Debian's chromium: .ci/browser does"
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    options = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb", *quiet]
    return await playwright.chromium.launch(executable_path=chromium, args=options)


async def _frame(page: Page, address: str) -> Frame:
    """The frame that shows `address`, once it does: a closed shadow root hides it from locators."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for frame in page.frames:
                if address in frame.url:
                    return frame
            await page.evaluate("() => new Promise(requestAnimationFrame)")


class VisitorPage:
    """A visitor on the shop's page with the chat open."""

    def __init__(self, page: Page, frame: Frame) -> None:
        self.page = page
        self.frame = frame
        self.input = frame.get_by_test_id("composer-input")

    @classmethod
    async def visit(cls, context: BrowserContext, url: str) -> VisitorPage:
        """Open the page and the chat on it."""
        page = await context.new_page()
        await page.goto(url)
        await page.wait_for_function("() => typeof window.frontdesk === 'function'")
        await page.evaluate("() => window.frontdesk('open')")
        frame = await _frame(page, "/web/frame")
        visitor = cls(page, frame)
        await visitor.input.wait_for()
        return visitor

    async def says(self, words: str) -> None:
        """Type and press Enter."""
        await self.input.fill(words)
        await self.input.press("Enter")

    async def hears(self, words: str) -> None:
        """Wait for a message from the other side."""
        found = self.frame.locator("[data-testid=message]:not([data-direction=in])").filter(has_text=words)
        await expect(found.first).to_be_visible(timeout=PATIENCE * 1000)

    async def count(self, words: str) -> int:
        """How many messages hold these words."""
        return await self.frame.get_by_test_id("message").filter(has_text=words).count()


class AgentPage:
    """An agent at the workbench."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    async def set_up(cls, context: BrowserContext, link: str, login: str, name: str) -> AgentPage:
        """Make the first account by the printed link; the workbench opens."""
        page = await context.new_page()
        await page.goto(link)
        form = page.get_by_test_id("setup-form")
        words = {"name": name, "login": login, "password": PASSWORD, "password-again": PASSWORD}
        for field, word in words.items():
            await form.locator(f"input[data-testid={field}], [data-testid={field}] input").fill(word)
        await page.get_by_test_id("submit").click()
        await page.get_by_test_id("tab-waiting").wait_for()
        return cls(page)

    async def take(self, words: str) -> None:
        """Take the waiting conversation whose row shows `words`."""
        await self.page.get_by_test_id("tab-waiting").click()
        await self.page.get_by_test_id("conversation-row").filter(has_text=words).click()
        await self.page.get_by_test_id("take").first.click()
        await self.page.get_by_test_id("release").first.wait_for()

    async def writes(self, words: str, *, note: bool = False) -> None:
        """Answer the customer, or write a note."""
        await self.page.get_by_test_id("tab-note" if note else "tab-reply").click()
        box = self.page.get_by_test_id("composer-input")
        field = box if await box.evaluate("e => e.tagName === 'TEXTAREA'") else box.locator("textarea")
        await field.fill(words)
        await field.press("Enter")
        await self.sees(words)

    async def sees(self, words: str) -> None:
        """Wait for a message in the thread."""
        found = self.page.get_by_test_id("message").filter(has_text=words)
        await expect(found.first).to_be_visible(timeout=PATIENCE * 1000)

    async def count(self, words: str) -> int:
        """How many messages of the thread hold these words."""
        return await self.page.get_by_test_id("message").filter(has_text=words).count()


async def serious(where: Page | Frame) -> list[str]:
    """What axe-core finds serious or critical: rule and the first place. Needs the page's script rights."""
    await where.evaluate(AXE.read_text(encoding="utf-8"))
    found = await where.evaluate(
        "async () => (await axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})).violations"
        ".filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ' ' + v.nodes[0].target)"
    )
    return list(found)
