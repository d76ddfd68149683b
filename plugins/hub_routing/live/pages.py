"""The HTTP interface of routing, for whoever is signed in at the workbench."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from hub import Agent, Refused
from hub.house import Role, sees
from hub.pages import Operation, answer, id_in_path, number, one_of, only_known, read_json, whole, word
from hub.pages import Parameter as Query

if TYPE_CHECKING:
    from hub_routing.plugin import Routing

DAYS: Final = Query("days", whole(1, 366, 7), "So many days back")
LOCALE: Final = Query("locale", one_of("zh-CN", "en"), "The language of the sentences")


class PolicyWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands below ``routing:``."""

    policy: dict[str, Any]


class Reception(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New work of a channel, or none."""

    channel: str
    on: bool


class Pages:
    """The routes."""

    def __init__(self, desk: Routing) -> None:
        self._desk = desk
        self._ctx = desk.ctx
        staff: tuple[Role, ...] = ("agent", "supervisor", "admin")
        chiefs: tuple[Role, ...] = ("supervisor", "admin")
        admins: tuple[Role, ...] = ("admin",)
        cases, offers, policy = "/api/routing/conversations/{id}", "/api/routing/offers/{id}", "/api/routing/policy"
        self._add("GET", cases, self.case, "Why a conversation is where it is", staff, query=(LOCALE,), errors=(404,))
        self._add("GET", "/api/routing/places", self.places, "The places of all who wait", staff)
        self._add("GET", "/api/routing/me", self.me, "Why do I get no work", staff, query=(LOCALE,))
        taking = "Take new work of a channel, or none"
        self._add("PUT", "/api/routing/me/reception", self.receive, taking, staff, Reception, query=(LOCALE,))
        self._add("POST", f"{offers}/accept", self.accept, "Take what was offered", staff, errors=(404, 409))
        self._add("POST", f"{offers}/decline", self.decline, "Leave what was offered to others", staff, errors=(404, 409))
        self._add("GET", "/api/routing/queues", self.queues, "How the queues are", chiefs, query=(LOCALE,))
        report = "/api/routing/experiment"
        self._add("GET", report, self.experiment, "The report of the experiments", chiefs, query=(DAYS, LOCALE))
        self._add("GET", policy, self.policy, "The policy in force", admins)
        self._add("POST", policy, self.apply, "Publish a policy", admins, PolicyWanted)
        self._add("POST", f"{policy}/rollback", self.rollback, "Back to the policy before", admins, errors=(409,))

    def _add(
        self, method: str, path: str, handler: Callable[[web.Request, Agent], Awaitable[web.Response]], summary: str,
        roles: tuple[Role, ...], body: Any = None, *, errors: tuple[int, ...] = (), query: tuple[Query, ...] = (),
    ) -> None:  # fmt: skip
        doc = Operation(
            summary, body, {"type": "object"}, errors=(400, *errors), parameters=query, security="session", tags=("routing",)
        )  # fmt: skip

        async def asked(request: web.Request) -> web.Response:
            only_known(request, doc)
            return await handler(request, await self._ctx.house.agent_of(request, *roles))

        self._ctx.route(method, path, asked, doc=doc)

    def _locale(self, request: web.Request) -> str:
        return word(request, "locale", self._ctx.locale, "zh-CN", "en")

    async def _seen(self, request: web.Request, agent: Agent) -> int:
        """The conversation the path names: one this agent may see, or that waits for their answer."""
        id = id_in_path(request)
        conversation = await self._ctx.reading.conversation(id)
        if conversation is None or not (self._desk.is_offered(id, agent.id) or sees(agent, conversation)):
            raise Refused(404, "not_found", "there is no such conversation")
        return id

    async def case(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"why", "place", "decisions"}`."""
        id, locale = await self._seen(request, agent), self._locale(request)
        why, place = self._desk.why_waiting(id, locale), self._desk.place(id, locale)
        return answer({"why": why, "place": place, "decisions": await self._desk.decisions(id)})

    async def places(self, _: web.Request, agent: Agent) -> web.Response:
        """`{"places": {conversation: place}}` of all this agent may see, as lists show them."""
        seen = [one.id for one in await self._ctx.reading.waiting() if sees(agent, one)]
        return answer({"places": {str(id): place for id in seen if (place := self._desk.number(id))}})

    async def me(self, request: web.Request, agent: Agent) -> web.Response:
        """See `Answers.why_no_work`."""
        return answer(self._desk.why_no_work(agent.id, self._locale(request)))

    async def queues(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"queues"}`."""
        return answer({"queues": await self._desk.queues(self._locale(request))})

    async def experiment(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"days", "running", "experiments"}`: `running` is the name of the one the policy has now, or nothing."""
        days, locale = number(request, "days", 7, least=1, most=366), self._locale(request)
        now, called = self._desk.dispatcher.router.policy.experiment, self._ctx.house.team_name
        found = [{**one, "name": called(one["queue"], locale)} for one in await self._desk.experiment(days)]
        return answer({"days": days, "running": now.name if now is not None else "", "experiments": found})

    async def receive(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"off"}`."""
        wanted = await read_json(request, Reception)
        await self._desk.reception(agent.id, wanted.channel, wanted.on)
        return answer(self._desk.why_no_work(agent.id, self._locale(request)))

    async def accept(self, request: web.Request, agent: Agent) -> web.Response:
        """`{}`."""
        await self._desk.accept(await self._seen(request, agent), agent.id)
        return answer({})

    async def decline(self, request: web.Request, agent: Agent) -> web.Response:
        """`{}`."""
        await self._desk.decline(await self._seen(request, agent), agent.id)
        return answer({})

    async def policy(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"number", "policy"}`."""
        return answer(self._desk.policy())

    async def apply(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"number"}`."""
        wanted = await read_json(request, PolicyWanted)
        return answer({"number": str(await self._desk.apply(wanted.policy, agent.login))})

    async def rollback(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"number"}`."""
        return answer({"number": str(await self._desk.rollback())})


def not_offered() -> Refused:
    """For somebody who takes what is not theirs to take."""
    return Refused(409, "not_offered", "this conversation is not offered to you now")
