"""Coming in and staying in: links that work once, passwords, sessions, and what a thief could do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.house import SESSION_COOKIE
from hub.testing.clock import ManualClock
from tests.desk.kit import PASSWORD, House, open_house


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def slow(tmp_path: Path, clock: ManualClock) -> AsyncIterator[House]:
    """A hub whose time stands still."""
    async with open_house(tmp_path, clock=clock) as made:
        yield made


async def test_the_first_administrator_by_a_link_that_works_once(desk: House) -> None:
    person = desk.anonymous()
    assert await person.get("/api/setup") == (200, {"needed": True})
    token = await desk.accounts.make_setup_link()
    wanted = {"token": token, "login": "Root", "name": "Ru", "password": PASSWORD}
    for wrong, code in (("password", "short_password"), ("login", "bad_login"), ("token", "bad_token")):
        status, answer = await person.post("/api/setup", {**wanted, wrong: "x"})
        assert (status, answer["error"]["code"]) == (403 if wrong == "token" else 422, code)
    status, answer = await person.post("/api/setup", wanted)
    assert (status, answer["agent"]["login"], answer["agent"]["role"]) == (200, "root", "admin")
    assert await person.get("/api/setup") == (200, {"needed": False})
    status, answer = await person.post("/api/setup", {**wanted, "login": "second"})
    assert (status, answer["error"]["code"]) == (403, "bad_token")
    assert await desk.accounts.make_setup_link() is None
    assert await desk.rows("agent") == 1


async def test_a_link_ends_after_a_day_and_when_a_newer_one_is_made(slow: House, clock: ManualClock) -> None:
    person = slow.anonymous()
    first = await slow.accounts.make_setup_link()
    second = await slow.accounts.make_setup_link()
    wanted = {"login": "root", "name": "Ru", "password": PASSWORD}
    assert (await person.post("/api/setup", {**wanted, "token": first}))[0] == 403
    await clock.advance(24 * 3600 + 1)
    assert (await person.post("/api/setup", {**wanted, "token": second}))[0] == 403
    assert await slow.rows("agent") == 0


async def test_sign_in_sign_out(desk: House) -> None:
    person = await desk.person("root", "admin")
    cookie = person.session.cookie_jar.filter_cookies(person.session._base_url)[SESSION_COOKIE]  # type: ignore[arg-type]
    status, answer = await person.get("/api/session")
    assert (status, answer["csrf"], answer["agent"]["login"]) == (200, person.csrf, "root")
    assert (await person.ask("DELETE", "/api/session"))[0] == 200
    thief = desk.anonymous()
    status, answer = await thief.ask("GET", "/api/session", headers={"Cookie": f"{SESSION_COOKIE}={cookie.value}"})
    assert (status, answer["error"]["code"]) == (401, "signed_out")


async def test_the_cookie_is_out_of_reach_for_scripts_and_secure_behind_https(desk: House) -> None:
    await desk.agent("root", "admin")
    person = desk.anonymous()
    body = {"login": "root", "password": PASSWORD}
    async with person.session.post("/api/session", json=body) as answer:
        plain = answer.headers["Set-Cookie"]
        assert answer.headers["Cache-Control"] == "no-store"
    async with person.session.post("/api/session", json=body, headers={"X-Forwarded-Proto": "https"}) as answer:
        secure = answer.headers["Set-Cookie"]
    for header in (plain, secure):
        assert "HttpOnly" in header
        assert "SameSite=Lax" in header
    assert "Secure" not in plain
    assert "Secure" in secure


async def test_what_is_stored_signs_nobody_in(desk: House) -> None:
    person = await desk.person("root", "admin")
    cookie = person.session.cookie_jar.filter_cookies(person.session._base_url)[SESSION_COOKIE].value  # type: ignore[arg-type]
    invited = await person.post("/api/agents", {"login": "ada", "name": "Ada"})
    token = invited[1]["setup_url"].partition("#token=")[2]
    assert token
    for table in ("desk_session", "desk_invitation", "desk_password", "agent", "desk_audit"):
        text = str(await desk.hub.store.reader.all(f"SELECT * FROM {table}"))
        for secret in (cookie, token, PASSWORD):
            assert secret not in text
    hashed = await desk.hub.store.reader.value("SELECT hash FROM desk_password")
    assert hashed.startswith("$argon2id$")
    logged = str(desk.log.lines)
    assert cookie not in logged
    assert PASSWORD not in logged


async def test_a_stolen_csrf_token_is_no_use_without_the_session_nor_the_other_way_round(desk: House) -> None:
    victim = await desk.person("root", "admin")
    thief = await desk.person("eve", "agent")
    thief_own, thief.csrf = thief.csrf, victim.csrf
    status, answer = await thief.ask("PUT", "/api/me/state", json={"state": "online"})
    assert (status, answer["error"]["code"]) == (403, "csrf")
    thief.csrf = thief_own
    assert (await thief.ask("PUT", "/api/me/state", json={"state": "online"}))[0] == 200


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "ö", "../../etc", "a;b"])
async def test_made_up_sessions_are_nobody(desk: House, token: str) -> None:
    person = desk.anonymous()
    status, _ = await person.ask("GET", "/api/session", headers={"Cookie": f"{SESSION_COOKIE}={token}"})
    assert status == 401


async def test_a_session_ends_when_idle_and_at_the_latest_after_a_week(slow: House, clock: ManualClock) -> None:
    person = await slow.person("root", "admin")
    for _ in range(13):
        await clock.advance(11 * 3600)
        assert (await person.get("/api/session"))[0] == 200
    await clock.advance(13 * 3600)
    assert (await person.get("/api/session"))[0] == 401
    again = await slow.person("root")
    hours = 0
    while (await again.get("/api/session"))[0] == 200:
        await clock.advance(10 * 3600)
        hours += 10
    assert hours == 170


async def test_guessing_is_slowed_down_for_logins_and_for_nobodys(slow: House, clock: ManualClock) -> None:
    await slow.agent("root", "admin")
    person = slow.anonymous()
    for login in ("root", "nobody"):
        answers = [await person.post("/api/session", {"login": login, "password": "wrong"}) for _ in range(12)]
        assert [status for status, _ in answers] == [401] * 10 + [429] * 2
        codes = {answer["error"]["code"] for _, answer in answers}
        assert codes == {"wrong_password", "too_many_attempts"}
    status, _ = await person.post("/api/session", {"login": "root", "password": PASSWORD})
    assert status == 429
    async with person.session.post("/api/session", json={"login": "root", "password": PASSWORD}) as answer:
        wait = int(answer.headers["Retry-After"])
    await clock.advance(wait)
    assert (await person.post("/api/session", {"login": "root", "password": PASSWORD}))[0] == 200


async def test_an_invited_agent_chooses_a_password_and_may_be_dismissed(desk: House) -> None:
    root = await desk.person("root", "admin")
    status, answer = await root.post("/api/agents", {"login": "ada", "name": "Ada", "role": "agent", "teams": ["front"]})
    assert status == 200
    token = answer["setup_url"].partition("#token=")[2]
    number = answer["agent"]["id"]
    ada = desk.anonymous()
    assert (await ada.post("/api/session", {"login": "ada", "password": ""}))[0] == 401
    assert (await ada.post("/api/setup", {"token": token, "login": "", "name": "", "password": PASSWORD}))[0] == 200
    await ada.sign_in(desk.accounts.agent(int(number)))
    page, welcome = await ada.desk()
    assert welcome["snapshot"]["me"]["teams"] == ["front"]
    assert (await root.patch(f"/api/agents/{number}", {"active": False}))[0] == 200
    # Signed out everywhere, also where the workbench is open.
    assert await page.closed() == 4401
    assert (await ada.get("/api/session"))[0] == 401
    assert (await ada.post("/api/session", {"login": "ada", "password": PASSWORD}))[0] == 401


async def test_an_open_workbench_ends_with_its_own_session_only(desk: House) -> None:
    one = await desk.person("root", "admin")
    two = await desk.person("root")
    first, _ = await one.desk()
    second, _ = await two.desk()
    assert (await one.ask("DELETE", "/api/session"))[0] == 200
    assert await first.closed() == 4401
    await second.send(t="ping")
    assert (await second.read_until("pong"))[-1] == {"t": "pong"}


async def test_the_last_administrator_cannot_leave(desk: House) -> None:
    root = await desk.person("root", "admin")
    assert root.agent
    for change in ({"role": "agent"}, {"active": False}):
        status, answer = await root.patch(f"/api/agents/{root.agent.id}", change)
        assert (status, answer["error"]["code"]) == (409, "last_admin")


async def test_acts_on_accounts_leave_audit_lines(desk: House) -> None:
    root = await desk.person("root", "admin")
    await root.post("/api/agents", {"login": "ada", "name": "Ada"})
    await desk.anonymous().post("/api/session", {"login": "root", "password": "my own password"})
    acts = {row["act"] for row in await desk.hub.store.reader.all("SELECT act FROM desk_audit")}
    assert {"setup.link", "agent.set_up", "sign_in", "agent.invited", "sign_in.failed"} <= acts
    assert "my own password" not in str(await desk.hub.store.reader.all("SELECT * FROM desk_audit"))
