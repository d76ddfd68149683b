"""Cases: a conversation with its person as a task of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub import Agent, Context, Conversation, Leg
from hub.house import Dossier
from hub_routing.engine import Move, Task
from hub_routing.live.crew import channel_name
from hub_routing.policy import RoutingConfig
from hub_routing.tables import Statements
from hub_routing.units import needs_of

_SAID_SINCE: Final = (
    "SELECT DISTINCT direction FROM message WHERE conversation_id = ? AND event_id >"
    " (SELECT event_id FROM message AS said WHERE said.id = ?)"
    " AND (direction = 'in' OR direction = 'out' AND author_kind = 'agent')"
)
"""Who has spoken since a message: the customer, an agent."""


class Cases:
    """Makes tasks, and knows what was kept of them from before a restart."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def task(self, dossier: Dossier, policy: RoutingConfig, now: float) -> Task:
        """The task of a person's conversation."""
        conversation = dossier.conversation
        assert conversation is not None
        leg = self.dearest(dossier, policy) if conversation.owner_kind == "agent" else newest(dossier)
        channel = channel_name(self._ctx, policy, leg.channel) if leg is not None else ""
        kept = await self._ctx.reader.one("SELECT * FROM routing_case WHERE conversation_id = ?", conversation.id)
        last = await self._ctx.reader.one("SELECT * FROM routing_last WHERE person_id = ?", dossier.person.id)
        since = conversation.waiting_since or conversation.unanswered_since
        arrived = kept["arrived"] if kept is not None else since or conversation.opened_at or now * 1000
        made = Task(
            conversation.id, conversation.team, channel, arrived / 1000, {}, dossier.person.tier,
            self.facts(dossier, channel), leg.channel if leg is not None else "", self._owner(dossier),
        )  # fmt: skip
        if last is not None:
            made.last_agent, made.last_at = str(last["agent_id"]), last["at"] / 1000
        if kept is not None:
            made.boost, made.callback = kept["boost"], bool(kept["callback"])
        made.unanswered = conversation.unanswered_since / 1000 if conversation.unanswered_since else None
        made.answered = conversation.owner_kind == "agent" and made.unanswered is None
        made.active = conversation.last_at / 1000
        # Who wrote in the moment in which an earlier run ended is silent no more.
        made.parked = kept is not None and bool(kept["parked"]) and (made.answered or made.callback)
        if made.callback:
            await self._called(made, held=conversation.owner_kind == "agent")
        made.deadline = self._deadline(leg)
        made.need = needs_of(conversation.tags)
        return made

    async def _called(self, made: Task, *, held: bool) -> None:
        """How far the call back is. What was said after the last call tells whether an answer to it is waited for."""
        call = await self._ctx.reader.one("SELECT * FROM routing_call WHERE conversation_id = ?", made.id)
        if call is None:
            return
        made.asked_at, made.calls, made.late = _seconds(call["asked_at"]), call["calls"], bool(call["late"])
        if not held:
            return
        since = {row["direction"] for row in await self._ctx.reader.all(_SAID_SINCE, made.id, call["message_id"])}
        made.callback = "in" not in since
        if made.callback and "out" not in since and not made.parked:
            made.called_at = _seconds(call["called_at"])

    def facts(self, dossier: Dossier, channel: str) -> Mapping[str, Any]:
        """What conditions may ask."""
        person, conversation = dossier.person, dossier.conversation
        assert conversation is not None
        own = {"tier": person.tier, "name": person.name, "locale": person.locale, "verified": person.verified}
        lang = str(person.attributes.get("lang") or person.locale.partition("-")[0])
        case = {"channel": channel, "queue": conversation.team, "lang": lang, "reason": conversation.reason}
        return {"customer": {**person.attributes, **own}, "case": {**case, "tags": conversation.tags}}

    def _owner(self, dossier: Dossier) -> str:
        """The agent who is named as the customer's own, by login or id."""
        named = str(dossier.person.attributes.get("owner") or "")
        found = self._ctx.house.agents.find(named) if named else None
        return str(found.id) if found is not None else named

    def dearest(self, dossier: Dossier, policy: RoutingConfig) -> Leg | None:
        """The leg that costs an agent most, the newest of several."""
        legs = reversed(dossier.legs.values())
        return max(legs, key=lambda leg: policy.cost(channel_name(self._ctx, policy, leg.channel)), default=None)

    def _deadline(self, leg: Leg | None) -> float:
        channel = self._ctx.house.channels.get(leg.channel) if leg is not None else None
        if leg is None or channel is None or not channel.limits.window:
            return 0.0
        return leg.last_inbound_at / 1000 + channel.limits.window


def newest(dossier: Dossier) -> Leg | None:
    """The leg the customer wrote on last."""
    return next(reversed(dossier.legs.values()), None) if dossier.legs else None


def case_row(task: Task) -> tuple[Any, ...]:
    """What must not be lost of a case."""
    return (task.id, int(task.arrived * 1000), task.boost, task.callback, task.queue, task.parked)


def call_row(task: Task, call: Move | None = None, message_id: int = 0) -> tuple[Any, ...]:
    """How far a call back is, with this `call`, which the message told them."""
    calls, called_at = (call.more["try"], call.at) if call is not None else (task.calls, task.called_at)
    return (task.id, _ms(task.asked_at), calls, _ms(called_at), message_id, task.late)


def _ms(seconds: float | None) -> int | None:
    return round(seconds * 1000) if seconds is not None else None


def _seconds(ms: int | None) -> float | None:
    return ms / 1000 if ms is not None else None


def agent_id(conversation: Conversation) -> str:
    """The agent who has it, or nothing."""
    return conversation.owner_id if conversation.owner_kind == "agent" else ""


def names_of(agents: Mapping[str, Agent]) -> Mapping[str, str]:
    """What to call agents, by id."""
    return {id: agent.name or agent.login for id, agent in agents.items()}


__all__ = ["Cases", "Statements", "agent_id", "call_row", "case_row", "names_of", "newest"]
