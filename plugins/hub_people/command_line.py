"""The word the package brings to the command line: ``hub people erase ID``. Refused while a hub uses the store."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Final

from hub_cli import add_store_options, offline, settings_of
from hub_people.erasing import Erased, Erasing
from hub_people.merged import Merges
from hub_people.plugin import People
from hub_people.words import words

OK: Final = 0


def add_people(parser: argparse.ArgumentParser, locale: str) -> None:
    """The arguments of `hub people`."""
    parser.description = words("people", locale)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    text = words("erase", locale)
    made = commands.add_parser("erase", help=text, description=text)
    add_store_options(made, locale)
    made.add_argument("person", metavar="ID", type=int, help=words("person_id", locale))
    made.add_argument("--finish", action="store_true", help=words("finish", locale))
    made.set_defaults(command=erase)


def erase(options: argparse.Namespace) -> int:
    """`hub people erase ID`: erase somebody's personal data; their files go when the hub runs again."""

    async def work() -> Erased:
        async with offline(settings_of(options), options.data, People) as ctx:
            return await Erasing(ctx, Merges(ctx), options.locale).erase(options.person, "hub", finish=options.finish)

    done = asyncio.run(work())
    sys.stdout.write(words("done", options.locale, **done._asdict()) + "\n")
    return OK
