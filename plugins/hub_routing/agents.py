"""What routing takes of an agent of the document's ``agents:``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class AgentSettings(Protocol):
    """An agent as the document has them."""

    @property
    def login(self) -> str:
        """Their login."""

    @property
    def teams(self) -> Sequence[str]:
        """Their teams."""

    @property
    def skills(self) -> Mapping[str, int]:
        """Their skills, each with its level."""

    @property
    def capacity(self) -> int | None:
        """Units they take at once; None is the policy's."""

    @property
    def speed(self) -> Sequence[float]:
        """How fast each talk goes when they hold one, two, three …"""

    @property
    def reception(self) -> Sequence[str] | None:
        """Channels they take; None is all."""
