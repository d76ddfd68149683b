"""Accounts: who serves, how they come in, and what they may be.

All accounts are in memory; each change is stored first. There is no default password: the first administrator, and
everybody who is invited, chooses one through a link that works once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from hmac import compare_digest
from typing import Final, NamedTuple

from aiohttp import web
from msgspec.structs import replace

from hub import Agent, Conflict, Context
from hub.house import CSRF_HEADER, SESSION_COOKIE, AgentState, Role
from hub.tables import Change
from hub_desk.audit import audit
from hub_desk.invitations import FIRST, Invitations
from hub_desk.passwords import Passwords, Throttle, TooManyAttempts, check_login, check_password, plain_login
from hub_desk.sessions import Sessions
from hub_desk.tables import Statements
from hub_desk.words import locale_of, refusal

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_NAME: Final = 100


class Signed(NamedTuple):
    """Who is behind a request. `digest` names the session, `csrf` is what changing requests must show."""

    agent: Agent
    csrf: str
    digest: str


class Accounts:
    """The accounts of one hub. `on_change` hears of every agent that is new or not as before."""

    def __init__(self, ctx: Context) -> None:
        self.on_change: list[Callable[[Agent], None]] = []
        self._ctx = ctx
        self._agents = ctx.house.agents
        self._hashes: dict[int, str] = {}
        self._sessions = Sessions(ctx)
        self._invitations = Invitations(ctx)
        self._passwords = Passwords(ctx.run_sync)
        self._by_login = Throttle(ctx.clock, 10)
        self._by_address = Throttle(ctx.clock, 50)
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Learn who has a password and who is signed in, and hear of every change."""
        for row in await self._ctx.reader.all("SELECT agent_id, hash FROM desk_password"):
            self._hashes[row["agent_id"]] = row["hash"]
        await self._sessions.start()
        await self._passwords.start()
        self._ctx.house.watch_agents(self._tell)

    def _tell(self, agent: Agent) -> None:
        for tell in self.on_change:
            tell(agent)

    # -- who there is -------------------------------------------------------------------------------

    def agent(self, id: int) -> Agent:
        """One agent. Raises Refused (404)."""
        return self._agent(id, self._ctx.locale)

    def _agent(self, id: int, locale: str) -> Agent:
        agent = self._agents.known(id)
        if agent is None:
            raise refusal("no_such_agent", locale)
        return agent

    def all(self) -> Sequence[Agent]:
        """Everybody who serves or served, in the order they came."""
        return self._agents.all()

    def find(self, login: str) -> Agent | None:
        """The agent with this login, however it is spelled."""
        return self._agents.find(plain_login(login))

    @property
    def setup_needed(self) -> bool:
        """Is there no administrator who could sign in?"""
        return not any(map(self._is_working_admin, self._agents.all()))

    def _is_working_admin(self, agent: Agent) -> bool:
        return agent.role == "admin" and agent.active and bool(self._hashes.get(agent.id))

    # -- signing in ---------------------------------------------------------------------------------

    async def sign_in(self, login: str, password: str, address: str, locale: str = "") -> tuple[str, str, Agent]:
        """A new session: its token for the cookie, its CSRF token, and who it is.

        Raises Refused: 401 ``wrong_password`` (also for a login nobody has, after the same work), 429 ``too_many_attempts``.
        """
        locale = locale or self._ctx.locale
        known = self.find(login)
        self._slow_down(plain_login(login), address, locale)
        fits = await self._passwords.fits(password, self._hashes.get(known.id, "") if known is not None else "")
        agent = self._agents.known(known.id) if known is not None else None
        change = Change()
        if agent is None or not agent.active or not fits:
            # Never the login as it was typed: people type their password there.
            subject = known.login if known is not None else "unknown"
            audit(self._ctx, change, subject, "sign_in.failed", address)
            await self._ctx.commit(change)
            self._ctx.count("sign_in_failed")
            raise refusal("wrong_password", locale)
        token, session = self._sessions.create(agent.id, change)
        audit(self._ctx, change, agent.login, "sign_in", address)
        await self._ctx.commit(change)
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
        audit(self._ctx, change, signed.agent.login, "sign_out", "")
        await self._ctx.commit(change)
        # Whoever keeps a page open for this session has to look again.
        self._tell(signed.agent)

    def is_signed_in(self, agent_id: int, digest: str) -> bool:
        """Does this session still stand? For sockets, which asked when they were opened."""
        agent = self._agents.known(agent_id)
        return agent is not None and agent.active and self._sessions.has(digest)

    def who(self, request: web.Request) -> Signed | None:
        """Who is signed in, from memory. Keeps the session alive."""
        session = self._sessions.find(request.cookies.get(SESSION_COOKIE, ""))
        agent = self._agents.known(session.agent_id) if session is not None else None
        if session is None or agent is None or not agent.active:
            return None
        return Signed(agent, session.csrf, session.digest)

    def require(self, request: web.Request, roles: Collection[str]) -> Agent:
        """Who is signed in, if they may do this. Raises Refused: 401 ``signed_out``, 403 ``forbidden`` or ``csrf``."""
        locale = locale_of(request, self._ctx.locale)
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
                    await self._ctx.commit(change)
                return None
            token = await self._invitations.add(change, FIRST)
            audit(self._ctx, change, "hub", "setup.link", "administrator")
            await self._ctx.commit(change)
            return token

    async def invite(
        self, by: str, login: str, name: str, role: Role, teams: Sequence[str], locale: str = ""
    ) -> tuple[Agent, str]:
        """Make an account and a link with which its owner chooses the password: the agent and the link's token.

        `by` is the inviter's login. Raises Refused (409, 422).
        """
        locale = locale or self._ctx.locale
        login = check_login(login, locale)
        async with self._lock:
            if self.find(login) is not None:
                raise refusal("login_taken", locale, login=login)
            agent = self._new_agent(login, name, role, self._checked_teams(teams, locale), locale)
            change = Change()
            self._agents.add(change, agent)
            token = await self._invitations.add(change, login, name=agent.name, role=role)
            audit(self._ctx, change, by, "agent.invited", login, role=role, teams=agent.teams)
            await self._ctx.commit(change)
            return agent, token

    async def invite_again(self, by: str, id: int, locale: str = "") -> tuple[Agent, str]:
        """Another link for an agent who lost theirs, or forgot the password. The old password works until it is used."""
        locale = locale or self._ctx.locale
        async with self._lock:
            agent = self._agent(id, locale)
            if not agent.active:
                raise refusal("inactive", locale, name=agent.name)
            change = Change()
            token = await self._invitations.add(change, agent.login, name=agent.name, role=agent.role)
            audit(self._ctx, change, by, "agent.invited_again", agent.login)
            await self._ctx.commit(change)
            return agent, token

    async def set_up(self, token: str, login: str, name: str, password: str, locale: str = "") -> Agent:
        """Use a link: choose the password and, for the first administrator, the login.

        Raises Refused: 403 ``bad_token``, 409 ``login_taken``, 422 for what is wrong with the values.
        """
        locale = locale or self._ctx.locale
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
            if wanted == FIRST:
                self._agents.add(change, agent)
            else:
                self._agents.change(change, agent)
            change.write(Statements.put_password, (agent.id, hashed))
            change.after.append(lambda: self._hashes.update({agent.id: hashed}))
            self._invitations.use(token, change)
            self._sessions.end_all(agent.id, change)
            audit(self._ctx, change, agent.login, "agent.set_up", agent.login, role=agent.role)
            try:
                await self._ctx.commit(change)
            except Conflict:
                raise refusal("bad_token", locale) from None
            self._by_login.forgive(agent.login)
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
        locale = locale or self._ctx.locale
        async with self._lock:
            before = self._agent(id, locale)
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
            audit(self._ctx, change, by, "agent.changed", agent.login, **facts)
            return await self._store(agent, change)

    def _keep_an_admin(self, before: Agent, after: Agent, locale: str) -> None:
        if not self._is_working_admin(before) or self._is_working_admin(after):
            return
        others = (agent for agent in self._agents.all() if agent.id != before.id)
        if not any(self._is_working_admin(agent) for agent in others):
            raise refusal("last_admin", locale)

    async def set_state(self, agent: Agent, state: AgentState) -> Agent:
        """Somebody begins, pauses or ends their work."""
        async with self._lock:
            return await self._store(replace(self.agent(agent.id), state=state), Change())

    async def _store(self, agent: Agent, change: Change) -> Agent:
        self._agents.change(change, agent)
        await self._ctx.commit(change)
        return self._agents.get(agent.id)

    # -- values -------------------------------------------------------------------------------------

    def _new_agent(self, login: str, name: str, role: Role, teams: tuple[str, ...], locale: str) -> Agent:
        listed = tuple(team.id for team in self._ctx.house.teams if login in map(plain_login, team.members))
        return Agent(self._ctx.new_id(), login, _checked_name(name, locale), role, teams or listed)

    def _checked_teams(self, teams: Sequence[str], locale: str) -> tuple[str, ...]:
        known = {team.id for team in self._ctx.house.teams}
        for team in teams:
            if team not in known:
                raise refusal("no_such_team", locale, team=team)
        return tuple(dict.fromkeys(teams))


def _checked_name(name: str, locale: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise refusal("bad_name", locale)
    return name
