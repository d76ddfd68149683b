"""For plugins that serve the people who work here: a workbench, a supervisor's wall, administration.

`Context.house` is a `House`: the agents, what happens in conversations, and how the hub is. Pages come from `hub.pages`, a
plugin's own tables from `hub.tables`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hub.calling import Calls, outcome_of
from hub.clock import Clock
from hub.conversations.scene import Scene
from hub.errors import HubError, Refused
from hub.instance import InstanceStatus
from hub.path.deadletters import DeadLetter, DeadLetters
from hub.people.agents import Agents, sees
from hub.people.dossiers import Dossier
from hub.plugin import Allowance, Channel
from hub.records import Agent, AgentState, Leg, Role
from hub.store.change import Change
from hub.store.rows import conversation_of, leg_of, person_of
from hub.web.operations import CSRF_HEADER, SESSION_COOKIE

if TYPE_CHECKING:
    from aiohttp import web

    from hub.config.models import AgentSettings, Team
    from hub.context import Context
    from hub.hub import Hub

__all__ = [
    "CSRF_HEADER", "SESSION_COOKIE", "AgentState", "Agents", "Calls", "Clock", "DeadLetter", "DeadLetters", "Dossier", "House",
    "InstanceStatus", "Role", "Scene", "conversation_of", "leg_of", "person_of",
    "sees",
]

T = TypeVar("T")
PLAY_LIMIT: Final = 5.0
"""Seconds a plugin's play may hold a customer's lane."""


class House:
    """What one instance may know and do on the side of those who serve."""

    def __init__(self, hub: Hub, ctx: Context) -> None:
        self._hub = hub
        self._ctx = ctx

    # -- who serves ---------------------------------------------------------------------------------

    @property
    def agents(self) -> Agents:
        """Everybody who serves or served."""
        return self._hub.agents

    def watch_agents(self, tell: Callable[[Agent], None]) -> None:
        """While this instance runs, `tell` hears of every agent who is new or not as before."""
        heard = self._hub.agents.on_change
        heard.append(tell)
        self._ctx.undo("watching the agents", lambda: heard.remove(tell))

    @property
    def teams(self) -> Sequence[Team]:
        """The teams of the configuration: `id`, and as `members` the logins it lists."""
        return self._hub.settings.teams

    @property
    def agent_settings(self) -> Mapping[str, AgentSettings]:
        """What the configuration says of agents (skills, capacity …), by login."""
        return {agent.login: agent for agent in self._hub.settings.agents}

    def team_name(self, id: str, locale: str = "") -> str:
        """A team's name; its id where the configuration no longer has it."""
        return self._hub.settings.team_name(id, locale or self._hub.settings.hub.locale)

    async def agent_of(self, request: web.Request, *roles: Role) -> Agent:
        """Who makes this request, for routes of those who serve (of these `roles`, where some are named).

        Raises Refused: 401 ``signed_out``, 403 ``forbidden``.
        """
        agent: Agent | None = await self._hub.calls.first("signed_in", request=request)
        if agent is None:
            raise Refused(401, "signed_out", "sign in first")
        if roles and agent.role not in roles:
            raise Refused(403, "forbidden", "your role may not do this")
        return agent

    # -- conversations ------------------------------------------------------------------------------

    async def play(self, conversation_id: int, actor: str, play: Callable[[Scene], Awaitable[T]]) -> T:
        """Do something in a conversation, in its order with everything else that happens there.

        `play` decides in the `Scene` (say, assign, close …) and may refuse by raising; then nothing has happened. What it returns
        is returned once all of it is stored. `actor` is who makes it happen, for the log. It has 5 seconds.

        Raises Refused (404 ``not_found``, 409 ``closed`` when the customer has a newer conversation, 503 ``stopping``), Conflict.
        """

        async def guarded(scene: Scene) -> T:
            outcome = await self._hub.calls.guard(self._ctx.name, "play", play, scene, deadline=PLAY_LIMIT)
            return outcome.result(self._ctx.name)

        done: T = await self._hub.path.in_conversation(conversation_id, actor, guarded)
        return done

    async def together(
        self, person_ids: Iterable[int], work: Callable[[dict[int, Dossier]], Awaitable[Change]]
    ) -> None:
        """Change what is stored of several people at once, while nothing else happens with any of them.

        `work` gets what the hub has in mind about each, by id, and has 5 seconds to say what to store. After that the hub reads
        them anew; what waits for them goes on with what it then finds, an arrival with whoever has its identity now.

        Raises Refused (404 ``not_found``, 503 ``stopping``), Conflict, StoreUnavailable; then nothing has happened.
        """

        async def guarded(dossiers: dict[int, Dossier]) -> Change:
            outcome = await self._hub.calls.guard(self._ctx.name, "together", work, dossiers, deadline=PLAY_LIMIT)
            change: Change = outcome.result(self._ctx.name)
            return change

        await self._hub.path.together(person_ids, guarded)

    async def dossier(self, person_id: int) -> Dossier | None:
        """What the hub has in mind about a person; None where there is none, or it cannot be read now."""
        try:
            return await self._hub.people.dossier(person_id)
        except HubError:
            return None

    async def allowance(self, leg: Leg) -> Allowance:
        """What may still be sent on a leg: as its channel says, else by the channel's `Limits.window`."""
        channel = self.channels.get(leg.channel)
        if channel is not None and "allowance" in channel.features():
            said: Allowance = await self._hub.calls.method(leg.channel, channel.allowance, leg, deadline=PLAY_LIMIT / 5)
            return said
        if channel is None or not channel.limits.window:
            return Allowance()
        return Allowance(until=leg.last_inbound_at + int(channel.limits.window * 1000), why="window")

    async def leg_to_answer(self, legs: Iterable[Leg]) -> Leg | None:
        """Of these legs the one to answer on: of those on which something may be sent, the one the customer wrote on last."""
        by_time, now = sorted(legs, key=attrgetter("last_inbound_at"), reverse=True), self._hub.clock.now() * 1000
        for leg in by_time if len(by_time) > 1 else ():
            told = (await outcome_of(self.allowance(leg))).value
            if told is not None and told.left != 0 and (told.until is None or told.until > now):
                return leg
        return next(iter(by_time), None)

    # -- how the hub is -----------------------------------------------------------------------------

    @property
    def calls(self) -> Calls:
        """What plugins say: `collect` and `first` ask them by a hook, `ask` one of them; `method` calls something of one's."""
        return self._hub.calls

    @property
    def channels(self) -> Mapping[str, Channel[Any]]:
        """The channels that are up, by instance name."""
        return self._hub.registry.channels()

    @property
    def platforms(self) -> Mapping[str, str]:
        """The platform of each instance, also of those that do not run."""
        registry = self._hub.registry
        return {one.name: registry.platform_of(one.name) for one in registry.status()}

    @property
    def instances(self) -> Sequence[InstanceStatus]:
        """How all instances are, in the order of the YAML."""
        return self._hub.registry.status()

    @property
    def dead_letters(self) -> DeadLetters:
        """What could not be worked on or delivered."""
        return self._hub.path.dead
