"""The commands that make accounts: agents, setup-link."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any, Final

from hub.cli_words import word
from hub.commands import add_store_options, settings_of
from hub.config import HubConfig

OK: Final = 0
ADDRESS: Final = "http://localhost:8080"


def invite(options: argparse.Namespace) -> int:
    """`hub agents invite`: an account, and the link with which its owner chooses the password."""
    from hub import admin

    settings = settings_of(options)
    token = asyncio.run(
        admin.invite(settings, options.data, options.login, name=options.name, role=options.role, teams=options.team)
    )
    print(word(options.locale, "invited", login=options.login))
    print(_link(settings, token))
    return OK


def setup_link(options: argparse.Namespace) -> int:
    """`hub setup-link`: a link to make the first administrator with."""
    from hub import admin

    settings = settings_of(options)
    token = asyncio.run(admin.setup_link(settings, options.data))
    print(word(options.locale, "setup_done") if token is None else _link(settings, token))
    return OK


def _link(settings: HubConfig, token: str) -> str:
    return f"{settings.public_url or ADDRESS}/desk/setup#token={token}"


def add_commands(commands: Any, locale: str) -> None:
    """Add these commands to the subparsers `commands`."""

    def add(group: Any, name: str, command: Any) -> argparse.ArgumentParser:
        text = word(locale, name)
        made: argparse.ArgumentParser = group.add_parser(name, help=text, description=text)
        add_store_options(made, locale)
        made.set_defaults(command=command)
        return made

    text = word(locale, "agents")
    agents = commands.add_parser("agents", help=text, description=text).add_subparsers(required=True, metavar="COMMAND")
    invitation = add(agents, "invite", invite)
    invitation.add_argument("login", metavar="LOGIN", help=word(locale, "login"))
    invitation.add_argument("--name", default="", help=word(locale, "agent_name"))
    invitation.add_argument("--role", default="agent", choices=("agent", "supervisor", "admin"), help=word(locale, "role"))
    invitation.add_argument("--team", action="append", default=[], metavar="ID", help=word(locale, "team"))
    add(commands, "setup-link", setup_link)
