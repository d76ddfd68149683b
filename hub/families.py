"""What CRM, survey, people and workbench hooks exchange with the hub."""

from __future__ import annotations

from typing import Any

from msgspec import field

from hub.records import Record


class CustomerCard(Record, frozen=True):
    """What a CRM knows about somebody: written to the person, newer over older.

    `external_id` is the CRM's own id for them, `url` a page about them.
    """

    external_id: str
    name: str = ""
    tier: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    url: str = ""


class ClaimOffer(Record, frozen=True):
    """How a customer shows on another channel who they are: once, until `expires_at` (milliseconds).

    They write `code` there, or open `link`; `invitations` are the channels' own links (by instance), also for QR codes.
    """

    code: str
    link: str
    expires_at: int
    invitations: dict[str, str] = field(default_factory=dict)


class SurveyOffer(Record, frozen=True):
    """An invitation to a survey: shown as a card with `title`, `text` and the link `url`.

    `token` ties the answer to the conversation it is about.
    """

    survey: str
    token: str
    title: str
    url: str
    text: str = ""


class SurveyAnswer(Record, frozen=True):
    """One filled-in survey. `answers` maps question names to JSON values, `score` is 0 to 1 or None."""

    survey: str
    token: str
    conversation_id: int
    person_id: int
    answers: dict[str, Any] = field(default_factory=dict)
    score: float | None = None
    comment: str = ""


class PanelItem(Record, frozen=True):
    """One line of a panel: a label, a value, and a link where there is one."""

    label: str
    value: str = ""
    url: str = ""


class Panel(Record, frozen=True):
    """A titled list beside the conversation. `id` is stable, so that the page remembers it is folded."""

    id: str
    title: str
    items: tuple[PanelItem, ...] = ()


class Suggestion(Record, frozen=True):
    """A reply proposed to the agent. `confidence` is 0 to 1; `source` says where it comes from."""

    text: str
    confidence: float
    source: str = ""
