"""What other plugins add to the workbench: panels, suggestions, a conversation's story; and which channels show typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hub import Agent, Context, Conversation, Panel, Person, Suggestion, Unsupported

TYPING_LIMIT: Final = 5.0
SUGGEST_FROM: Final = 20
"""How many of the latest messages those who propose replies get."""


async def panels(ctx: Context, conversation: Conversation, person: Person) -> Sequence[Panel]:
    """What plugins show beside a conversation (the hook ``desk_panels``)."""
    found = await ctx.house.calls.collect("desk_panels", conversation=conversation, person=person)
    return [panel for panel in found if isinstance(panel, Panel)]


async def suggestions(ctx: Context, conversation: Conversation, person: Person) -> Sequence[Suggestion]:
    """Replies that plugins propose (the hook ``desk_suggestions``), the surest first."""
    calls = ctx.house.calls
    if conversation.status != "open" or not calls.implementers("desk_suggestions"):
        return []
    messages = await ctx.reading.messages(conversation.id, limit=SUGGEST_FROM)
    answers = await calls.collect("desk_suggestions", conversation=conversation, person=person, messages=messages)
    found = [one for answer in answers for one in answer if isinstance(one, Suggestion)]
    return sorted(found, key=lambda one: one.confidence, reverse=True)


async def story(ctx: Context, conversation: Conversation, locale: str) -> Sequence[dict[str, Any]]:
    """Every step of a conversation in words (the hook ``explain_conversation``). Raises Unsupported where nobody tells."""
    steps = await ctx.house.calls.first("explain_conversation", conversation=conversation, locale=locale)
    if steps is None:
        raise Unsupported("hub", "explain", "no plugin explains conversations: add `ops` to the plugins of the configuration")
    found: Sequence[dict[str, Any]] = steps
    return found


async def show_typing(ctx: Context, conversation: Conversation, agent: Agent, on: bool) -> None:
    """Show the customer that an agent types, on the live legs whose channel can."""
    dossier = await ctx.house.dossier(conversation.person_id)
    for leg in dossier.legs.values() if dossier is not None else ():
        channel = ctx.house.channels.get(leg.channel)
        if leg.live and channel is not None and "typing" in channel.features():
            call = ctx.house.calls.method
            await call(leg.channel, channel.typing, leg.address, on, agent.name, deadline=TYPING_LIMIT)
