"""Looking after the house: dead letters and plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from hub.records import Agent
from hub.store.change import Change
from hub.web.answering import answer, id_in_path
from hub.web.audit import audit
from hub.web.book import Book
from hub.web.shapes import dead_letter_shape, instance_shape

if TYPE_CHECKING:
    from hub.hub import Hub


def register(hub: Hub) -> None:
    """Add these routes."""
    requests = HouseRequests(hub)
    book = Book(hub, "House")
    book.signed_in("GET", "/api/dead-letters", requests.dead_letters, "What could not be delivered", gives=["dead_letters"])
    book.signed_in("POST", "/api/dead-letters/{id}/retry", requests.retry, "Send it again")
    book.signed_in("DELETE", "/api/dead-letters/{id}", requests.drop, "Give it up")
    book.signed_in("GET", "/api/plugins", requests.plugins, "The instances and how they are", gives=["instances"])


class HouseRequests:
    """The handlers."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def dead_letters(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"dead_letters": […]}`."""
        return answer({"dead_letters": [dead_letter_shape(letter) for letter in await self._hub.path.dead.all()]})

    async def retry(self, request: web.Request, agent: Agent) -> web.Response:
        """`{}`."""
        letter = id_in_path(request)
        await self._hub.path.dead.retry(letter)
        await self._note(agent, "dead_letter.retried", letter)
        return answer({})

    async def drop(self, request: web.Request, agent: Agent) -> web.Response:
        """`{}`."""
        letter = id_in_path(request)
        await self._hub.path.dead.drop(letter)
        await self._note(agent, "dead_letter.dropped", letter)
        return answer({})

    async def _note(self, agent: Agent, act: str, id: int) -> None:
        change = Change()
        audit(self._hub, change, agent.login, act, str(id))
        await self._hub.store.commit(change)

    async def plugins(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"instances": […]}`."""
        return answer({"instances": [instance_shape(status) for status in self._hub.registry.status()]})
