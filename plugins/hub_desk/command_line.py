"""The words the workbench brings to the command line: ``hub agents invite`` and ``hub setup-link``.

They change what is stored, so they are refused while a hub uses it: there the page for teams does the same.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, get_args

from hub import Context
from hub.house import Role
from hub_cli import add_store_options, offline, settings_of
from hub_desk.accounts import Accounts
from hub_desk.plugin import Desk
from hub_desk.words import sentence, setup_url

OK: Final = 0
ADDRESS: Final = "http://localhost:8080"


def add_agents(parser: argparse.ArgumentParser, locale: str) -> None:
    """The arguments of `hub agents`."""
    parser.description = text = sentence("invite", locale)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    made = commands.add_parser("invite", help=text, description=text)
    add_store_options(made, locale)
    made.add_argument("login", metavar="LOGIN", help=sentence("login", locale))
    made.add_argument("--name", default="", help=sentence("agent_name", locale))
    made.add_argument("--role", default="agent", choices=get_args(Role), help=sentence("role", locale))
    made.add_argument("--team", action="append", default=[], metavar="ID", help=sentence("team", locale))
    made.set_defaults(command=invite)


def add_setup_link(parser: argparse.ArgumentParser, locale: str) -> None:
    """The arguments of `hub setup-link`."""
    parser.description = sentence("setup-link", locale)
    add_store_options(parser, locale)
    parser.set_defaults(command=setup_link)


def invite(options: argparse.Namespace) -> int:
    """`hub agents invite`: an account, and the link with which its owner chooses the password; for a known login another link."""

    async def make() -> str:
        async with _desk(options) as (ctx, accounts):
            known = accounts.find(options.login)
            if known is not None:
                _, token = await accounts.invite_again("hub", known.id, options.locale)
            else:
                facts = (options.login, options.name or options.login, options.role, options.team)
                _, token = await accounts.invite("hub", *facts, options.locale)
            return _link(ctx, token)

    link = asyncio.run(make())
    _say(sentence("invited", options.locale, login=options.login), link)
    return OK


def setup_link(options: argparse.Namespace) -> int:
    """`hub setup-link`: a link to make the first administrator with."""

    async def make() -> str:
        async with _desk(options) as (ctx, accounts):
            token = await accounts.make_setup_link()
            return sentence("setup_done", options.locale) if token is None else _link(ctx, token)

    _say(asyncio.run(make()))
    return OK


@asynccontextmanager
async def _desk(options: argparse.Namespace) -> AsyncIterator[tuple[Context, Accounts]]:
    async with offline(settings_of(options), options.data, Desk) as ctx:
        accounts = Accounts(ctx)
        await accounts.start()
        yield ctx, accounts


def _link(ctx: Context, token: str) -> str:
    return setup_url(ctx.public_url or ADDRESS, token)


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
