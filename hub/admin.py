"""Accounts from the command line, without the desk: refused while a hub uses the store (StoreUnavailable says so)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from hub.config import HubConfig, LoadedConfig
from hub.hub import Hub
from hub.people.reading import Reading
from hub.watching import opened
from hub.web.accounts import Accounts, Role


async def invite(
    settings: HubConfig, data: Path, login: str, *, name: str = "", role: Role = "agent", teams: Sequence[str] = ()
) -> str:
    """Make an account and return the token of the link with which its owner chooses the password.

    For a login that exists, another link is made. Raises Refused, StoreUnavailable.
    """
    async with _accounts(settings, data) as accounts:
        known = accounts.find(login)
        if known is not None:
            return (await accounts.invite_again("hub", known.id))[1]
        return (await accounts.invite("hub", login, name or login, role, teams))[1]


async def setup_link(settings: HubConfig, data: Path) -> str | None:
    """The token of a new link to make the first administrator with; None where there already is one."""
    async with _accounts(settings, data) as accounts:
        return await accounts.make_setup_link()


@asynccontextmanager
async def _accounts(settings: HubConfig, data: Path) -> AsyncIterator[Accounts]:
    """The accounts of a hub that is not started: no plugin runs, no message moves."""
    async with opened(data, settings.database) as store:
        hub = Hub(LoadedConfig(settings), data)
        hub.store = store
        hub.reading = Reading(store.reader)
        hub.accounts = Accounts(hub)
        await hub.accounts.start()
        yield hub.accounts
