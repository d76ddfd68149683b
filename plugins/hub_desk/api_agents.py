"""Agents: who serves, and inviting and changing them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from hub import Agent
from hub.house import Role
from hub.pages import answer, id_in_path, read_json
from hub_desk.book import Book
from hub_desk.shapes import agent_shape
from hub_desk.words import locale_of, setup_url
from hub_desk.workbench import Workbench

Name = Annotated[str, Meta(max_length=200)]
Teams = Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=100)]


class Invitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new account. Without teams it gets those the configuration lists it in."""

    login: Annotated[str, Meta(max_length=100)]
    name: Name
    role: Role = "agent"
    teams: Teams = ()


class AgentChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | None = None
    role: Role | None = None
    teams: Teams | None = None
    active: bool | None = None


def register(desk: Workbench) -> None:
    """Add these routes."""
    requests = AgentRequests(desk)
    book = Book(desk, "Agents")
    book.signed_in("GET", "/api/agents", requests.list, "Everybody who serves or served", gives=["agents"])
    made = {"gives": ["agent", "setup_url"], "errors": [409]}
    book.signed_in("POST", "/api/agents", requests.invite, "Make an account and its link", body=Invitation, **made)
    changed = {"gives": ["agent"], "errors": [409]}
    book.signed_in("PATCH", "/api/agents/{id}", requests.change, "Change an account", body=AgentChange, **changed)
    again = "Another one-time link, for somebody who forgot the password"
    book.signed_in("POST", "/api/agents/{id}/invitation", requests.invite_again, again, **made)


class AgentRequests:
    """The handlers."""

    def __init__(self, desk: Workbench) -> None:
        self._desk = desk
        self._ctx = desk.ctx

    def _locale(self, request: web.Request) -> str:
        return locale_of(request, self._ctx.locale)

    async def list(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"agents": […]}`."""
        return answer({"agents": [agent_shape(one) for one in self._desk.accounts.all()]})

    async def invite(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"agent": …, "setup_url": "…"}`."""
        wanted = await read_json(request, Invitation)
        made, token = await self._desk.accounts.invite(
            agent.login, wanted.login, wanted.name, wanted.role, wanted.teams, self._locale(request)
        )
        return answer({"agent": agent_shape(made), "setup_url": self._setup_url(request, token)})

    async def invite_again(self, request: web.Request, agent: Agent) -> web.Response:
        """The same for an account that is there."""
        known, token = await self._desk.accounts.invite_again(agent.login, id_in_path(request), self._locale(request))
        return answer({"agent": agent_shape(known), "setup_url": self._setup_url(request, token)})

    def _setup_url(self, request: web.Request, token: str) -> str:
        return setup_url(self._ctx.public_url or str(request.url.origin()), token)

    async def change(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"agent": …}`."""
        wanted = await read_json(request, AgentChange)
        changed = await self._desk.accounts.change(
            agent.login,
            id_in_path(request),
            name=wanted.name,
            role=wanted.role,
            teams=wanted.teams,
            active=wanted.active,
            locale=self._locale(request),
        )
        return answer({"agent": agent_shape(changed)})
