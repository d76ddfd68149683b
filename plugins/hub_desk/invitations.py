"""One-time links that make an account, or give one a new password. Only digests of their tokens are stored."""

from __future__ import annotations

import secrets
from typing import Final

from hub import Context
from hub.tables import Change
from hub_desk.sessions import digest_of
from hub_desk.tables import Statements

GOOD_FOR: Final = 24 * 3600 * 1000
"""Milliseconds a link can be used."""

FIRST: Final = ""
"""The login in the link that makes the first administrator: they choose their own."""


class Invitations:
    """The links that are out, each for one login."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def add(self, change: Change, login: str, *, name: str = "", role: str = "admin") -> str:
        """A new link's token, stored with `change`. Older links for the same login end."""
        await self.drop(change, login)
        token, now = secrets.token_urlsafe(32), self._now()
        change.write(Statements.add_invitation, (digest_of(token), login, name, role, now, now + GOOD_FOR))
        return token

    async def drop(self, change: Change, login: str) -> None:
        """End all links for a login, and those nobody can use any more, with `change`."""
        sql = "SELECT digest FROM desk_invitation WHERE login = ? OR expires_at <= ?"
        for row in await self._ctx.reader.all(sql, login, self._now()):
            change.write(Statements.drop_invitation, (row["digest"],))

    async def login_of(self, token: str) -> str | None:
        """Whom the link with this token is for (`FIRST` for the first administrator); None where it is no good."""
        sql = "SELECT login FROM desk_invitation WHERE digest = ? AND expires_at > ?"
        row = await self._ctx.reader.one(sql, digest_of(token), self._now())
        return None if row is None else str(row["login"])

    @staticmethod
    def use(token: str, change: Change) -> None:
        """The link ends with `change`, which becomes a Conflict when somebody else has used it."""
        change.write(Statements.use_invitation, (digest_of(token),))

    def _now(self) -> int:
        return int(self._ctx.clock.now() * 1000)
