"""Coming in: the first administrator, invitations, sessions."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from hub import Agent
from hub.pages import answer, read_json
from hub_desk.book import Book
from hub_desk.commands import State, run
from hub_desk.sessions import address_of, put_cookie, take_cookie
from hub_desk.shapes import agent_shape
from hub_desk.words import locale_of, refusal
from hub_desk.workbench import Workbench

Login = Annotated[str, Meta(max_length=100)]
Password = Annotated[str, Meta(max_length=1000)]
_WORDS: Final = "Sign-in"


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Login and password."""

    login: Login
    password: Password


class SetUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody with a one-time link chooses."""

    token: Annotated[str, Meta(max_length=200)]
    login: Login
    name: Annotated[str, Meta(max_length=200)]
    password: Password


def register(desk: Workbench) -> None:
    """Add these routes."""
    requests = SignInRequests(desk)
    book = Book(desk, _WORDS)
    book.open("GET", "/api/setup", requests.setup_needed, "Is there an administrator yet?", gives=["needed"])
    link = {"body": SetUp, "gives": ["agent"], "errors": [403, 409]}
    book.open("POST", "/api/setup", requests.set_up, "Use a one-time link: choose login, name and password", **link)
    signed = ["agent", "csrf"]
    book.open("POST", "/api/session", requests.sign_in, "Sign in", body=SignIn, gives=signed, errors=[401, 429])
    book.signed_in("GET", "/api/session", requests.session, "Who am I?", gives=signed)
    book.signed_in("DELETE", "/api/session", requests.sign_out, "Sign out")
    book.signed_in("PUT", "/api/me/state", requests.set_state, "Begin, pause or end my work", body=State, gives=["agent"])


class SignInRequests:
    """The handlers."""

    def __init__(self, desk: Workbench) -> None:
        self._desk = desk
        self._ctx = desk.ctx

    def _locale(self, request: web.Request) -> str:
        return locale_of(request, self._ctx.locale)

    async def setup_needed(self, request: web.Request) -> web.Response:
        """`{"needed": bool}`."""
        return answer({"needed": self._desk.accounts.setup_needed})

    async def set_up(self, request: web.Request) -> web.Response:
        """`{"agent": …}`: the account is ready; signing in is the next step."""
        wanted = await read_json(request, SetUp)
        agent = await self._desk.accounts.set_up(
            wanted.token, wanted.login, wanted.name, wanted.password, self._locale(request)
        )
        return answer({"agent": agent_shape(agent)})

    async def sign_in(self, request: web.Request) -> web.Response:
        """`{"agent": …, "csrf": "…"}` and the cookie."""
        wanted = await read_json(request, SignIn)
        token, csrf, agent = await self._desk.accounts.sign_in(
            wanted.login, wanted.password, address_of(request), self._locale(request)
        )
        response = answer({"agent": agent_shape(agent), "csrf": csrf})
        put_cookie(response, request, token)
        return response

    async def session(self, request: web.Request, agent: Agent) -> web.Response:
        """The same for who is signed in already."""
        signed = self._desk.accounts.who(request)
        if signed is None:
            raise refusal("signed_out", self._locale(request))
        return answer({"agent": agent_shape(agent), "csrf": signed.csrf})

    async def sign_out(self, request: web.Request, agent: Agent) -> web.Response:
        """`{}`; the cookie is taken back."""
        signed = self._desk.accounts.who(request)
        if signed is not None:
            await self._desk.accounts.sign_out(signed)
        response = answer({})
        take_cookie(response, request)
        return response

    async def set_state(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"agent": …}`."""
        wanted = await read_json(request, State)
        return answer(await run(self._desk, agent, "state", "", msgspec.to_builtins(wanted)))
