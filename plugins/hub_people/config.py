"""What the YAML may say about who is who."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from hub import PluginConfig

Form = Literal["phone", "email", "exact", "folded"]
Trust = Literal["always", "verified", "never"]

FORMS: Final[dict[str, Form]] = {"phone": "phone", "email": "email"}
"""How the values of well-known kinds are written; all others stand as they are."""

Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Scope = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


def _country(value: str) -> str:
    if value and value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"{value!r} is no country of two capital letters, such as CN")
    return value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Key(_Part):
    """One kind of key: what tells across channels who somebody is."""

    kind: Kind = Field(description="Its name among a channel's keys: unionid, phone, email, crm …")
    scope: Scope = Field("", description="Where its values are valid, such as one WeChat open platform account.")
    trust: Trust = Field("verified", description="Whose word joins people: everybody's, a vouched-for sender's, or nobody's.")
    sources: tuple[str, ...] = Field(
        (), alias="from", description="Channels (instances) whose word counts; all of them when left out."
    )
    form: Form | None = Field(None, description="How values are written; by the kind when left out.")
    confidence: float = Field(
        0.8, gt=0, lt=1, description="How likely it is the same person where the key is not trusted; for the agent."
    )

    @property
    def written(self) -> Form:
        """How values of this key are written."""
        return self.form or FORMS.get(self.kind, "exact")


KEYS: Final = (
    Key(kind="unionid", trust="always"),
    Key(kind="crm"),
    Key(kind="phone"),
    Key(kind="email"),
)


class Claims(_Part):
    """Codes and links with which a customer shows on another channel who they are."""

    minutes: float = Field(10, gt=0, le=1440, description="How long one is good for.")
    wrong: int = Field(5, ge=1, le=100, description="Wrong codes after which a sender's codes are not looked at any more.")
    wrong_for_all: int = Field(60, ge=1, description="The same for all senders of one channel together.")
    locked: float = Field(15, gt=0, le=1440, description="Minutes until they are looked at again.")
    live: int = Field(200, ge=1, le=1000, description="Codes that may be good at the same time.")


class Erasures(_Part):
    """Who was erased, as long as a plugin with data of its own does not run and has still to forget them."""

    days: float = Field(180, gt=0, le=3650, description="Days after which it is not waited for any more; it is told then.")


class PeopleConfig(PluginConfig):
    """Who is who."""

    country: Annotated[str, AfterValidator(_country)] = Field(
        "CN", description="Country of telephone numbers without a country code; empty: such numbers are no keys."
    )
    keys: tuple[Key, ...] = Field(KEYS, description="The keys there are; of several that are trusted the first decides.")
    claims: Claims = Claims()
    erasures: Erasures = Erasures()
