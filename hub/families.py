"""What CRM, survey and workbench hooks exchange with the hub."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """What a CRM knows about somebody: written to the person, newer over older.

    `external_id` is the CRM's own id for them, `url` a page about them.
    """

    external_id: str
    name: str = ""
    tier: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True, slots=True)
class SurveyOffer:
    """An invitation to a survey: shown as a card with `title`, `text` and the link `url`.

    `token` ties the answer to the conversation it is about.
    """

    survey: str
    token: str
    title: str
    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """One filled-in survey. `answers` maps question names to JSON values, `score` is 0 to 1 or None."""

    survey: str
    token: str
    conversation_id: int
    person_id: int
    answers: dict[str, Any] = field(default_factory=dict)
    score: float | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class PanelItem:
    """One line of a panel: a label, a value, and a link where there is one."""

    label: str
    value: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled list beside the conversation. `id` is stable, so that the page remembers it is folded."""

    id: str
    title: str
    items: tuple[PanelItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A reply proposed to the agent. `confidence` is 0 to 1; `source` says where it comes from."""

    text: str
    confidence: float
    source: str = ""
