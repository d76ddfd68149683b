"""Rights: who may ask what of the workbench. The one place that says so; a test walks every route with every role."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from hub import Agent
from hub_desk.accounts import Accounts

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Guarded = Callable[[web.Request, Agent], Awaitable[web.StreamResponse]]

ANYBODY: Final = frozenset({"anonymous", "agent", "supervisor", "admin"})
SIGNED_IN: Final = frozenset({"agent", "supervisor", "admin"})
SUPERVISORS: Final = frozenset({"supervisor", "admin"})
ADMINS: Final = frozenset({"admin"})

RIGHTS: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    # coming in
    ("GET", "/desk/about.json"): ANYBODY,
    ("GET", "/api/setup"): ANYBODY,
    ("POST", "/api/setup"): ANYBODY,
    ("POST", "/api/session"): ANYBODY,
    ("GET", "/api/session"): SIGNED_IN,
    ("DELETE", "/api/session"): SIGNED_IN,
    ("PUT", "/api/me/state"): SIGNED_IN,
    # conversations; which ones is decided by `hub.house.sees`
    ("GET", "/api/realtime"): SIGNED_IN,
    ("GET", "/api/conversations"): SIGNED_IN,
    ("GET", "/api/conversations/{id}"): SIGNED_IN,
    ("GET", "/api/conversations/{id}/messages"): SIGNED_IN,
    ("GET", "/api/conversations/{id}/explain"): SIGNED_IN,
    ("POST", "/api/conversations/{id}/messages"): SIGNED_IN,
    ("POST", "/api/conversations/{id}/take"): SIGNED_IN,
    ("POST", "/api/conversations/{id}/release"): SIGNED_IN,
    ("POST", "/api/conversations/{id}/assign"): SIGNED_IN,
    ("POST", "/api/conversations/{id}/close"): SIGNED_IN,
    ("POST", "/api/conversations/{id}/read"): SIGNED_IN,
    ("POST", "/api/uploads"): SIGNED_IN,
    ("GET", "/media/{id}"): SIGNED_IN,
    # the house
    ("GET", "/api/agents"): SIGNED_IN,
    ("POST", "/api/agents"): ADMINS,
    ("PATCH", "/api/agents/{id}"): ADMINS,
    ("POST", "/api/agents/{id}/invitation"): ADMINS,
    ("GET", "/api/dead-letters"): SUPERVISORS,
    ("POST", "/api/dead-letters/{id}/retry"): SUPERVISORS,
    ("DELETE", "/api/dead-letters/{id}"): SUPERVISORS,
    ("GET", "/api/plugins"): SUPERVISORS,
}


def guarded(accounts: Accounts, method: str, path: str, handler: Guarded) -> Handler:
    """`handler` for those who may ask it. KeyError for a route the table does not know."""
    roles = RIGHTS[method, path]

    async def checked(request: web.Request) -> web.StreamResponse:
        return await handler(request, accounts.require(request, roles))

    return checked
