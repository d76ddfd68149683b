"""The crew: the hub's agents as the engine knows them, with what the configuration says of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub import Agent, Context
from hub_routing.engine import Router, Staff
from hub_routing.policy import ANY, RoutingConfig

OFF: Final = "reception"
"""Under which key of the instance's data it is kept who takes no work of which channels."""


class Crew:
    """Keeps the floor of a router true to who serves."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._off: dict[str, frozenset[str]] = {}

    async def start(self) -> None:
        """Learn which receptions are switched off."""
        kept: Mapping[str, Any] = await self._ctx.data.get(OFF, {})
        self._off = {id: frozenset(doors) for id, doors in kept.items()}

    def staff(self, agent: Agent) -> Staff:
        """An agent for the floor."""
        said = self._ctx.house.agent_settings.get(agent.login)
        made = Staff(
            str(agent.id), self.teams(agent), dict(said.skills) if said else {}, said.capacity if said else None,
            self.reception(agent), agent.state, agent.connected,
        )  # fmt: skip
        made.off = self.off(made.id)
        return made

    def teams(self, agent: Agent) -> frozenset[str]:
        """Their teams, those of the configuration included."""
        house = self._ctx.house
        said = house.agent_settings.get(agent.login)
        listed = {team.id for team in house.teams if agent.login in team.members}
        return frozenset(agent.teams) | listed | frozenset(said.teams if said else ())

    def reception(self, agent: Agent) -> frozenset[str] | None:
        """The channels they take, a platform's name standing for all of its instances."""
        said = self._ctx.house.agent_settings.get(agent.login)
        if said is None or said.reception is None:
            return None
        return frozenset(said.reception).union(*(self._doors(name) for name in said.reception))

    def off(self, id: str) -> frozenset[str]:
        """The doors by which they take no new work."""
        return self._off.get(id, frozenset())

    def _doors(self, name: str) -> frozenset[str]:
        """The instances that are meant: the one of this name, or all of the platform."""
        platforms = self._ctx.house.platforms
        found = {one for one, platform in platforms.items() if platform == name}
        return frozenset(found or {name})

    def changed(self, router: Router, agent: Agent, now: float) -> None:
        """Somebody is new, or not as before."""
        id = str(agent.id)
        known = router.floor.by_id.get(id)
        if not agent.active:
            router.part(id, now)
        elif known is None:
            router.join(self.staff(agent), now)
        else:
            if self.teams(agent) != known.teams:
                router.edit(id, now, teams=self.teams(agent))
            # Gone first and back last: nobody gets work in between.
            if not agent.connected:
                router.presence(id, connected=False, now=now)
            router.state(id, agent.state, now)
            router.presence(id, agent.connected, now)

    async def switch(self, id: str, channel: str, *, on: bool) -> None:
        """Remember that somebody takes work of a channel, or none."""
        doors = frozenset({channel}) if channel in self._ctx.house.platforms else self._doors(channel)
        self._off[id] = self.off(id) - doors if on else self.off(id) | doors
        await self._ctx.data.put(OFF, {one: sorted(doors) for one, doors in self._off.items() if doors})


def channel_name(ctx: Context, policy: RoutingConfig, instance: str) -> str:
    """What a channel is called in the rules: its instance where the policy names that, else its platform."""
    rules = {*policy.agents.cost, *policy.interrupt, *policy.offer.accept}
    rules |= {name for queue in policy.queues.values() for name in (*queue.pick.by, *queue.channels)}
    rules |= {one.pool for one in (policy.vip.reserve if policy.vip is not None else ())}
    if instance in rules - {ANY}:
        return instance
    return ctx.house.platforms.get(instance) or instance
