"""Keys: what a channel knows about somebody beside its own id, in one spelling, and how much it is worth."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import phonenumbers

from hub_people.config import Form, Key, PeopleConfig

LONGEST: Final = 300
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}")


class Known(NamedTuple):
    """A key in its normal spelling. `trusted` where it is enough to know who somebody is."""

    kind: str
    scope: str
    value: str
    trusted: bool
    confidence: float

    @property
    def place(self) -> tuple[str, str, str]:
        """The key as an identity: platform, scope and external id."""
        return (self.kind, self.scope, self.value)


def normal(form: Form, value: str, country: str) -> str:
    """The normal spelling of a value; empty where it is none of that form."""
    text = unicodedata.normalize("NFKC", value).strip()
    if not text or len(text) > LONGEST or "\0" in text:
        return ""
    match form:
        case "phone":
            return _phone(text, country)
        case "email":
            return _email(text)
        case "folded":
            return text.casefold()
        case "exact":
            return text


def _phone(text: str, country: str) -> str:
    """As E.164: +8613800138000."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number) or number.extension:
        # Everybody in an office has the same number before the extension.
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(text: str) -> str:
    """Without differences in case: no provider in use keeps apart what differs in nothing else."""
    if not _EMAIL.fullmatch(text):
        return ""
    name, _, host = text.rpartition("@")
    try:
        host = host.rstrip(".").encode("idna").decode().lower() if not host.isascii() else host.rstrip(".").lower()
    except UnicodeError:
        return ""
    return f"{name.casefold()}@{host}" if "." in host else ""


class Policy:
    """The keys of the configuration, in its order."""

    def __init__(self, config: PeopleConfig) -> None:
        self._keys = config.keys
        self._country = config.country

    def known(self, said: Mapping[str, str], *, channel: str, verified: bool) -> Sequence[Known]:
        """What is known by the keys that `channel` names for a sender it vouches for (or not), the weightiest first."""
        found = []
        for key in self._keys:
            value = normal(key.written, str(said.get(key.kind, "")), self._country)
            if value:
                trusted = self._trusted(key, channel, verified)
                found.append(Known(key.kind, key.scope, value, trusted, key.confidence))
        return found

    def weightier(self, key: Known) -> Sequence[tuple[str, str]]:
        """Kind and scope of the keys that count more than this one."""
        kinds = [one.kind for one in self._keys]
        before = kinds.index(key.kind) if key.kind in kinds else len(kinds)
        return [(one.kind, one.scope) for one in self._keys[:before]]

    def in_order(self, keys: Iterable[Known]) -> Sequence[Known]:
        """The weightiest first; what the configuration no longer has is left out."""
        order = {(key.kind, key.scope): place for place, key in enumerate(self._keys)}
        return sorted((key for key in keys if key.place[:2] in order), key=lambda key: order[key.place[:2]])

    @staticmethod
    def _trusted(key: Key, channel: str, verified: bool) -> bool:
        if key.sources and channel not in key.sources:
            return False
        return key.trust == "always" or (key.trust == "verified" and verified)
