"""Words of `hub route` that read what a hub has stored, or tell a running one something."""

from __future__ import annotations

import argparse
from typing import Protocol


class Added(Protocol):
    """Makes the parser of a word."""

    def __call__(self, name: str, help: str = "") -> argparse.ArgumentParser: ...


def add(added: Added, locale: str) -> None:
    """The words."""
