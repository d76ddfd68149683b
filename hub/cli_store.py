"""The commands that look after what is stored: explain, dead-letters."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from hub.cli_words import word
from hub.commands import add_store_options, settings_of
from hub.config import HubConfig
from hub.message import plain_text

if TYPE_CHECKING:
    from hub.admin import Explanation, Waypoint
    from hub.path.deadletters import DeadLetter
    from hub.records import Event, Message

OK: Final = 0


def explain(options: argparse.Namespace) -> int:
    """`hub explain`: everything that happened to a message or a conversation."""
    from hub import admin

    settings = settings_of(options)
    found = asyncio.run(admin.explain(options.data, options.id, database=settings.database))
    for line in explained(found, _Style(options.locale, settings)):
        print(line)
    return OK


def list_dead_letters(options: argparse.Namespace) -> int:
    """`hub dead-letters list`: what could not be delivered."""
    from hub import admin

    settings = settings_of(options)
    letters = asyncio.run(admin.dead_letters(options.data, database=settings.database))
    style = _Style(options.locale, settings)
    for letter in letters:
        print(_letter(letter, style))
    print(word(options.locale, "dead_letters_count", count=len(letters)))
    return OK


def settle_dead_letter(options: argparse.Namespace) -> int:
    """`hub dead-letters retry` and `hub dead-letters drop`."""
    from hub import admin

    database = settings_of(options).database
    asyncio.run(admin.settle_dead_letter(options.data, options.id, again=options.again, database=database))
    print(word(options.locale, "letter_retried" if options.again else "letter_dropped", id=options.id))
    return OK


# -- how things are written -------------------------------------------------------------------------


class _Style:
    """The language and the time zone of what is printed."""

    def __init__(self, locale: str, settings: HubConfig) -> None:
        self.locale = locale
        self._zone = ZoneInfo(settings.timezone)

    def time(self, at: int) -> str:
        """A moment given in milliseconds."""
        moment = datetime.fromtimestamp(at / 1000, UTC).astimezone(self._zone)
        return moment.isoformat(sep=" ", timespec="milliseconds")

    def word(self, code: str, **facts: object) -> str:
        """See `hub.cli_words.word`."""
        return word(self.locale, code, **facts)


def explained(found: Explanation, style: _Style) -> Iterator[str]:
    """The lines of an explanation: the message, where it stands, the conversation, and its events in order."""
    if found.message is not None:
        yield style.word("message", text=_said(found.message, style))
    for waypoint in found.waypoints:
        yield "  " + _waypoint(waypoint, style)
    if found.conversation is not None:
        one = found.conversation
        name = found.person.name if found.person is not None else "?"
        yield style.word("conversation", id=one.id, person=one.person_id, name=name)
        owner = " ".join(part for part in (one.owner_kind, one.owner_id or one.team) if part)
        yield "  " + style.word("owner", status=one.status, owner=owner, reason=one.reason or "-")
        for leg in found.legs:
            yield "  " + style.word("leg", id=leg.id, channel=leg.channel, address=leg.address)
    for event in found.events:
        yield _event(event, style)


def _waypoint(waypoint: Waypoint, style: _Style) -> str:
    line = style.word(
        "waypoint", queue=waypoint.queue, channel=waypoint.channel, state=waypoint.state, attempts=waypoint.attempts
    )
    if waypoint.due_at:
        line += f", {style.time(waypoint.due_at)}"
    return f"{line}: {waypoint.error}" if waypoint.error else line


def _event(event: Event, style: _Style) -> str:
    what = _said(event.message, style) if event.message is not None else _facts(event.data)
    return f"{style.time(event.at)}  {event.kind:<24} {what}".rstrip()


def _said(message: Message, style: _Style) -> str:
    author = message.author
    error = f" ({message.error})" if message.error else ""
    who = f"{author.kind} {author.name or author.id}".strip()
    return f"{message.id} {message.direction} {who} [{message.state}]{error}: {plain_text(message.body, style.locale)}"


def _facts(data: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in data.items() if value not in (None, "", [], ()))


def _letter(letter: DeadLetter, style: _Style) -> str:
    head = f"{letter.id}  {style.time(letter.at)}  {letter.direction:<3}  {letter.channel}"
    return f"{head}  {style.word('attempts', count=letter.attempts)}  {letter.error}: {letter.text}"


# -- their part of the command line -----------------------------------------------------------------


def add_commands(commands: Any, locale: str) -> None:
    """Add these commands to the subparsers `commands`."""

    def add(group: Any, name: str, command: Any, said: str = "", **defaults: object) -> argparse.ArgumentParser:
        text = word(locale, said or name)
        made: argparse.ArgumentParser = group.add_parser(name, help=text, description=text)
        add_store_options(made, locale)
        made.set_defaults(command=command, **defaults)
        return made

    def add_group(name: str) -> Any:
        text = word(locale, name)
        return commands.add_parser(name, help=text, description=text).add_subparsers(required=True, metavar="COMMAND")

    add(commands, "explain", explain).add_argument("id", type=int, metavar="ID", help=word(locale, "any_id"))
    letters = add_group("dead-letters")
    add(letters, "list", list_dead_letters, "letters_list")
    for name, again in (("retry", True), ("drop", False)):
        made = add(letters, name, settle_dead_letter, f"letters_{name}", again=again)
        made.add_argument("id", type=int, metavar="ID", help=word(locale, "letter_id"))
