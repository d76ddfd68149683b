"""What can be judged by looking at a page: accessibility, its language, its width, and likeness to another picture."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import Final

from playwright.async_api import Frame, Page

from tests.browser.house import ROOT, SHOTS

AXE: Final = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
CHINESE: Final = re.compile(r"[\u3400-\u9fff]")

# Half of a colour transition has half of the contrast.
STILL: Final = """async () => {
    const passing = () => document.getAnimations().filter(a => a.effect.getComputedTiming().iterations !== Infinity)
    const frames = async count => { while (count--) await new Promise(requestAnimationFrame) }
    await frames(3)  // until a change of the colour scheme has begun
    while (passing().length) {
        await Promise.all(passing().map(a => a.finished.catch(() => null)))
        await frames(1)
    }
}"""

FOUND: Final = """async () => (await axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})).violations
    .filter(v => ['serious', 'critical'].includes(v.impact))
    .map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.target + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`)"""

# Everything a person reads or is read: text, and the attributes that stand in for it.
WORDS: Final = """said => {
    const shown = element => element.checkVisibility() && !(said && element.closest(said))
    const words = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement
        if (parent.matches('script, style, noscript') || parent.closest('[lang]') !== document.documentElement) continue
        if (shown(parent)) words.push(walker.currentNode.data.trim())
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
        if (!shown(element) || element.closest('[lang]') !== document.documentElement) continue
        for (const name of ['aria-label', 'title', 'placeholder', 'alt']) words.push((element.getAttribute(name) ?? '').trim())
    }
    words.push(document.title)
    return words.filter(Boolean)
}"""

# The share of pixels that differ by more than a shade.
DIFFERENCE: Final = """async ([one, other]) => {
    const pixels = async data => {
        const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + data)).blob())
        const canvas = new OffscreenCanvas(image.width, image.height)
        const context = canvas.getContext('2d')
        context.drawImage(image, 0, 0)
        return [image.width + 'x' + image.height, context.getImageData(0, 0, image.width, image.height).data]
    }
    const [[size, a], [otherSize, b]] = [await pixels(one), await pixels(other)]
    if (size !== otherSize) return 1
    let differing = 0
    for (let at = 0; at < a.length; at += 4) {
        differing += Math.max(Math.abs(a[at] - b[at]), Math.abs(a[at + 1] - b[at + 1]), Math.abs(a[at + 2] - b[at + 2])) > 24
    }
    return differing / (a.length / 4)
}"""

# Elements that reach beyond the window's sides, unless they scroll in a box of their own.
TOO_WIDE: Final = """() => [...document.body.querySelectorAll('*')].filter(element => {
    if (!element.checkVisibility({visibilityProperty: true}) || element.closest('.visually-hidden, .hidden, .skip')) return false
    const {left, right, width} = element.getBoundingClientRect()
    if (!width || (left >= -1 && right <= innerWidth + 1)) return false
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement)
        if (getComputedStyle(at).overflowX !== 'visible') return false
    return true
}).map(element => element.outerHTML.slice(0, 120))"""

SAID: Final = "[data-testid=conversation-row], [data-testid=message], .el-message, [data-testid=announcer]"
NAMES: Final = ("刘芳", "小明", "王明", "李雷", "中文", "切换语言", "你好", "前台")
"""Who takes part in the stories at the workbench, and what stays Chinese there."""


async def still(where: Page | Frame) -> None:
    """Wait until nothing moves that comes to an end."""
    await where.evaluate(STILL)


async def serious(where: Page | Frame) -> list[str]:
    """What axe-core finds serious or critical: the rule and the first places."""
    await still(where)
    await where.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await where.evaluate(FOUND)
    return found


async def fits(where: Page | Frame) -> None:
    """Nothing sticks out, nothing scrolls sideways."""
    assert await where.evaluate(TOO_WIDE) == []
    assert await where.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def words_on(where: Page | Frame, said: str = "") -> list[str]:
    """Every piece of text and every label of the page.

    What is marked as another language is left out, and what stands in elements that match `said`: words of people.
    """
    found: list[str] = await where.evaluate(WORDS, said)
    return found


def catalogue(page: str, locale: str) -> dict[str, str]:
    """The words of `page` (desk or widget) in a language, by key."""
    text = (ROOT / "frontend" / page / "src" / "locales" / f"{locale}.json").read_text(encoding="utf-8")
    return flat(json.loads(text))


def flat(tree: dict[str, object], prefix: str = "") -> dict[str, str]:
    """`{"a": {"b": "x"}}` as `{"a.b": "x"}`."""
    result: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        result |= flat(value, f"{name}.") if isinstance(value, dict) else {name: str(value)}
    return result


def raw_keys(words: Iterable[str], keys: Iterable[str]) -> list[str]:
    """Keys that stand where their words should."""
    known = {key for key in keys if "." in key}
    return [word for word in words if word in known]


def chinese(words: Iterable[str], besides: Iterable[str] = ()) -> list[str]:
    """What is Chinese, apart from names and what people said."""
    allowed = tuple(besides)
    return [word for word in words if CHINESE.search(word) and not any(name in word for name in allowed)]


def english(words: Iterable[str], page: str) -> list[str]:
    """What the English catalogue says and the Chinese one does not."""
    ours, theirs = catalogue(page, "zh-CN"), catalogue(page, "en")
    foreign = {text for key, text in theirs.items() if ours.get(key) != text and len(text) > 3} - set(ours.values())
    return [word for word in words if word in foreign]


async def difference(page: Page, one: bytes, other: bytes) -> float:
    """The share of pixels, 0 to 1, in which two pictures differ. Any page that may fetch will do."""
    pictures = [base64.b64encode(picture).decode() for picture in (one, other)]
    return float(await page.evaluate(DIFFERENCE, pictures))


async def wrong(page: Page, locale: str, name: str, *, whole: bool = False) -> list[str]:
    """What is wrong with a page of the workbench in either colour and at its width; its pictures stay."""
    SHOTS.mkdir(exist_ok=True)
    found: list[str] = []
    for colour in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if colour == "dark" else "light")
        found += await serious(page)
        await page.screenshot(path=SHOTS / f"{name}-{locale}-{colour}.png", full_page=whole)
    await fits(page)
    said = await words_on(page, SAID)
    return found + (chinese(said, NAMES) if locale == "en" else english(said, "desk"))
