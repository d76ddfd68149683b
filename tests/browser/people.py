"""A visitor with the chat, and an agent at the workbench, as far as a test drives them."""

from __future__ import annotations

import asyncio
from typing import Final

from playwright.async_api import BrowserContext, FilePayload, Frame, Locator, Page, expect

from tests.browser.house import PATIENCE

PASSWORD: Final = "correct horse battery"

# Real input from an input method: what a Chinese keyboard does between the first letter and the chosen word.
ENTER: Final = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229, "nativeVirtualKeyCode": 13}

DROP: Final = """(element, [name, type, base64]) => {
    const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0))
    const carried = new DataTransfer()
    carried.items.add(new File([bytes], name, {type}))
    for (const kind of ['dragenter', 'dragover', 'drop'])
        element.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}))
}"""


async def frame_at(page: Page, address: str) -> Frame:
    """The frame that shows `address`, once it does: a closed shadow root hides it from locators."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for frame in page.frames:
                if address in frame.url:
                    return frame
            await page.evaluate("() => new Promise(requestAnimationFrame)")


async def compose(page: Page, letters: str, word: str) -> None:
    """Write `letters` with an input method, press the Enter that ends the composition, and get `word`."""
    browser = await page.context.new_cdp_session(page)
    at = len(letters)
    await browser.send("Input.imeSetComposition", {"text": letters, "selectionStart": at, "selectionEnd": at})
    await browser.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **ENTER})
    await browser.send("Input.insertText", {"text": word})
    await browser.send("Input.dispatchKeyEvent", {"type": "keyUp", **ENTER})
    await browser.detach()
    # A page lets go of the composition one turn later, for the sake of Safari; nobody types as fast as that.
    await page.evaluate("() => new Promise(done => setTimeout(() => setTimeout(done)))")


class VisitorPage:
    """A visitor on a shop's page with the chat open."""

    def __init__(self, page: Page, frame: Frame) -> None:
        self.page = page
        self.frame = frame
        self.input = frame.get_by_test_id("composer-input")
        self.connection = frame.get_by_test_id("connection")
        self.own = frame.locator("[data-testid=message][data-direction=in]")

    @classmethod
    async def visit(cls, context: BrowserContext, url: str) -> VisitorPage:
        """Open the page and the chat on it."""
        page = await context.new_page()
        await page.goto(url)
        await page.wait_for_function("() => typeof window.frontdesk === 'function' && window.frontdesk.ready")
        await page.evaluate("() => window.frontdesk('open')")
        return await cls.in_chat(page)

    @classmethod
    async def in_chat(cls, page: Page) -> VisitorPage:
        """The visitor whose chat is open on `page`."""
        visitor = cls(page, await frame_at(page, "/web/frame"))
        await visitor.input.wait_for()
        return visitor

    async def says(self, words: str) -> None:
        """Type and press Enter."""
        await self.input.fill(words)
        await self.input.press("Enter")

    async def hears(self, words: str) -> None:
        """Wait for a message from the other side."""
        found = self.frame.locator("[data-testid=message]:not([data-direction=in])").filter(has_text=words)
        await expect(found.first).to_be_visible()

    async def sees(self, words: str) -> None:
        """Wait for a message of either side."""
        await expect(self.frame.get_by_test_id("message").filter(has_text=words).first).to_be_visible()

    async def sees_own(self, words: str, times: int = 1) -> None:
        """Wait until the visitor's own message is there, as often as it should be."""
        await expect(self.own.filter(has_text=words)).to_have_count(times)

    async def is_(self, link: str) -> None:
        """Wait until the page says that it is online, offline or connecting."""
        await expect(self.connection).to_have_attribute("data-state", link)

    async def is_folded(self) -> None:
        """Wait until the panel is gone from the page; it stays loaded."""
        await (await self.frame.frame_element()).wait_for_element_state("hidden")

    async def count(self, words: str) -> int:
        """How many messages hold these words."""
        return await self.frame.get_by_test_id("message").filter(has_text=words).count()

    async def said(self) -> list[str]:
        """The words of all messages between the two sides, in order."""
        return await bubbles(self.frame.locator("[data-testid=message]:not([data-direction=system])"), ".words")

    async def picks(self, *files: FilePayload) -> None:
        """Attach files by the button."""
        await self.frame.locator("input[type=file]").set_input_files(list(files))

    async def asks_for_a_person(self, words: str) -> None:
        """Press the button that calls a person, and say why."""
        await self.frame.get_by_test_id("human").click()
        await self.frame.get_by_test_id("queue").wait_for()
        await self.says(words)


class AgentPage:
    """An agent at the workbench."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.connection = page.get_by_test_id("connection")
        self.input = page.get_by_test_id("composer-input")

    @classmethod
    async def set_up(cls, context: BrowserContext, link: str, login: str, name: str) -> AgentPage:
        """Make the first account by the printed link; the workbench opens."""
        page = await context.new_page()
        await page.goto(link)
        words = {"name": name, "login": login, "password": PASSWORD, "password-again": PASSWORD}
        for field, word in words.items():
            await page.get_by_test_id(field).fill(word)
        return await cls._enter(page)

    @classmethod
    async def sign_in(cls, context: BrowserContext, url: str, login: str) -> AgentPage:
        """Sign in at the login page."""
        page = await context.new_page()
        await page.goto(f"{url}/desk/login")
        await page.get_by_test_id("login").fill(login)
        await page.get_by_test_id("password").fill(PASSWORD)
        return await cls._enter(page)

    @classmethod
    async def return_(cls, context: BrowserContext, url: str) -> AgentPage:
        """Open the workbench where somebody is signed in already."""
        page = await context.new_page()
        await page.goto(f"{url}/desk/")
        await page.get_by_test_id("tab-waiting").wait_for()
        return cls(page)

    @classmethod
    async def _enter(cls, page: Page) -> AgentPage:
        await page.get_by_test_id("submit").click()
        await page.get_by_test_id("tab-waiting").wait_for()
        return cls(page)

    def row(self, words: str) -> Locator:
        """The row of the list that shows `words`."""
        return self.page.get_by_test_id("conversation-row").filter(has_text=words)

    async def take(self, words: str) -> None:
        """Take the waiting conversation whose row shows `words`."""
        await self.page.get_by_test_id("tab-waiting").click()
        await self.row(words).click()
        await self.page.get_by_test_id("take").click()
        await self.page.get_by_test_id("release").wait_for()

    async def writes(self, words: str, *, note: bool = False) -> None:
        """Answer the customer, or write a note."""
        await self.page.get_by_test_id("tab-note" if note else "tab-reply").click()
        await self.input.fill(words)
        await self.input.press("Enter")
        await self.sees(words)

    async def closes(self) -> None:
        """End the conversation; the workbench goes on to the next that waits for this agent, or to none."""
        await self.page.get_by_test_id("close").click()
        confirm = self.page.get_by_test_id("close-confirm")
        await confirm.wait_for()
        ended = self.page.url
        await confirm.click()
        await expect(self.page).not_to_have_url(ended)

    async def sees(self, words: str) -> None:
        """Wait for a message in the thread."""
        await expect(self.messages.filter(has_text=words).first).to_be_visible()

    @property
    def messages(self) -> Locator:
        """The messages of the thread."""
        return self.page.get_by_test_id("message")

    async def is_(self, status: str) -> None:
        """Wait until the page says that it is online or reconnecting."""
        await expect(self.connection).to_have_attribute("data-state", status)

    async def count(self, words: str) -> int:
        """How many messages of the thread hold these words."""
        return await self.messages.filter(has_text=words).count()

    async def said(self) -> list[str]:
        """The words of the thread's messages, in order."""
        return await bubbles(self.messages, ".text")

    async def picks(self, *files: FilePayload) -> None:
        """Attach files by the button."""
        await self.page.get_by_test_id("file-input").set_input_files(list(files))


async def bubbles(messages: Locator, words: str) -> list[str]:
    """What stands in each bubble with words."""
    return [text.strip() for text in await messages.locator(words).all_inner_texts()]
