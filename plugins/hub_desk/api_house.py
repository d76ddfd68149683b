"""Looking after the house: dead letters and plugins."""

from __future__ import annotations

from aiohttp import web

from hub import Agent
from hub.pages import answer, id_in_path
from hub.tables import Change
from hub_desk.audit import audit
from hub_desk.book import Book
from hub_desk.shapes import dead_letter_shape, instance_shape
from hub_desk.workbench import Workbench


def register(desk: Workbench) -> None:
    """Add these routes."""
    requests = HouseRequests(desk)
    book = Book(desk, "House")
    book.signed_in("GET", "/api/dead-letters", requests.dead_letters, "What could not be delivered", gives=["dead_letters"])
    book.signed_in("POST", "/api/dead-letters/{id}/retry", requests.retry, "Send it again")
    book.signed_in("DELETE", "/api/dead-letters/{id}", requests.drop, "Give it up")
    book.signed_in("GET", "/api/plugins", requests.plugins, "The instances and how they are", gives=["instances"])


class HouseRequests:
    """The handlers."""

    def __init__(self, desk: Workbench) -> None:
        self._desk = desk
        self._ctx = desk.ctx

    async def dead_letters(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"dead_letters": […]}`."""
        return answer({"dead_letters": [dead_letter_shape(letter) for letter in await self._ctx.house.dead_letters.all()]})

    async def retry(self, request: web.Request, agent: Agent) -> web.Response:
        """`{}`."""
        letter = id_in_path(request)
        await self._ctx.house.dead_letters.retry(letter)
        await self._note(agent, "dead_letter.retried", letter)
        return answer({})

    async def drop(self, request: web.Request, agent: Agent) -> web.Response:
        """`{}`."""
        letter = id_in_path(request)
        await self._ctx.house.dead_letters.drop(letter)
        await self._note(agent, "dead_letter.dropped", letter)
        return answer({})

    async def _note(self, agent: Agent, act: str, id: int) -> None:
        change = Change()
        audit(self._ctx, change, agent.login, act, str(id))
        await self._ctx.commit(change)

    async def plugins(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"instances": […]}`."""
        return answer({"instances": [instance_shape(status) for status in self._ctx.house.instances]})
