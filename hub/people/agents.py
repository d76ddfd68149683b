"""Agents: everybody who serves or served, and who of them sits at an open desk.

Assignment and routing ask here. How agents come in (accounts, passwords, single sign-on) is the business of a plugin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hub.calling import attempt
from hub.errors import Refused
from hub.records import Agent, Conversation
from hub.store.change import Change
from hub.store.rows import agent_change, agent_row
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.hub import Hub


def sees(agent: Agent, conversation: Conversation) -> bool:
    """May this agent see this conversation: their own, and what is in their teams (who has none is in all)."""
    if agent.role != "agent" or (conversation.owner_kind == "agent" and conversation.owner_id == str(agent.id)):
        return True
    return not agent.teams or conversation.team in agent.teams


class Agents:
    """All agents, in memory; each change is stored first. `on_change` hears of everybody who is new or not as before."""

    def __init__(self, hub: Hub) -> None:
        self.on_change: list[Callable[[Agent], None]] = []
        self._hub = hub
        self._agents: dict[int, Agent] = {}
        self._desks: Counter[int] = Counter()

    async def start(self) -> None:
        """Learn who serves."""
        self._agents = {agent.id: agent for agent in await self._hub.reading.agents()}

    # -- who there is -------------------------------------------------------------------------------

    def known(self, id: int) -> Agent | None:
        """One agent, or None where there is none."""
        return self._agents.get(id)

    def get(self, id: int) -> Agent:
        """One agent. Raises Refused (404 ``no_such_agent``)."""
        agent = self._agents.get(id)
        if agent is None:
            raise Refused(404, "no_such_agent", "there is no such agent")
        return agent

    def all(self) -> Sequence[Agent]:
        """Everybody who serves or served, in the order they came."""
        return tuple(self._agents.values())

    def find(self, login: str) -> Agent | None:
        """The agent with this very login."""
        return next((agent for agent in self._agents.values() if agent.login == login), None)

    def owner_name(self, conversation: Conversation, locale: str = "") -> str:
        """What to call the owner of a conversation: the agent, the team, or the service itself for its bots."""
        settings, owner = self._hub.settings, conversation.owner_id
        match conversation.owner_kind:
            case "agent":
                agent = self._agents.get(int(owner)) if owner.isdecimal() else None
                return agent.name if agent is not None else ""
            case "queue":
                return settings.team_name(conversation.team, locale or settings.hub.locale)
            case "bot":
                return settings.name_for(locale)

    # -- changes ------------------------------------------------------------------------------------

    def add(self, change: Change, agent: Agent) -> None:
        """Take somebody in, with `change`."""
        change.write(Statements.add_agent, agent_row(agent, int(self._hub.clock.now() * 1000)))
        change.after.append(lambda: self._put(agent))

    def change(self, change: Change, agent: Agent) -> None:
        """Somebody is from now on as `agent` says, with `change`. A login never changes."""
        change.write(Statements.change_agent, agent_change(agent))
        change.after.append(lambda: self._put(agent))

    def connected(self, id: int, by: int) -> None:
        """One desk of this agent more (+1) or less (-1) is open."""
        self._desks[id] += by
        agent = self._agents.get(id)
        if agent is not None and agent.connected != (self._desks[id] > 0):
            self._put(agent)

    def _put(self, agent: Agent) -> None:
        """Stored: now it is so. Whether a desk is open is looked up anew, it may have changed while this was stored."""
        agent = replace(agent, connected=self._desks[agent.id] > 0)
        self._agents[agent.id] = agent
        for tell in tuple(self.on_change):
            # A plugin's fault must not end the committer, which calls this.
            outcome = attempt(tell, agent)
            if outcome.error is not None:
                self._hub.log.error("a change of an agent could not be told", agent=agent.id, exc_info=outcome.error)
