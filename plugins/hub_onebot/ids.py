"""Ids and addresses: the platform's numbers are texts in the hub, and go back as the numbers they were."""

from __future__ import annotations

import re
from typing import Any, Final, Literal
from urllib.parse import quote, unquote

import msgspec

from hub import Refused, Rejected

LONGEST: Final = 64
_EXACT: Final = 2**53
"""Greater numbers are not exact everywhere: many implementations are JavaScript."""

_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,15}")


def id_of(value: Any) -> str:
    """An id that came as a number or as text; "" where there is none. Raises Refused for one that cannot be."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST or "\0" in value:
        raise Refused(422, "bad_id", f"an id is a number or a text of at most {LONGEST} characters")
    return value.strip()


def as_sent(id: str) -> int | str:
    """An id as calls have it: a number where it is one and every implementation reads it exactly, else text."""
    return int(id) if _NUMBER.fullmatch(id) and abs(int(id)) <= _EXACT else id


class Chat(msgspec.Struct, frozen=True):
    """Where something is said: the account it reaches, with whom or in which group, and there by which member."""

    self_id: str
    kind: Literal["private", "group"]
    id: str
    member: str = ""

    @property
    def address(self) -> str:
        """As the hub keeps it."""
        parts = (self.self_id, self.kind, self.id, *((self.member,) if self.member else ()))
        return "/".join(quote(part, safe="") for part in parts)

    @property
    def place(self) -> Chat:
        """The same without the member: what is said there is seen by all of them."""
        return Chat(self.self_id, self.kind, self.id)


def chat_of(address: str) -> Chat:
    """The chat behind an address. Raises Rejected where it is none."""
    match [unquote(part) for part in address.split("/")]:
        case [self_id, "private", id]:
            return Chat(self_id, "private", id)
        case [self_id, "group", id, *member] if len(member) <= 1:
            return Chat(self_id, "group", id, "".join(member))
    raise Rejected(f"{address!r} is no address of this channel")
