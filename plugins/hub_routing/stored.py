"""Words of `hub route` that read what a hub has stored, or tell a running one something."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
import time
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from hub import HubError
from hub.watching import looking
from hub_cli import add_store_options, settings_of
from hub_routing.command_line import PLUGIN, check_folder, read_policy, write
from hub_routing.live.publishing import REQUESTS, dumped, put
from hub_routing.live.sentences import LANGUAGES
from hub_routing.reports import Outcomes, report
from hub_routing.reports.experiment import lines
from hub_routing.simulate.export import Export
from hub_routing.words import word

OK: Final = 0
DAYS: Final = 7
PATIENCE: Final = 10.0
"""Seconds to wait for a running hub's answer; without one the request stays for the hub that starts next."""


class Added(Protocol):
    """Makes the parser of a word."""

    def __call__(self, name: str, text: str = "") -> argparse.ArgumentParser:
        """The word `name`; `text` is the code of what it does, the name where it is left out."""


def add(added: Added, locale: str) -> None:
    """The words."""
    exporting = added("export")
    exporting.add_argument("--day", required=True, metavar="DAY", help=word(locale, "day_help"))
    exporting.add_argument("--out", required=True, type=Path, metavar="FILE", help=word(locale, "trace_out"))
    exporting.set_defaults(command=export)
    comparing = added("experiment")
    comparing.add_argument("--days", type=int, default=DAYS, metavar="N", help=word(locale, "days_help", days=DAYS))
    comparing.set_defaults(command=experiment)
    explaining = added("explain", "explain_help")
    explaining.add_argument("conversation", type=int, metavar="CONVERSATION", help=word(locale, "conversation_help"))
    explaining.set_defaults(command=explain)
    applying = added("apply")
    applying.add_argument("file", type=Path, metavar="FILE", help=word(locale, "policy_help"))
    applying.set_defaults(command=apply)
    undoing = added("rollback")
    undoing.set_defaults(command=rollback)
    for parser in (exporting, comparing, explaining, applying, undoing):
        add_store_options(parser, locale)


# -- what is stored -----------------------------------------------------------------------------------


def export(options: argparse.Namespace) -> int:
    """`hub route export`."""
    try:
        day = date.fromisoformat(options.day)
    except ValueError as error:
        raise HubError(word(options.locale, "bad_day", day=options.day)) from error
    check_folder(options.out, options.locale)
    settings = settings_of(options)
    zone = ZoneInfo(settings.hub.timezone)
    begin = datetime(day.year, day.month, day.day, tzinfo=zone)
    end = begin + timedelta(days=1)

    async def read() -> tuple[list[str], int]:
        async with looking(options.data, database=settings.database) as reader:
            made = Export(reader)
            lines = [line async for line in made.lines(int(begin.timestamp() * 1000), int(end.timestamp() * 1000))]
            return lines, made.left_out

    lines, left_out = asyncio.run(read())
    _say([word(options.locale, "exported", count=write(options.out, lines, options.locale))])
    if left_out:
        _say([word(options.locale, "left_out", count=left_out)])
    return OK


def explain(options: argparse.Namespace) -> int:
    """`hub route explain`."""
    sql = "SELECT at, data FROM event WHERE conversation_id = ? AND kind LIKE 'routing.%' ORDER BY id"
    settings = settings_of(options)

    async def read() -> list[Any]:
        async with looking(options.data, database=settings.database) as reader:
            return list(await reader.all(sql, options.conversation))

    rows = asyncio.run(read())
    if not rows:
        raise HubError(word(options.locale, "no_decisions", id=options.conversation))
    zone = ZoneInfo(settings.hub.timezone)
    language = options.locale if options.locale in LANGUAGES else "en"
    for row in rows:
        said = json.loads(row["data"] or "{}")
        at = datetime.fromtimestamp(row["at"] / 1000, zone)
        _say([f"{at:%Y-%m-%d %H:%M:%S}  {(said.get('words') or {}).get(language, '-')}"])
    return OK


def experiment(options: argparse.Namespace) -> int:
    """`hub route experiment`."""
    settings = settings_of(options)
    if options.days < 1:
        raise HubError(word(options.locale, "bad_days"))
    begin = int((time.time() - options.days * 86_400) * 1000)

    async def read() -> Outcomes:
        async with looking(options.data, database=settings.database) as reader:
            made = Outcomes(reader, begin)
            await made.read()
            await made.ends()
            return made

    found = report(asyncio.run(read()).cases.values(), ZoneInfo(settings.hub.timezone))
    if not found:
        raise HubError(word(options.locale, "no_experiment", days=options.days))
    _say(lines(found, options.locale, {id: settings.team_name(id, options.locale) for id in settings.team_ids}))
    return OK


# -- a hub that runs ----------------------------------------------------------------------------------


def apply(options: argparse.Namespace) -> int:
    """`hub route apply`."""
    document = read_policy(options.file, options.locale, agents=False)
    return _ask(options, {"do": "apply", "policy": json.loads(dumped(document.policy)), "by": "hub route apply"})


def rollback(options: argparse.Namespace) -> int:
    """`hub route rollback`."""
    return _ask(options, {"do": "rollback"})


def _ask(options: argparse.Namespace, request: dict[str, Any]) -> int:
    """Leave a request for the hub of this data folder and wait for the answer."""
    if not options.data.is_dir():
        raise HubError(word(options.locale, "no_data", folder=options.data))
    folder: Path = options.data / PLUGIN / REQUESTS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.time_ns()}-{secrets.token_hex(4)}.json"
    put(path, request)
    answer = path.with_suffix(".answer")
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        if answer.is_file():
            said = json.loads(answer.read_text("utf-8"))
            answer.unlink()
            if "error" in said:
                raise HubError(said["error"])
            _say([word(options.locale, "in_force", number=said["policy"])])
            return OK
        time.sleep(0.1)
    _say([word(options.locale, "left_for_later")])
    return OK


def _say(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
