"""The plugin: the router of a running hub, and what others may ask of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from hub import Plugin, PluginConfig, hookimpl
from hub.commands import HubConfig
from hub_routing.checks import misfits_of
from hub_routing.live.answers import Answers
from hub_routing.live.dispatcher import Dispatcher
from hub_routing.live.pages import Pages, not_offered
from hub_routing.live.publishing import Publishing, dumped
from hub_routing.live.queues import Queues
from hub_routing.policy import RoutingConfig
from hub_routing.reports import Outcomes, report


class Routing(Plugin[RoutingConfig]):
    """Customers to agents. One instance: it is the only one that assigns by itself."""

    Config: ClassVar[type[PluginConfig]] = RoutingConfig
    tables: ClassVar[str] = "hub_routing.tables"

    @classmethod
    def misfits(cls, config: RoutingConfig, settings: HubConfig, locale: str) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """What cannot work with the agents and teams of the document."""
        there = {one.name for one in settings.plugins if one.enabled}
        return misfits_of(config, settings.agents, settings.team_ids, locale, there)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Route while this instance runs."""
        self._publishing = Publishing(self.ctx, self.config, self._renew)
        self.dispatcher = Dispatcher(self.ctx, await self._publishing.start())
        self._answers, self._queues = Answers(self.dispatcher), Queues(self.dispatcher)
        await self.dispatcher.start()
        self.ctx.task(self._publishing.watch(), "requests")
        Pages(self)
        yield

    @hookimpl
    async def instance_changed(self, name: str, state: str) -> None:
        """A channel whose pages show cards may be up only now."""
        if state == "running" and name in self.ctx.house.channels and hasattr(self, "dispatcher"):
            self.dispatcher.cards.stir_all()

    def _renew(self, policy: RoutingConfig) -> None:
        self.dispatcher.router.renew(policy, self.dispatcher.now)
        self.dispatcher.follow()

    # -- what others ask ----------------------------------------------------------------------------

    def why_waiting(self, conversation_id: int, locale: str = "") -> dict[str, Any]:
        """``{"state", "reasons"}``: where a conversation is, and in sentences why it is still there."""
        return self._answers.why_waiting(conversation_id, locale or self.ctx.locale)

    def why_no_work(self, agent_id: int, locale: str = "") -> dict[str, Any]:
        """``{"state", "used", "capacity", …, "reasons"}``: how an agent is, and in sentences why nothing comes."""
        return self._answers.why_no_work(agent_id, locale or self.ctx.locale)

    def place(self, conversation_id: int, locale: str = "") -> dict[str, Any] | None:
        """``{"place", "band", "text", "callback"}`` of somebody who waits, else None."""
        return self._answers.place(conversation_id, locale or self.ctx.locale)

    def number(self, conversation_id: int) -> int:
        """The place alone, from 1; 0 for who does not wait in a queue."""
        return self._answers.number(conversation_id)

    async def queues(self, locale: str = "") -> list[dict[str, Any]]:
        """A line for each queue: who waits, how long, who is on, and what was answered today within the promise."""
        return await self._queues.figures(locale or self.ctx.locale)

    async def experiment(self, days: int) -> list[dict[str, Any]]:
        """The experiments of the last `days`, queue by queue with both arms; see `hub_routing.reports`."""
        made = Outcomes(self.ctx.reader, int((self.dispatcher.now - days * 86_400) * 1000))
        await made.read()
        await made.ends()
        return report(made.cases.values(), self.dispatcher.router.plan.zone)

    async def decisions(self, conversation_id: int) -> list[dict[str, Any]]:
        """All decisions about a conversation, in order."""
        rows = await self.ctx.reader.all("SELECT * FROM routing_decision WHERE conversation_id = ? ORDER BY id", conversation_id)
        texts = {"conversation_id": str(conversation_id)}
        return [{**row, **texts, "id": str(row["id"]), "data": json.loads(row["data"])} for row in rows]

    async def accept(self, conversation_id: int, agent_id: int) -> None:
        """An agent takes what was offered. Raises Refused 409."""
        self._offered(conversation_id, agent_id)
        self.dispatcher.router.accept(conversation_id, self.dispatcher.now)
        self.dispatcher.follow()

    async def decline(self, conversation_id: int, agent_id: int) -> None:
        """An agent leaves it to others. Raises Refused 409."""
        self._offered(conversation_id, agent_id)
        self.dispatcher.router.decline(conversation_id, self.dispatcher.now)
        self.dispatcher.follow()

    def is_offered(self, conversation_id: int, agent_id: int) -> bool:
        """Does a conversation wait for this agent's answer?"""
        task = self.dispatcher.router.tasks.get(conversation_id)
        return task is not None and task.status == "offered" and task.agent == str(agent_id)

    def _offered(self, conversation_id: int, agent_id: int) -> None:
        if not self.is_offered(conversation_id, agent_id):
            raise not_offered()

    async def reception(self, agent_id: int, channel: str, on: bool) -> None:
        """An agent takes new work of a channel (an instance, or all of a platform), or none; kept over restarts."""
        await self.dispatcher.crew.switch(str(agent_id), channel, on=on)
        if str(agent_id) in self.dispatcher.router.floor.by_id:
            self.dispatcher.router.reception(str(agent_id), self.dispatcher.crew.off(str(agent_id)), self.dispatcher.now)
            self.dispatcher.follow()

    async def call_back(self, conversation_id: int) -> bool:
        """The customer goes and keeps the place; False when they do not wait."""
        return await self.dispatcher.wishes.call_back(conversation_id)

    async def stay(self, conversation_id: int) -> bool:
        """The customer waits in the chat after all, at the place they kept; False when nobody was to call them back."""
        return await self.dispatcher.wishes.stay(conversation_id)

    # -- the policy ---------------------------------------------------------------------------------

    async def apply(self, policy: Any, author: str) -> int:
        """Publish what would stand below ``routing:``; acts at once, is kept. Raises Refused 422."""
        return await self._publishing.apply(policy, author)

    async def rollback(self) -> int:
        """Back to the policy before; its number (0: the configuration's). Raises Refused 409."""
        return await self._publishing.rollback()

    def policy(self) -> dict[str, Any]:
        """The policy in force and its number."""
        return {"number": str(self._publishing.in_force), "policy": json.loads(dumped(self.dispatcher.router.policy))}
