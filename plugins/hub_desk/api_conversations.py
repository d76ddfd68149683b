"""Conversations over HTTP: lists, details, messages, what happened, and the acts of the workbench."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from hub import Agent, Conversation, Person
from hub.house import sees
from hub.pages import ID, Parameter, answer, id_in_path, number, one_of, read_json, whole, word
from hub_desk.allowances import allowances
from hub_desk.book import Book
from hub_desk.commands import COMMANDS, Send, run
from hub_desk.others import panels, story, suggestions
from hub_desk.shapes import identity_shape, panel_shape, person_shape, suggestion_shape
from hub_desk.views import VIEWS, conversation_row, conversation_rows, conversations_in, thread, visible
from hub_desk.words import locale_of, refusal
from hub_desk.workbench import Workbench
from hub_realtime import Json

MOST: Final = 200
EARLIER: Final = 20
_ACTS: Final = {
    "take": "Become the owner",
    "release": "Give it back to the queue",
    "assign": "Transfer it to an agent or a team",
    "close": "End it",
    "read": "Its messages were seen up to this one",
}
_PAGE: Final = (Parameter("before", ID, "only what is older"), Parameter("limit", whole(1, MOST, 50), "how many"))


class Say(Send, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to the customer, or a note. The same `id` again gives the same message and sends nothing."""

    id: Annotated[str, Meta(max_length=100)] = ""


def register(desk: Workbench) -> None:
    """Add these routes."""
    requests = ConversationRequests(desk)
    book = Book(desk, "Conversations")
    one = "/api/conversations/{id}"
    listing = {"query": [Parameter("view", one_of(*VIEWS, default="open")), *_PAGE], "gives": ["conversations", "more"]}
    book.signed_in("GET", "/api/conversations", requests.list, "Conversations of a view, the newest first", **listing)
    parts = ["conversation", "person", "panels", "suggestions"]
    book.signed_in("GET", one, requests.details, "One with its customer, panels and suggested replies", gives=parts)
    messages = {"query": _PAGE, "gives": ["messages", "more"]}
    book.signed_in("GET", f"{one}/messages", requests.messages, "Its messages, oldest first", **messages)
    steps = {"query": [Parameter("locale", one_of("zh-CN", "en"))], "gives": ["steps"]}
    book.signed_in("GET", f"{one}/explain", requests.explain, "Every step of routing and delivery in words", **steps)
    said = {"body": Say, "gives": ["message"], "errors": [409]}
    book.signed_in("POST", f"{one}/messages", requests.say, "Say something, or write a note", **said)
    for name, summary in _ACTS.items():
        act = {"body": COMMANDS[name].data, "errors": [409]}
        book.signed_in("POST", f"{one}/{name}", requests.act(name), summary, **act)


class ConversationRequests:
    """The handlers."""

    def __init__(self, desk: Workbench) -> None:
        self._desk = desk
        self._ctx = desk.ctx

    async def list(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"conversations": […], "more": bool}`."""
        view = word(request, "view", "open", *VIEWS)
        before, limit = self._page(request)
        found = await conversations_in(self._ctx, agent, view, before=before, limit=limit + 1)
        rows = await conversation_rows(self._ctx, found[:limit])
        return answer({"conversations": rows, "more": len(found) > limit})

    @staticmethod
    def _page(request: web.Request) -> tuple[int, int]:
        return number(request, "before", 0), number(request, "limit", 50, least=1, most=MOST)

    async def _visible(self, request: web.Request, agent: Agent) -> Conversation:
        return await visible(self._ctx, agent, id_in_path(request))

    async def details(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"conversation", "person", "panels", "suggestions"}`."""
        conversation = await self._visible(request, agent)
        person = await self._ctx.reading.person(conversation.person_id)
        if person is None:
            raise refusal("not_found", self._ctx.locale)
        shown = [panel_shape(panel) for panel in await panels(self._ctx, conversation, person)]
        proposed = [suggestion_shape(one) for one in await suggestions(self._ctx, conversation, person)]
        row = await conversation_row(self._ctx, conversation)
        allowed = await allowances(self._ctx, conversation)
        row["legs"] = [{**leg, "allowance": allowed.get(leg["id"])} for leg in row["legs"]]
        known = await self._person(person, conversation, agent)
        return answer({"conversation": row, "person": known, "panels": shown, "suggestions": proposed})

    async def _person(self, person: Person, current: Conversation, agent: Agent) -> Json:
        reading = self._ctx.reading
        identities = await reading.identities(person.id)
        earlier = [
            one
            for one in await reading.conversations_of(person.id, EARLIER)
            if one.id != current.id and sees(agent, one)
        ]
        return {
            **person_shape(person),
            "attributes": person.attributes,
            "identities": [identity_shape(identity) for identity in identities],
            "conversations": await conversation_rows(self._ctx, earlier),
        }

    async def messages(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"messages": […], "more": bool}`."""
        conversation = await self._visible(request, agent)
        before, limit = self._page(request)
        found = await self._ctx.reading.messages(conversation.id, before=before, limit=limit + 1)
        return answer({"messages": await thread(self._ctx, found[-limit:]), "more": len(found) > limit})

    async def explain(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"steps": [{"at", "text", …}]}`."""
        conversation = await self._visible(request, agent)
        locale = word(request, "locale", locale_of(request, self._ctx.locale), "zh-CN", "en")
        return answer({"steps": await story(self._ctx, conversation, locale)})

    async def say(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"message": …}`."""
        data = msgspec.to_builtins(await read_json(request, Say))
        return await self._run(request, agent, "send", data.pop("id"), data)

    def act(self, name: str) -> Callable[[web.Request, Agent], Awaitable[web.Response]]:
        """The handler of one command."""

        async def handler(request: web.Request, agent: Agent) -> web.Response:
            data = msgspec.to_builtins(await read_json(request, COMMANDS[name].data))
            return await self._run(request, agent, name, "", data)

        return handler

    async def _run(self, request: web.Request, agent: Agent, name: str, id: str, data: dict[str, Any]) -> web.Response:
        conversation = str(id_in_path(request))
        return answer(await run(self._desk, agent, name, id, {**data, "conversation": conversation}))
