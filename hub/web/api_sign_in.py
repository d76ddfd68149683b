"""Coming in: the first administrator, invitations, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from hub.records import Agent
from hub.web.answering import answer
from hub.web.application import read_json
from hub.web.book import Book
from hub.web.commands import State, run
from hub.web.sessions import address_of, put_cookie, take_cookie
from hub.web.shapes import agent_shape
from hub.web.words import locale_of, refusal

if TYPE_CHECKING:
    from hub.hub import Hub

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


def register(hub: Hub) -> None:
    """Add these routes."""
    requests = SignInRequests(hub)
    book = Book(hub, _WORDS)
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

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def _locale(self, request: web.Request) -> str:
        return locale_of(request, self._hub.settings.locale)

    async def setup_needed(self, request: web.Request) -> web.Response:
        """`{"needed": bool}`."""
        return answer({"needed": self._hub.accounts.setup_needed})

    async def set_up(self, request: web.Request) -> web.Response:
        """`{"agent": …}`: the account is ready; signing in is the next step."""
        wanted = await read_json(request, SetUp)
        agent = await self._hub.accounts.set_up(
            wanted.token, wanted.login, wanted.name, wanted.password, self._locale(request)
        )
        return answer({"agent": agent_shape(agent)})

    async def sign_in(self, request: web.Request) -> web.Response:
        """`{"agent": …, "csrf": "…"}` and the cookie."""
        wanted = await read_json(request, SignIn)
        token, csrf, agent = await self._hub.accounts.sign_in(
            wanted.login, wanted.password, address_of(request), self._locale(request)
        )
        response = answer({"agent": agent_shape(agent), "csrf": csrf})
        put_cookie(response, request, token)
        return response

    async def session(self, request: web.Request, agent: Agent) -> web.Response:
        """The same for who is signed in already."""
        signed = self._hub.accounts.who(request)
        if signed is None:
            raise refusal("signed_out", self._locale(request))
        return answer({"agent": agent_shape(agent), "csrf": signed.csrf})

    async def sign_out(self, request: web.Request, agent: Agent) -> web.Response:
        """`{}`; the cookie is taken back."""
        signed = self._hub.accounts.who(request)
        if signed is not None:
            await self._hub.accounts.sign_out(signed)
        response = answer({})
        take_cookie(response, request)
        return response

    async def set_state(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"agent": …}`."""
        wanted = await read_json(request, State)
        return answer(await run(self._hub, agent, "state", "", msgspec.to_builtins(wanted)))
