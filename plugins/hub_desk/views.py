"""Conversations as the workbench shows them, read from the store a whole list at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from hub import Agent, Context, Conversation, Leg, Message, Person
from hub.house import conversation_of, leg_of, person_of, sees
from hub.tables import marks
from hub_desk.shapes import conversation_shape, thread_shape
from hub_desk.words import refusal
from hub_realtime import Json

VIEWS: Final = ("open", "waiting", "mine", "bot", "closed")


async def visible(ctx: Context, agent: Agent, conversation_id: int) -> Conversation:
    """A conversation this agent may see. Raises Refused (404) for one that is not there and for one that is not theirs."""
    conversation = await ctx.reading.conversation(conversation_id)
    if conversation is None or not sees(agent, conversation):
        raise refusal("not_found", ctx.locale)
    return conversation


async def conversation_rows(ctx: Context, conversations: Sequence[Conversation]) -> list[Json]:
    """All of them, with their people and legs, by two queries."""
    if not conversations:
        return []
    persons, legs = await _persons(ctx, conversations), await _legs(ctx, conversations)
    platforms = ctx.house.platforms
    return [
        conversation_shape(c, persons[c.person_id], legs.get(c.id, ()), ctx.owner_name(c), platforms)
        for c in conversations
        if c.person_id in persons
    ]


async def conversation_row(ctx: Context, conversation: Conversation) -> Json:
    """One of them."""
    rows = await conversation_rows(ctx, [conversation])
    if not rows:
        raise refusal("not_found", ctx.locale)
    return rows[0]


async def _persons(ctx: Context, conversations: Sequence[Conversation]) -> Mapping[int, Person]:
    ids = sorted({conversation.person_id for conversation in conversations})
    sql = f"SELECT * FROM person WHERE id IN ({marks(ids)})"
    rows = await ctx.reader.all(sql, *ids)
    return {row["id"]: person_of(row) for row in rows}


async def _legs(ctx: Context, conversations: Sequence[Conversation]) -> Mapping[int, Sequence[Leg]]:
    ids = [conversation.id for conversation in conversations]
    sql = f"SELECT * FROM leg WHERE conversation_id IN ({marks(ids)}) ORDER BY id"
    legs: dict[int, list[Leg]] = {}
    for row in await ctx.reader.all(sql, *ids):
        legs.setdefault(row["conversation_id"], []).append(leg_of(row))
    return legs


async def conversations_in(
    ctx: Context, agent: Agent, view: str, *, before: int = 0, limit: int = 50
) -> Sequence[Conversation]:
    """The conversations of a view (one of `VIEWS`) that this agent may see, the newest first."""
    wanted: list[tuple[str, Any]] = [("status = ?", "closed" if view == "closed" else "open")]
    if view in ("waiting", "bot"):
        wanted.append(("owner_kind = ?", "queue" if view == "waiting" else "bot"))
    if view == "mine":
        wanted += [("owner_kind = ?", "agent"), ("owner_id = ?", str(agent.id))]
    if before:
        wanted.append(("id < ?", before))
    conditions, values = [text for text, _ in wanted], [value for _, value in wanted]
    if agent.role == "agent" and agent.teams:
        # The same as `sees`, for the database.
        conditions.append(f"(team IN ({marks(agent.teams)}) OR (owner_kind = 'agent' AND owner_id = ?))")
        values += [*agent.teams, str(agent.id)]
    sql = f"SELECT * FROM conversation WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?"
    return [conversation_of(row) for row in await ctx.reader.all(sql, *values, limit)]


async def thread(ctx: Context, messages: Sequence[Message]) -> list[Json]:
    """Messages as a thread shows them."""
    ids = [message.id for message in messages if message.direction == "system"]
    sql = f"SELECT id, data FROM message WHERE id IN ({marks(ids)})"
    data = {row["id"]: msgspec.json.decode(row["data"] or "{}") for row in await ctx.reader.all(sql, *ids)} if ids else {}
    return [thread_shape(message, data.get(message.id, {})) for message in messages]
