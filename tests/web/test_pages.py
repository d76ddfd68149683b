"""The panel's page and its words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hub_web import WebConfig
from tests.web.chat import Site

LOCALES = Path(__file__).parents[2] / "frontend" / "widget" / "src" / "locales"


def words(locale: str) -> dict[str, str]:
    """All words of one language."""
    found: dict[str, str] = json.loads((LOCALES / f"{locale}.json").read_text(encoding="utf-8"))
    return found


def test_both_languages_have_the_same_words() -> None:
    assert words("en").keys() == words("zh-CN").keys()
    for key, chinese in words("zh-CN").items():
        assert all(text.strip() for text in (chinese, words("en")[key])), key
        holes = [sorted(re.findall(r"\{\w+\}", text)) for text in (chinese, words("en")[key])]
        assert holes[0] == holes[1], key


def test_all_words_are_used() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in LOCALES.parent.rglob("*.ts*") if path.suffix in (".ts", ".tsx")
    )
    prefixes = {found + "." for found in re.findall(r"t\(`(\w+)\.\$\{", source)}
    unused = [key for key in words("en") if f"'{key}'" not in source and not key.startswith(tuple(prefixes))]
    assert unused == []


async def test_the_frame_says_who_may_embed_it(site: Site) -> None:
    async with site.session.get(site.url("frame")) as answer:
        if answer.status == 503:
            pytest.skip("the pages are not built here")
        policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://shop.example.com" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "origin", ["shop.example.com", "https://shop.example.com/page", "javascript:alert(1)", "https://*.com"]
)
def test_origins_are_checked_when_they_are_configured(origin: str) -> None:
    with pytest.raises(ValueError, match="an origin is a scheme and a host"):
        WebConfig(allowed_origins=(origin,))
