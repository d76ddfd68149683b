"""Accounts: who serves, how they come in, and what they may be.

All accounts are in memory; each change is stored first. There is no default password: the first administrator, and
everybody who is invited, chooses one through a link that works once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from aiohttp import web
from msgspec.structs import replace

from hub.errors import Conflict
from hub.records import Agent, Conversation
from hub.store.change import Change, to_json
from hub.store.statements import Statements
from hub.web.audit import audit
from hub.web.invitations import FIRST, Invitations
from hub.web.passwords import Passwords, Throttle, TooManyAttempts, check_login, check_password, plain_login
from hub.web.operations import CSRF_HEADER, SESSION_COOKIE
from hub.web.sessions import Sessions
from hub.web.words import locale_of, refusal

if TYPE_CHECKING:
    from hub.hub import Hub

Role = Literal["agent", "supervisor", "admin"]
State = Literal["online", "break", "offline"]
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_NAME: Final = 100


class Signed(NamedTuple):
    """Who is behind a request. `digest` names the session, `csrf` is what changing requests must show."""

    agent: Agent
    csrf: str
    digest: str


class Accounts:
    """The accounts of one hub. `on_change` hears of every agent that is new or not as before."""

    def __init__(self, hub: Hub) -> None:
        self.on_change: list[Callable[[Agent], None]] = []
        self._hub = hub
        self._agents: dict[int, Agent] = {}
        self._hashes: dict[int, str] = {}
        self._desks: dict[int, int] = {}
        self._sessions = Sessions(hub)
        self._invitations = Invitations(hub)
        self._passwords = Passwords(hub.run_sync)
        self._by_login = Throttle(hub.clock, 10)
        self._by_address = Throttle(hub.clock, 50)
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Learn who serves and who is signed in."""
        for agent in await self._hub.reading.agents():
            self._agents[agent.id] = agent
        for row in await self._hub.store.reader.all("SELECT id, password FROM agent"):
            self._hashes[row["id"]] = row["password"]
        await self._sessions.start()
        await self._passwords.start()

    # -- who there is -------------------------------------------------------------------------------

    def agent(self, id: int) -> Agent:
        """One agent. Raises Refused (404)."""
        agent = self._agents.get(id)
        if agent is None:
            raise refusal("no_such_agent", self._hub.settings.locale)
        return agent

    def all(self) -> Sequence[Agent]:
        """Everybody who serves or served, in the order they came."""
        return tuple(self._agents.values())

    def name_of(self, owner_id: str) -> str:
        """The name of the agent with this id; "" where there is none."""
        agent = self._agents.get(int(owner_id)) if owner_id.isdecimal() else None
        return agent.name if agent is not None else ""

    def owner_name(self, conversation: Conversation, locale: str = "") -> str:
        """What to call the owner of a conversation: the agent, the team, or the service itself for its bots."""
        settings = self._hub.settings
        match conversation.owner_kind:
            case "agent":
                return self.name_of(conversation.owner_id)
            case "queue":
                return settings.team_name(conversation.team, locale or settings.locale)
            case "bot":
                return settings.name_for(locale)

    def find(self, login: str) -> Agent | None:
        """The agent with this login."""
        plain = plain_login(login)
        return next((agent for agent in self._agents.values() if agent.login == plain), None)

    @property
    def setup_needed(self) -> bool:
        """Is there no administrator who could sign in?"""
        return not any(self._is_working_admin(agent) for agent in self._agents.values())

    def _is_working_admin(self, agent: Agent) -> bool:
        return agent.role == "admin" and agent.active and bool(self._hashes.get(agent.id))

    # -- signing in ---------------------------------------------------------------------------------

    async def sign_in(self, login: str, password: str, address: str, locale: str = "") -> tuple[str, str, Agent]:
        """A new session: its token for the cookie, its CSRF token, and who it is.

        Raises Refused: 401 ``wrong_password`` (also for a login nobody has, after the same work), 429 ``too_many_attempts``.
        """
        locale = locale or self._hub.settings.locale
        known = self.find(login)
        self._slow_down(plain_login(login), address, locale)
        fits = await self._passwords.fits(password, self._hashes.get(known.id, "") if known is not None else "")
        agent = self._agents.get(known.id) if known is not None else None
        change = Change()
        if agent is None or not agent.active or not fits:
            # Never the login as it was typed: people type their password there.
            subject = known.login if known is not None else "unknown"
            audit(self._hub, change, subject, "sign_in.failed", address)
            await self._hub.store.commit(change)
            self._hub.count("sign_in_failed")
            raise refusal("wrong_password", locale)
        token, session = self._sessions.create(agent.id, change)
        audit(self._hub, change, agent.login, "sign_in", address)
        await self._hub.store.commit(change)
        self._by_login.forgive(plain_login(login))
        return token, session.csrf, agent

    def _slow_down(self, login: str, address: str, locale: str) -> None:
        seconds = max(self._by_login.wait(login), self._by_address.wait(address))
        if seconds > 0:
            raise TooManyAttempts(locale, seconds)
        self._by_login.count(login)
        self._by_address.count(address)

    async def sign_out(self, signed: Signed) -> None:
        """End this session."""
        change = Change()
        self._sessions.end(signed.digest, change)
        audit(self._hub, change, signed.agent.login, "sign_out", "")
        await self._hub.store.commit(change)
        self._put(self._agents[signed.agent.id])

    def is_signed_in(self, agent_id: int, digest: str) -> bool:
        """Does this session still stand? For sockets, which asked when they were opened."""
        agent = self._agents.get(agent_id)
        return agent is not None and agent.active and self._sessions.has(digest)

    def who(self, request: web.Request) -> Signed | None:
        """Who is signed in, from memory. Keeps the session alive."""
        session = self._sessions.find(request.cookies.get(SESSION_COOKIE, ""))
        agent = self._agents.get(session.agent_id) if session is not None else None
        if session is None or agent is None or not agent.active:
            return None
        return Signed(agent, session.csrf, session.digest)

    def require(self, request: web.Request, roles: Collection[str]) -> Agent:
        """Who is signed in, if they may do this. Raises Refused: 401 ``signed_out``, 403 ``forbidden`` or ``csrf``."""
        locale = locale_of(request, self._hub.settings.locale)
        signed = self.who(request)
        if signed is None:
            raise refusal("signed_out", locale)
        shown = request.headers.get(CSRF_HEADER, "").encode()
        if request.method not in SAFE_METHODS and not compare_digest(shown, signed.csrf.encode()):
            raise refusal("csrf", locale)
        if signed.agent.role not in roles:
            raise refusal("forbidden", locale)
        return signed.agent

    # -- links --------------------------------------------------------------------------------------

    async def make_setup_link(self) -> str | None:
        """A token to make the first administrator with, good for 24 hours; None when there is one. Older ones end."""
        async with self._lock:
            change = Change()
            if not self.setup_needed:
                await self._invitations.drop(change, FIRST)
                if change.writes:
                    await self._hub.store.commit(change)
                return None
            token = await self._invitations.add(change, FIRST)
            audit(self._hub, change, "hub", "setup.link", "administrator")
            await self._hub.store.commit(change)
            return token

    async def invite(
        self, by: str, login: str, name: str, role: Role, teams: Sequence[str], locale: str = ""
    ) -> tuple[Agent, str]:
        """Make an account and a link with which its owner chooses the password: the agent and the link's token.

        `by` is the inviter's login. Raises Refused (409, 422).
        """
        locale = locale or self._hub.settings.locale
        login = check_login(login, locale)
        async with self._lock:
            if self.find(login) is not None:
                raise refusal("login_taken", locale, login=login)
            agent = self._new_agent(login, name, role, self._checked_teams(teams, locale), locale)
            change = Change()
            change.write(Statements.add_agent, self._row(agent, ""))
            token = await self._invitations.add(change, login, name=agent.name, role=role)
            audit(self._hub, change, by, "agent.invited", login, role=role, teams=agent.teams)
            await self._hub.store.commit(change)
            self._hashes[agent.id] = ""
            self._put(agent)
            return agent, token

    async def invite_again(self, by: str, id: int, locale: str = "") -> tuple[Agent, str]:
        """Another link for an agent who lost theirs, or forgot the password. The old password works until it is used."""
        locale = locale or self._hub.settings.locale
        async with self._lock:
            agent = self.agent(id)
            if not agent.active:
                raise refusal("inactive", locale, name=agent.name)
            change = Change()
            token = await self._invitations.add(change, agent.login, name=agent.name, role=agent.role)
            audit(self._hub, change, by, "agent.invited_again", agent.login)
            await self._hub.store.commit(change)
            return agent, token

    async def set_up(self, token: str, login: str, name: str, password: str, locale: str = "") -> Agent:
        """Use a link: choose the password and, for the first administrator, the login.

        Raises Refused: 403 ``bad_token``, 409 ``login_taken``, 422 for what is wrong with the values.
        """
        locale = locale or self._hub.settings.locale
        async with self._lock:
            wanted = await self._invitations.login_of(token)
            if wanted is None or (wanted == FIRST and not self.setup_needed):
                raise refusal("bad_token", locale)
            if wanted != FIRST and plain_login(login) not in ("", wanted):
                raise refusal("other_login", locale, login=wanted)
            login = wanted or check_login(login, locale)
            check_password(password, login, locale)
            change = Change()
            agent = self._first_admin(login, name, locale) if wanted == FIRST else self._invited(login, name, locale)
            hashed = await self._passwords.hash(password)
            if agent.id in self._agents:
                change.write(Statements.change_agent, self._changes(agent, hashed))
            else:
                change.write(Statements.add_agent, self._row(agent, hashed))
            self._invitations.use(token, change)
            self._sessions.end_all(agent.id, change)
            audit(self._hub, change, agent.login, "agent.set_up", agent.login, role=agent.role)
            try:
                await self._hub.store.commit(change)
            except Conflict:
                raise refusal("bad_token", locale) from None
            self._hashes[agent.id] = hashed
            self._by_login.forgive(agent.login)
            self._put(agent)
            return agent

    def _first_admin(self, login: str, name: str, locale: str) -> Agent:
        if self.find(login) is not None:
            raise refusal("login_taken", locale, login=login)
        return self._new_agent(login, name or login, "admin", (), locale)

    def _invited(self, login: str, name: str, locale: str) -> Agent:
        agent = self.find(login)
        if agent is None or not agent.active:
            raise refusal("bad_token", locale)
        return replace(agent, name=_checked_name(name, locale)) if name.strip() else agent

    # -- changes ------------------------------------------------------------------------------------

    async def change(
        self,
        by: str,
        id: int,
        *,
        name: str | None = None,
        role: Role | None = None,
        teams: Sequence[str] | None = None,
        active: bool | None = None,
        locale: str = "",
    ) -> Agent:
        """Change an account; None leaves a value as it is. Who is no longer active is signed out everywhere.

        Raises Refused: 404, 422, and 409 ``last_admin`` when nobody would be left to administer.
        """
        locale = locale or self._hub.settings.locale
        async with self._lock:
            before = self.agent(id)
            agent = replace(
                before,
                name=before.name if name is None else _checked_name(name, locale),
                role=role or before.role,
                teams=before.teams if teams is None else self._checked_teams(teams, locale),
                active=before.active if active is None else active,
            )
            if agent == before:
                return before
            self._keep_an_admin(before, agent, locale)
            change = Change()
            if not agent.active:
                agent = replace(agent, state="offline")
                self._sessions.end_all(id, change)
                await self._invitations.drop(change, agent.login)
            facts = {"name": agent.name, "role": agent.role, "teams": agent.teams, "active": agent.active}
            audit(self._hub, change, by, "agent.changed", agent.login, **facts)
            return await self._store(agent, change)

    def _keep_an_admin(self, before: Agent, after: Agent, locale: str) -> None:
        if not self._is_working_admin(before) or self._is_working_admin(after):
            return
        others = (agent for agent in self._agents.values() if agent.id != before.id)
        if not any(self._is_working_admin(agent) for agent in others):
            raise refusal("last_admin", locale)

    async def set_state(self, agent: Agent, state: State) -> Agent:
        """Somebody begins, pauses or ends their work."""
        async with self._lock:
            return await self._store(replace(self.agent(agent.id), state=state), Change())

    async def _store(self, agent: Agent, change: Change) -> Agent:
        change.write(Statements.change_agent, self._changes(agent, self._hashes[agent.id]))
        await self._hub.store.commit(change)
        self._put(agent)
        return self._agents[agent.id]

    def connected(self, agent_id: int, change: int) -> None:
        """One desk of this agent more (+1) or less (-1) is open."""
        count = self._desks.get(agent_id, 0) + change
        if count > 0:
            self._desks[agent_id] = count
        else:
            self._desks.pop(agent_id, None)
        agent = self._agents.get(agent_id)
        if agent is not None and agent.connected != (count > 0):
            self._put(agent)

    def _put(self, agent: Agent) -> None:
        """Stored: now it is so. Whether a desk is open is looked up anew, it may have changed while this was stored."""
        agent = replace(agent, connected=agent.id in self._desks)
        self._agents[agent.id] = agent
        for tell in self.on_change:
            tell(agent)

    # -- rows ---------------------------------------------------------------------------------------

    def _new_agent(self, login: str, name: str, role: Role, teams: tuple[str, ...], locale: str) -> Agent:
        listed = tuple(team.id for team in self._hub.settings.teams if login in map(plain_login, team.members))
        return Agent(self._hub.store.ids.next(), login, _checked_name(name, locale), role, teams or listed)

    def _checked_teams(self, teams: Sequence[str], locale: str) -> tuple[str, ...]:
        for team in teams:
            if team not in self._hub.settings.team_ids:
                raise refusal("no_such_team", locale, team=team)
        return tuple(dict.fromkeys(teams))

    def _row(self, agent: Agent, hashed: str) -> tuple[Any, ...]:
        head = (agent.id, agent.login, agent.name, hashed, agent.role, to_json(agent.teams), agent.state, agent.active)
        return (*head, int(self._hub.clock.now() * 1000))

    @staticmethod
    def _changes(agent: Agent, hashed: str) -> tuple[Any, ...]:
        return (agent.name, agent.role, to_json(agent.teams), agent.state, agent.active, hashed, agent.id)


def _checked_name(name: str, locale: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise refusal("bad_name", locale)
    return name
