"""What the pages weigh on the wire, compressed as they are served. The numbers stand in docs/decisions.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
WIDGET: Final = ROOT / "plugins" / "hub_web" / "static"
DESK: Final = ROOT / "plugins" / "hub_desk" / "static"
LOCALES: Final = ("zh-CN", "en")

LOADER_MOST: Final = 3_000
PANEL_GOAL: Final = 15_000
PANEL_MOST: Final = 20_600
DESK_MOST: Final = 180_000


def weight(path: Path) -> int:
    """The bytes of a file as a browser gets it."""
    return path.with_name(f"{path.name}.br").stat().st_size


def named_in(page: Path) -> list[Path]:
    """The scripts and styles a page loads at once."""
    names = re.findall(r'(?:src|href)="[^"]*?(assets/[^"]+\.(?:js|css))"', page.read_text(encoding="utf-8"))
    return [page.parent / name for name in names]


def panel(locale: str) -> int:
    """Everything that travels when a visitor opens the chat."""
    page = WIDGET / "index.html"
    (words,) = (WIDGET / "assets").glob(f"{locale}-*.json")
    return sum(map(weight, (page, *named_in(page), words)))


def test_the_loader_is_light() -> None:
    assert weight(WIDGET / "w.js") <= LOADER_MOST


@pytest.mark.parametrize("locale", LOCALES)
def test_the_panel_grows_no_further(locale: str) -> None:
    assert PANEL_GOAL < panel(locale) <= PANEL_MOST, "under the goal: say so in docs/decisions.md"


def test_the_decisions_tell_the_real_size() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    said = re.search(r"panel .*?\*\*([\d.]+) kB\*\*.*?goal of 15 kB", text)
    assert said is not None
    assert abs(float(said.group(1)) - max(map(panel, LOCALES)) / 1000) < 0.3


def test_what_only_some_need_is_loaded_later() -> None:
    page = WIDGET / "index.html"
    later = set((WIDGET / "assets").glob("*.js")) - set(named_in(page))
    parts = {part for part in ("attaching", "Lightbox", "Rich", "Wait") for path in later if path.name.startswith(f"{part}-")}
    assert parts == {"attaching", "Lightbox", "Rich", "Wait"}


def test_the_desk_keeps_its_budget() -> None:
    page = DESK / "index.html"
    workbench = [path for name in ("WorkbenchPage", "AppShell") for path in (DESK / "assets").glob(f"{name}-*.[jc]s*")]
    first = {*named_in(page), *(path for path in workbench if path.suffix in (".js", ".css"))}
    assert sum(map(weight, first)) <= DESK_MOST
