"""Records as rows of their tables, and back: under the same names, and as JSON text what is no plain value.

The statements and models say which columns there are. The functions are made of that once, as `dataclasses` makes its own:
each message needs several of them, and so they are as fast as if somebody had written every column out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, get_origin, get_type_hints

import msgspec
from tortoise.models import Model

from hub.records import Agent, Author, Conversation, Event, Identity, Leg, Message, Person, Record
from hub.store import models
from hub.store.change import to_json
from hub.store.statements import Statement, Statements, columns_of

Row = tuple[Any, ...]
Found = Mapping[str, Any]


def _is_json(hint: Any) -> bool:
    return get_origin(hint) in (dict, tuple)


def _made(source: str, names: dict[str, Any]) -> Callable[..., Any]:
    function: Callable[..., Any] = eval(source, names)  # noqa: S307 - made of the names of our own columns
    return function


def _row(record: type[Record], statement: Statement, *given: str, **told: str) -> Callable[..., Row]:
    """Makes rows of `statement` from a record; the last columns may be `given` beside it, others `told` in other words."""
    hints = get_type_hints(record)
    values = []
    for column in statement.columns[: len(statement.columns) - len(given)]:
        value = told.get(column, f"one.{column}")
        values.append(f"to_json({value})" if _is_json(hints.get(column)) else value)
    return _made(f"lambda {', '.join(('one', *given))}: ({', '.join((*values, *given))},)", {"to_json": to_json})


def _record(record: type[Record], model: type[Model], *given: str, **told: str) -> Callable[..., Any]:
    """Makes a record from a whole row of `model`; fields may be `given` beside it, others `told` in other words."""
    columns, names, values = columns_of(model), {"Record": record, "Author": Author}, []
    for name, hint in get_type_hints(record).items():
        value = told.get(name, f"row[{name!r}]")
        if name in given:
            value = name
        elif name not in columns and name not in told:
            break
        elif _is_json(hint):
            names[name] = msgspec.json.Decoder(hint).decode
            value = f"{name}({value})"
        elif hint is bool:
            value = f"bool({value})"
        values.append(value)
    return _made(f"lambda {', '.join(('row', *given))}: Record({', '.join(values)})", names)


def outbox_row(message: Message, channel: str) -> Row:
    """A row of ``outbox``: due at once."""
    return (message.id, channel, 0, message.at, 0, 0, "")


def timer_row(
    id: int, instance: str, job: str, key: str, due_at: int, payload: dict[str, Any], seconds: float = 0, cron: str = ""
) -> Row:
    """A row of ``timer``; one per instance, job and key."""
    return (id, f"{instance}/{job}/{key}", instance, job, due_at, to_json(payload), seconds, cron, 0, "")


# -- records to rows: for a new row by the table's name, for `Statements.change_…` by the statement's --------------------

_OPEN: Final = {"open_person": "one.person_id if one.status == 'open' else None"}
_AUTHOR: Final = {f"author_{name}": f"one.author.{name}" for name in Author.__struct_fields__}
# What goes out is written as sent: its outbox row says that it is not yet.
_SENT: Final = {"state": "'sent' if one.state == 'queued' else one.state"}

person_row: Final[Callable[[Person], Row]] = _row(Person, Statements.add_person)
person_change: Final[Callable[[Person], Row]] = _row(Person, Statements.change_person)
identity_row: Final[Callable[[Identity], Row]] = _row(Identity, Statements.add_identity)
conversation_row: Final[Callable[[Conversation], Row]] = _row(Conversation, Statements.add_conversation, **_OPEN)
Versioned = Callable[[Conversation, int], Row]
conversation_change: Final[Versioned] = _row(Conversation, Statements.change_conversation, "version", **_OPEN)
"""Valid only while the stored version is the one given."""
conversation_talk: Final[Versioned] = _row(Conversation, Statements.talk_in_conversation, "version")
"""The same for what every message changes."""
leg_row: Final[Callable[[Leg], Row]] = _row(Leg, Statements.add_leg)
leg_change: Final[Callable[[Leg], Row]] = _row(Leg, Statements.change_leg)
_created: Final = _row(Message, Statements.add_message, "event_id", "event_at", "data", **_AUTHOR, **_SENT)
message_row: Final[Callable[[Message, int, int, str | None], Row]] = _created
"""With the place and time of its event, and as JSON what that tells besides."""
agent_row: Final[Callable[[Agent, int], Row]] = _row(Agent, Statements.add_agent, "created_at")
agent_change: Final[Callable[[Agent], Row]] = _row(Agent, Statements.change_agent)

# -- rows to records ----------------------------------------------------------------------------------------------------

person_of: Final[Callable[[Found], Person]] = _record(Person, models.Person)
identity_of: Final[Callable[[Found], Identity]] = _record(Identity, models.Identity)
conversation_of: Final[Callable[[Found], Conversation]] = _record(Conversation, models.Conversation)
leg_of: Final[Callable[[Found], Leg]] = _record(Leg, models.Leg)
_WRITER: Final = {"author": "Author(row['author_kind'], row['author_id'], row['author_name'])"}
message_of: Final[Callable[[Found], Message]] = _record(Message, models.Message, **_WRITER)
_FACTS: Final = {"data": "row['data'] or '{}'"}
event_of: Final[Callable[[Found, Message | None], Event]] = _record(Event, models.Event, "message", **_FACTS)
"""With the message it is about."""
agent_of: Final[Callable[[Found], Agent]] = _record(Agent, models.Agent)
"""Not connected."""
