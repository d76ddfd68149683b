"""The configurations in the documents are right: whoever copies one gets what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from hub.config import load
from hub.finding import installed

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("plugins/*/README.md"), *ROOT.glob("README*.md")])
LONG: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
"""A word that is right wherever one is asked for: an EncodingAESKey has 43 letters and digits."""

WORDS: Final = {"WECHAT_TOKEN": LONG[:32], "WECOM_TOKEN": LONG[:32]}


def documents() -> Iterator[tuple[str, str]]:
    """Blocks that begin with a section of a hub's document; others are knowledge, or parts."""
    sections = "|".join(["hub", "plugins", "teams", "agents", "service", *sorted(installed())])
    for page in PAGES:
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)):
            if re.match(rf"(?:{sections}):", block):
                yield f"{page.relative_to(ROOT)}:{number}", block


DOCUMENTS: Final = dict(documents())


@pytest.mark.parametrize("place", DOCUMENTS)
def test_a_configuration_of_the_documents_is_right(tmp_path: Path, place: str) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(DOCUMENTS[place], encoding="utf-8")
    wanted = re.findall(r"\$\{([A-Z_]+)", DOCUMENTS[place])
    assert load(file, {name: WORDS.get(name, LONG) for name in wanted}).instances or "hub:" in DOCUMENTS[place]


def test_all_plugins_with_settings_show_one() -> None:
    assert len(DOCUMENTS) > 10
