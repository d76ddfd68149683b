"""The words ``hub explain`` and ``hub dead-letters``: looking after what is stored, without the desk."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from hub import Conversation, Leg, Message, Person, Plugin, Refused, plain_text
from hub.commands import Command
from hub.watching import STATES, DeadLetter, Reader, Reading, list_dead, looking
from hub_cli import add_store_options, offline, settings_of
from hub_ops.explain import Step, explain_conversation
from hub_ops.words import word

OK: Final = 0
_IDS: Final = range(1, 2**63)
"""No database knows a number beyond them."""


# -- on the command line ----------------------------------------------------------------------------


def add_explain(parser: argparse.ArgumentParser, locale: str) -> None:
    """``hub explain ID``, also written with what it is: ``hub explain conversation ID``."""
    parser.description = word(locale, "explain")
    parser.add_argument("what", nargs="?", choices=("conversation", "message"), help=word(locale, "any_kind"))
    parser.add_argument("id", type=int, metavar="ID", help=word(locale, "any_id"))
    add_store_options(parser, locale)
    parser.set_defaults(command=explain)


def add_dead_letters(parser: argparse.ArgumentParser, locale: str) -> None:
    """``hub dead-letters list``, ``retry ID`` and ``drop ID``."""
    parser.description = word(locale, "dead-letters")
    inner = parser.add_subparsers(required=True, metavar="COMMAND")
    commands: dict[str, Command] = {"list": letters, "retry": partial(end, again=True), "drop": partial(end, again=False)}
    for name, command in commands.items():
        made = inner.add_parser(name, help=word(locale, name), description=word(locale, name))
        add_store_options(made, locale)
        made.set_defaults(command=command)
        if name != "list":
            made.add_argument("id", type=int, metavar="ID", help=word(locale, "letter_id"))


def explain(options: argparse.Namespace) -> int:
    """`hub explain`: everything that happened to a message or a conversation."""
    asyncio.run(_explain(options))
    return OK


def letters(options: argparse.Namespace) -> int:
    """`hub dead-letters list`: what could not be worked on or delivered."""
    asyncio.run(_letters(options))
    return OK


def end(options: argparse.Namespace, *, again: bool) -> int:
    """`hub dead-letters retry` and `hub dead-letters drop`."""
    asyncio.run(_settle(options, again))
    print(word(options.locale, "retried" if again else "dropped", id=options.id))
    return OK


async def _settle(options: argparse.Namespace, again: bool) -> None:
    """Raises StoreUnavailable also while a hub uses the store: there its own pages do this."""
    async with _looking(options):
        pass  # Where nothing is stored, this says so and makes nothing.
    async with offline(settings_of(options), options.data, Plugin) as ctx:
        try:
            if options.id not in _IDS:
                raise Refused(404, "not_found", "")
            await ctx.house.dead_letters.settle(options.id, again=again)
        except Refused as error:
            raise Refused(404, error.code, word(options.locale, "no_letter", id=options.id)) from error


# -- what they print --------------------------------------------------------------------------------


class _Style:
    """The language and the time zone of what is printed."""

    def __init__(self, locale: str, zone: str) -> None:
        self.locale = locale
        self.word = partial(word, locale)
        self._zone = ZoneInfo(zone)

    def time(self, at: int) -> str:
        """A moment given in milliseconds."""
        return datetime.fromtimestamp(at / 1000, UTC).astimezone(self._zone).isoformat(sep=" ", timespec="milliseconds")


@asynccontextmanager
async def _looking(options: argparse.Namespace) -> AsyncIterator[tuple[Reader, _Style]]:
    settings = settings_of(options)
    async with looking(options.data, database=settings.database) as reader:
        yield reader, _Style(options.locale, settings.hub.timezone)


async def _explain(options: argparse.Namespace) -> None:
    async with _looking(options) as (reader, style):
        if options.id not in _IDS:
            raise Refused(404, "not_found", style.word("nothing", id=options.id))
        reading = Reading(reader)
        message = await reading.message(options.id)
        waypoints = [line async for line in _waypoints(reader, options.id, style)]
        conversation = await reading.conversation(message.conversation_id if message else options.id)
        if conversation is None and not waypoints:
            raise Refused(404, "not_found", style.word("nothing", id=options.id))
        if message is not None:
            print(style.word("message", text=_said(message, style)))
        for line in waypoints:
            print(" ", line)
        if conversation is not None:
            person = await reading.person(conversation.person_id)
            for line in _about(conversation, person, await reading.legs(conversation.id), style):
                print(line)
            for step in await explain_conversation(reading, reader, conversation.id, style.locale):
                print(_step(step, style))


async def _letters(options: argparse.Namespace) -> None:
    async with _looking(options) as (reader, style):
        found = await list_dead(reader)
    for letter in found:
        print(_letter(letter, style))
    print(style.word("count", count=len(found)))


def _said(message: Message, style: _Style) -> str:
    author = message.author
    error = f" ({message.error})" if message.error else ""
    who = f"{author.kind} {author.name or author.id}".strip()
    return f"{message.id} {message.direction} {who} [{message.state}]{error}: {plain_text(message.body, style.locale)}"


async def _waypoints(reader: Reader, message_id: int, style: _Style) -> AsyncIterator[str]:
    """Where a message stands in the queues; nothing when it is through, or there is none."""
    for queue, due in (("inbox", "0"), ("outbox", "due_at")):
        sql = f"SELECT channel, state, attempts, {due} AS due_at, error FROM {queue} WHERE id = ?"
        row = await reader.one(sql, message_id)
        if row is not None:
            facts = {"queue": queue, "channel": row["channel"], "attempts": row["attempts"]}
            line = style.word("waypoint", state=STATES.get(row["state"], row["state"]), **facts)
            when = f", {style.time(row['due_at'])}" if row["due_at"] else ""
            yield f"{line}{when}: {row['error']}" if row["error"] else f"{line}{when}"


def _about(conversation: Conversation, person: Person | None, legs: Sequence[Leg], style: _Style) -> Iterator[str]:
    name = person.name if person is not None else "?"
    yield style.word("conversation", id=conversation.id, person=conversation.person_id, name=name)
    owner = " ".join(part for part in (conversation.owner_kind, conversation.owner_id or conversation.team) if part)
    yield "  " + style.word("owner", status=conversation.status, owner=owner, reason=conversation.reason or "-")
    for leg in legs:
        yield "  " + style.word("leg", id=leg.id, channel=leg.channel, address=leg.address)


def _step(step: Step, style: _Style) -> str:
    which = f"{step['message']} " if step["message"] else ""
    return f"{style.time(step['at'])}  {step['kind']:<22} {which}{step['text']}"


def _letter(letter: DeadLetter, style: _Style) -> str:
    head = f"{letter.id}  {style.time(letter.at)}  {letter.direction:<3}  {letter.channel}"
    return f"{head}  {style.word('attempts', count=letter.attempts)}  {letter.error}: {letter.text}"
