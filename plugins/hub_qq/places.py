"""Where messages go: an address of the hub's, and what the platform calls it."""

from __future__ import annotations

from typing import Final, Literal, cast
from urllib.parse import quote

import msgspec

from hub import Rejected

Scene = Literal["c2c", "group", "channel", "dms"]

_PATHS: Final[dict[str, str]] = {"c2c": "/v2/users", "group": "/v2/groups", "channel": "/channels", "dms": "/dms"}


class Place(msgspec.Struct, frozen=True):
    """A single chat, a group, a guild's channel or a direct message there. `member` is whom an answer in a group is for."""

    scene: Scene
    id: str
    member: str = ""

    @property
    def address(self) -> str:
        """As a leg keeps it."""
        return ":".join(part for part in (self.scene, self.id, self.member) if part)

    @property
    def path(self) -> str:
        """Where its addresses in the API begin."""
        return f"{_PATHS[self.scene]}/{quote(self.id, safe='')}"

    @property
    def numbers_answers(self) -> bool:
        """Does the platform number answers, and drop a second one of the same number?"""
        return self.scene in ("c2c", "group")


def place_of(address: str) -> Place:
    """The place with this address. Raises Rejected where there is none."""
    scene, _, rest = address.partition(":")
    id, _, member = rest.partition(":")
    if scene not in _PATHS or not id:
        raise Rejected(f"{address!r} is no address of a QQ bot")
    return Place(cast("Scene", scene), id, member)
