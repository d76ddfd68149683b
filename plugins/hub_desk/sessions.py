"""Sessions: who is signed in, in which browser, until when.

The browser has a random token in a cookie; the hub keeps only its digest, so what is stored signs nobody in.
All sessions are in memory, so that a request costs no query.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from typing import Final

import msgspec
from aiohttp import web

from hub import Context, StoreUnavailable
from hub.house import SESSION_COOKIE
from hub.tables import Change
from hub_desk.tables import Statements

IDLE: Final = 12 * 3600 * 1000
"""Milliseconds a session lasts after the last request."""
LONGEST: Final = 7 * 24 * 3600 * 1000
STORED_EVERY: Final = 10 * 60 * 1000
"""A session's end is written when it moved by this much; after a crash it is that much earlier at worst."""


class Session(msgspec.Struct):
    """One browser. Times in milliseconds; `stored` is the end the store knows."""

    digest: str
    agent_id: int
    csrf: str
    created_at: int
    expires_at: int
    stored: int = 0


def digest_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """All sessions of the workbench."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._sessions: dict[str, Session] = {}

    async def start(self) -> None:
        """Take up the sessions that are still good; forget the others."""
        change = Change()
        for row in await self._ctx.reader.all("SELECT * FROM desk_session"):
            if row["expires_at"] > self._now():
                self._sessions[row["digest"]] = Session(**row, stored=row["expires_at"])
            else:
                change.write(Statements.drop_session, (row["digest"],))
        if change.writes:
            await self._ctx.commit(change)

    def create(self, agent_id: int, change: Change) -> tuple[str, Session]:
        """A new session and its token; stored with `change`, good as soon as that is."""
        now = self._now()
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        session = Session(digest_of(token), agent_id, csrf, now, now + IDLE, now + IDLE)
        change.write(Statements.put_session, _row(session))
        change.after.append(lambda: self._sessions.update({session.digest: session}))
        self._drop(self._expired(now), change)
        return token, session

    def find(self, token: str) -> Session | None:
        """The session with this token, which now lasts longer; None where there is none, or no longer."""
        session = self._sessions.get(digest_of(token)) if token else None
        if session is None or session.expires_at <= (now := self._now()):
            return None
        session.expires_at = min(now + IDLE, session.created_at + LONGEST)
        if session.expires_at - session.stored > STORED_EVERY:
            self._store(session)
        return session

    def has(self, digest: str) -> bool:
        """Is there a session with this digest? Does not prolong it; one that merely got too old is still there."""
        return digest in self._sessions

    def _store(self, session: Session) -> None:
        change = Change()
        change.write(Statements.put_session, _row(session))
        try:
            self._ctx.submit(change)
        except StoreUnavailable:
            # Only while the hub stops: the session ends a little earlier than it might.
            return
        session.stored = session.expires_at

    def end(self, digest: str, change: Change) -> None:
        """Sign out one browser, with `change`."""
        self._drop([digest], change)

    def end_all(self, agent_id: int, change: Change) -> None:
        """Sign an agent out everywhere, with `change`."""
        self._drop([s.digest for s in self._sessions.values() if s.agent_id == agent_id], change)
        change.write(Statements.drop_sessions_of, (agent_id,))

    def _drop(self, digests: Iterable[str], change: Change) -> None:
        for digest in digests:
            # In memory at once: what is being signed out must not be used any more.
            self._sessions.pop(digest, None)
            change.write(Statements.drop_session, (digest,))

    def _expired(self, now: int) -> list[str]:
        return [session.digest for session in self._sessions.values() if session.expires_at <= now]

    def _now(self) -> int:
        return int(self._ctx.clock.now() * 1000)


def _row(session: Session) -> tuple[str, int, str, int, int]:
    return (session.digest, session.agent_id, session.csrf, session.created_at, session.expires_at)


def put_cookie(response: web.StreamResponse, request: web.Request, token: str) -> None:
    """Give the browser its token."""
    response.set_cookie(
        SESSION_COOKIE, token, max_age=LONGEST // 1000, path="/", httponly=True, samesite="Lax", secure=_is_https(request)
    )


def take_cookie(response: web.StreamResponse, request: web.Request) -> None:
    """Take the token back from the browser."""
    response.del_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="Lax", secure=_is_https(request))


def _is_https(request: web.Request) -> bool:
    # A proxy that speaks TLS for us says so; who lies here only harms their own cookie.
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def address_of(request: web.Request) -> str:
    """Where a request comes from; behind a proxy on this machine what that one says."""
    remote = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and (remote.startswith("127.") or remote == "::1"):
        return forwarded.rsplit(",", 1)[-1].strip()[:100]
    return remote
