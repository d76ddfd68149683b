"""The word the package brings to the command line: ``hub people erase ID`` and ``hub people erasures``.

Refused while a hub uses the store.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from typing import Final

from hub import Context
from hub.commands import HubConfig, LoadedConfig, load
from hub_cli import add_store_options, offline, settings_of
from hub_people.erasing import Erased, Erasing
from hub_people.erasures import HOOK, Duty, Erasure, Erasures
from hub_people.merged import Merges
from hub_people.plugin import People
from hub_people.waste import Waste
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
    text = words("erasures", locale)
    made = commands.add_parser("erasures", help=text, description=text)
    add_store_options(made, locale)
    made.add_argument("--gone", metavar="INSTANCE", help=words("gone", locale))
    made.set_defaults(command=erasures)


def erase(options: argparse.Namespace) -> int:
    """`hub people erase ID`: erase somebody's personal data; files, and what other plugins keep, go when the hub runs again."""
    loaded = LoadedConfig(HubConfig()) if options.config is None else load(options.config, locale=options.locale)
    keeping = [one.name for one in loaded.instances if hasattr(one.cls, HOOK)]

    async def work() -> Erased:
        async with offline(loaded.settings, options.data, People) as ctx:
            erasing = Erasing(ctx, Merges(ctx), Erasures(ctx, keeping), locale=options.locale)
            return await erasing.erase(options.person, "hub", finish=options.finish)

    done = asyncio.run(work())
    _tell("done", options.locale, **done._asdict())
    if done.waiting:
        _tell("later", options.locale, instances=", ".join(done.waiting))
    return OK


def erasures(options: argparse.Namespace) -> int:
    """`hub people erasures`: what is outstanding; with ``--gone`` an instance is not waited for any more."""

    async def work() -> tuple[list[tuple[Erasure, list[Duty]]], int]:
        async with offline(settings_of(options), options.data, People) as ctx:
            return await _outstanding(ctx, options.gone)

    found, files = asyncio.run(work())
    if options.gone:
        _tell("spared", options.locale, instance=options.gone)
    for erasure, duties in found:
        at = datetime.fromtimestamp(erasure.at / 1000, UTC).isoformat(sep=" ", timespec="seconds")
        for duty in duties:
            line = words("duty", options.locale, at=at, person=erasure.person_id, instance=duty.instance)
            tried = words("failed", options.locale, attempts=duty.attempts, error=duty.error) if duty.attempts else ""
            sys.stdout.write(line + tried + "\n")
    if files:
        _tell("files_left", options.locale, files=files)
    if not files and not any(duties for _, duties in found):
        _tell("all_done", options.locale)
    return OK


async def _outstanding(ctx: Context, gone: str | None) -> tuple[list[tuple[Erasure, list[Duty]]], int]:
    listed = Erasures(ctx)
    if gone:
        await listed.spare(gone)
    return await listed.outstanding(), await Waste(ctx).count()


def _tell(code: str, locale: str, **facts: object) -> None:
    sys.stdout.write(words(code, locale, **facts) + "\n")
