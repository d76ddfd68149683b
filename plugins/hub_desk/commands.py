"""What agents can do: one table for the workbench's socket and for HTTP, so that both do the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec

from hub import Agent, Body, Conversation, Refused
from hub.house import AgentState
from hub.pages import files_of, parse_body
from hub_desk.shapes import agent_shape
from hub_desk.views import conversation_row, visible
from hub_desk.workbench import Workbench
from hub_realtime import Json, message_shape

Id = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$", description="an id")]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class _Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all of them share."""


class Nothing(_Data, frozen=True):
    """No data."""


class Send(_Data, frozen=True):
    """A message to the customer, or a note."""

    body: Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1, max_length=50)]
    visibility: Literal["public", "note"] = "public"
    leg: Id | None = None


class Take(_Data, frozen=True):
    """`version` is the conversation's as the page shows it."""

    version: int | None = None


class Assign(_Data, frozen=True):
    """To an agent or into a team's queue."""

    agent: Id | None = None
    team: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    note: Annotated[str, msgspec.Meta(max_length=4000)] = ""


class Close(_Data, frozen=True):
    """The end, with tags that say what it was about."""

    tags: Annotated[tuple[Tag, ...], msgspec.Meta(max_length=20)] = ()


class Read(_Data, frozen=True):
    """Read up to this message."""

    message: Id


class State(_Data, frozen=True):
    """Somebody's own state."""

    state: AgentState


class _Where(msgspec.Struct, frozen=True):
    """The conversation of a command, taken off its data before the rest is looked at."""

    conversation: Id


@dataclass(frozen=True, slots=True)
class Asked:
    """A command on its way: who wants it, the id their page gave it, and the conversation it is about."""

    desk: Workbench
    agent: Agent
    id: str
    conversation: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """One of them. `data` is what it takes besides the conversation."""

    data: type[_Data]
    act: Callable[[Asked, Any], Awaitable[Json]]
    in_conversation: bool = True


async def run(desk: Workbench, agent: Agent, name: str, id: str, data: Mapping[str, Any]) -> Json:
    """Do the command `name` with `data` as in docs/realtime.md; returns the ack's data.

    Raises Refused (422 for a wrong name or wrong data, 404 for a conversation the agent does not see, and whatever
    `Acts` refuses), Conflict when somebody was faster.
    """
    command = COMMANDS.get(name)
    if command is None:
        raise Refused(422, "unknown_command", f"there is no command {name!r}")
    if len(id) > 100:
        raise Refused(422, "bad_id", "a command's id has at most 100 characters")
    if not command.in_conversation:
        return await command.act(Asked(desk, agent, id), _converted(data, command.data))
    conversation = int(_converted(data, _Where).conversation)
    rest = {key: value for key, value in data.items() if key != "conversation"}
    wanted = _converted(rest, command.data)
    await visible(desk.ctx, agent, conversation)
    return await command.act(Asked(desk, agent, id, conversation), wanted)


def _converted(data: Mapping[str, Any], type: type[Any]) -> Any:
    try:
        return msgspec.convert(dict(data), type)
    except msgspec.ValidationError as error:
        raise Refused(422, "invalid", str(error)) from error


async def _send(asked: Asked, data: Send) -> Json:
    desk, agent = asked.desk, asked.agent
    body = _body(data.body)
    if files_of(body):
        await desk.ctx.media.check_body(body, f"agent:{agent.id}")
    leg = int(data.leg) if data.leg is not None else None
    message = await desk.acts.send(
        agent, asked.conversation, body, visibility=data.visibility, leg=leg, client_id=asked.id
    )
    return {"message": message_shape(message)}


def _body(elements: list[dict[str, Any]]) -> Body:
    try:
        return parse_body(elements)
    except ValueError as error:
        raise Refused(422, "bad_message", str(error)) from error


async def _take(asked: Asked, data: Take) -> Json:
    return await _told(asked, await asked.desk.acts.take(asked.agent, asked.conversation, data.version))


async def _release(asked: Asked, data: Nothing) -> Json:
    return await _told(asked, await asked.desk.acts.release(asked.agent, asked.conversation))


async def _assign(asked: Asked, data: Assign) -> Json:
    to_agent = int(data.agent) if data.agent is not None else None
    conversation = await asked.desk.acts.assign(
        asked.agent, asked.conversation, to_agent=to_agent, to_team=data.team, note=data.note.strip()
    )
    return await _told(asked, conversation)


async def _close(asked: Asked, data: Close) -> Json:
    return await _told(asked, await asked.desk.acts.close(asked.agent, asked.conversation, data.tags))


async def _told(asked: Asked, conversation: Conversation) -> Json:
    return {"conversation": await conversation_row(asked.desk.ctx, conversation)}


async def _read(asked: Asked, data: Read) -> Json:
    await asked.desk.acts.read(asked.agent, asked.conversation, int(data.message))
    return {}


async def _state(asked: Asked, data: State) -> Json:
    return {"agent": agent_shape(await asked.desk.accounts.set_state(asked.agent, data.state))}


COMMANDS: Final[Mapping[str, Command]] = {
    "send": Command(Send, _send),
    "take": Command(Take, _take),
    "release": Command(Nothing, _release),
    "assign": Command(Assign, _assign),
    "close": Command(Close, _close),
    "read": Command(Read, _read),
    "state": Command(State, _state, in_conversation=False),
}
