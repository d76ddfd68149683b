"""Accounts: one-time links, passwords, sessions, guessing, and what is written down about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from hub.errors import Refused
from hub.house import CSRF_HEADER, SESSION_COOKIE
from hub.records import Agent
from hub.testing.clock import ManualClock
from hub_desk.accounts import Accounts
from hub_desk.passwords import Throttle, check_login, check_password
from hub_desk.sessions import address_of, digest_of, put_cookie
from tests.desk.kit import PASSWORD, House, open_house

HOUR = 3600.0
DAY = 24 * HOUR
ALL = ("agent", "supervisor", "admin")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def house(tmp_path: Path, clock: ManualClock) -> AsyncIterator[House]:
    async with open_house(tmp_path, clock=clock) as made:
        yield made


@pytest.fixture
def accounts(house: House) -> Accounts:
    return house.accounts


def asked(token: str = "", *, csrf: str = "", method: str = "GET") -> Any:
    """A request as a browser with this cookie sends it."""
    headers = {"Cookie": f"{SESSION_COOKIE}={token}", "Accept-Language": "en"}
    return make_mocked_request(method, "/", headers={**headers, CSRF_HEADER: csrf} if csrf else headers)


async def refused(work: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        await work
    return caught.value


async def lines(house: House) -> list[tuple[str, str, str]]:
    rows = await house.hub.store.reader.all("SELECT actor, act, subject FROM desk_audit ORDER BY id")
    return [(row["actor"], row["act"], row["subject"]) for row in rows]


async def stored_text(house: House) -> str:
    """Everything the database file and its log hold, as text."""
    folder = house.hub.data
    return "".join(path.read_bytes().decode("latin-1") for path in sorted(folder.glob("hub.db*")))


# -- the first administrator ------------------------------------------------------------------------


async def test_nobody_is_there_at_first_and_nobody_can_sign_in(accounts: Accounts) -> None:
    assert accounts.setup_needed
    assert accounts.all() == ()
    for login, password in (("admin", "admin"), ("admin", ""), ("", ""), ("root", "password")):
        assert (await refused(accounts.sign_in(login, password, "1.2.3.4"))).code == "wrong_password"


async def test_the_setup_link_works_once(house: House, accounts: Accounts) -> None:
    token = await accounts.make_setup_link()
    assert token is not None
    agent = await accounts.set_up(token, "Root", " Ada ", PASSWORD)
    assert (agent.login, agent.name, agent.role) == ("root", "Ada", "admin")
    assert not accounts.setup_needed
    assert (await refused(accounts.set_up(token, "other", "Eve", PASSWORD))).code == "bad_token"
    assert await accounts.make_setup_link() is None
    assert await house.rows("desk_invitation") == 0
    _, _, signed = await accounts.sign_in("ROOT ", PASSWORD, "")
    assert signed == agent


async def test_one_link_used_twice_at_once_makes_one_account(accounts: Accounts) -> None:
    token = await accounts.make_setup_link()
    assert token is not None
    tries = [accounts.set_up(token, login, login, PASSWORD) for login in ("one", "two")]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Agent", "Refused"]
    assert len(accounts.all()) == 1


async def test_a_new_link_ends_the_older_one_and_each_ends_after_a_day(accounts: Accounts, clock: ManualClock) -> None:
    old, new = await accounts.make_setup_link(), await accounts.make_setup_link()
    assert old is not None
    assert new is not None
    assert (await refused(accounts.set_up(old, "root", "Ada", PASSWORD))).code == "bad_token"
    await clock.advance(DAY - 1)
    assert (await refused(accounts.set_up(new, "root", "Ada", "short"))).code == "short_password"
    await clock.advance(1)
    assert (await refused(accounts.set_up(new, "root", "Ada", PASSWORD))).code == "bad_token"
    assert accounts.all() == ()


async def test_a_setup_link_is_no_way_in_once_there_is_an_administrator(tmp_path: Path, clock: ManualClock) -> None:
    async with open_house(tmp_path, clock=clock) as house:
        accounts = house.accounts
        stray = await accounts.make_setup_link()
        assert stray is not None
        root, token = await accounts.invite("test", "root", "Ada", "admin", ())
        await accounts.set_up(token, "", "", PASSWORD)
        assert (await refused(accounts.set_up(stray, "eve", "Eve", PASSWORD))).code == "bad_token"
        assert [agent.id for agent in accounts.all()] == [root.id]


# -- invitations and passwords ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "code", "chinese", "english"),
    [
        ("too short", "short_password", "密码至少需要 10 个字符。", "A password has at least 10 characters."),
        ("x" * 201, "long_password", "密码最多 200 个字符。", "A password has at most 200 characters."),
        ("ADA.Lovelace", "password_is_login", "密码不能与用户名相同。", "The password must not be the user name."),
        ("aaaaaaaaaaaa", "plain_password", "密码过于简单", "This password is too plain"),
    ],
)
def test_what_is_wrong_with_a_password_is_said_in_both_languages(
    password: str, code: str, chinese: str, english: str
) -> None:
    for locale, text in (("zh-CN", chinese), ("en", english)):
        with pytest.raises(Refused, match=text) as caught:
            check_password(password, "ada.lovelace", locale)
        assert (caught.value.status, caught.value.code) == (422, code)
    check_password("一二三四五六七八九十", "ada.lovelace", "en")


@pytest.mark.parametrize("login", ["", "x", "-ada", "a b", "ada/../root", "x" * 65, "a\nb", "_x1"])
def test_logins_that_are_not_taken(login: str) -> None:
    with pytest.raises(Refused) as caught:
        check_login(login, "en")
    assert caught.value.code == "bad_login"


def test_a_login_has_one_spelling() -> None:
    assert {check_login(login, "en") for login in ("Ada", " ada ", "ＡＤＡ", "ADA")} == {"ada"}
    assert check_login("刘芳", "zh-CN") == "刘芳"


async def test_an_invitation_is_for_its_login(house: House, accounts: Accounts) -> None:
    ada, token = await accounts.invite("root", "Ada", "Ada L", "agent", ["back", "back"])
    assert (ada.login, ada.teams, ada.active) == ("ada", ("back",), True)
    assert (await refused(accounts.sign_in("ada", "", ""))).code == "wrong_password"
    assert (await refused(accounts.set_up(token, "eve", "Eve", PASSWORD))).code == "other_login"
    assert (await refused(accounts.invite("root", "ADA", "Eve", "admin", ()))).code == "login_taken"
    assert (await refused(accounts.invite("root", "eve", "Eve", "admin", ["nowhere"]))).code == "no_such_team"
    assert (await refused(accounts.invite("root", "eve", " ", "admin", ()))).code == "bad_name"
    made = await accounts.set_up(token, "ada", "", PASSWORD)
    assert made == accounts.agent(ada.id) == Agent(ada.id, "ada", "Ada L", "agent", ("back",))
    assert (await refused(accounts.set_up(token, "ada", "", PASSWORD))).code == "bad_token"
    assert accounts.setup_needed
    assert await house.rows("agent") == 1


async def test_who_forgot_the_password_gets_another_link_and_is_signed_out(accounts: Accounts, house: House) -> None:
    ada = await house.agent("ada")
    token, _, _ = await accounts.sign_in("ada", PASSWORD, "")
    _, first = await accounts.invite_again("root", ada.id)
    _, second = await accounts.invite_again("root", ada.id)
    assert (await refused(accounts.set_up(first, "ada", "", "another password"))).code == "bad_token"
    assert accounts.who(asked(token)) is not None
    await accounts.set_up(second, "ada", "", "another password")
    assert accounts.who(asked(token)) is None
    assert (await refused(accounts.sign_in("ada", PASSWORD, ""))).code == "wrong_password"
    await accounts.sign_in("ada", "another password", "")


async def test_the_configuration_says_who_is_in_a_team_from_the_start(tmp_path: Path) -> None:
    config = "hub: {locale: en}\nteams: [{id: front, name: Front}, {id: night, name: Night, members: [Ada]}]\n"
    config += "plugins: [{use: desk}]\n"
    async with open_house(tmp_path, config=config) as house:
        assert (await house.agent("ada")).teams == ("night",)
        assert (await house.agent("ben")).teams == ()


# -- sessions ---------------------------------------------------------------------------------------


async def test_nothing_that_is_stored_signs_anybody_in(house: House, accounts: Accounts) -> None:
    setup = await accounts.make_setup_link()
    assert setup is not None
    await accounts.set_up(setup, "root", "Ada", PASSWORD)
    token, csrf, _ = await accounts.sign_in("root", PASSWORD, "")
    _, invitation = await accounts.invite("root", "ben", "Ben", "agent", ())
    text = await stored_text(house)
    assert digest_of(token) in text
    assert csrf in text
    for secret in (token, setup, invitation, PASSWORD, PASSWORD.encode().decode("latin-1")):
        assert secret not in text
    assert "$argon2id$" in text
    assert accounts.who(asked(digest_of(token))) is None


async def test_a_session_outlives_a_restart_and_what_it_gained_by_use(tmp_path: Path, clock: ManualClock) -> None:
    async with open_house(tmp_path, clock=clock) as house:
        await house.agent("ada")
        token, _, _ = await house.accounts.sign_in("ada", PASSWORD, "")
        gone, _, _ = await house.accounts.sign_in("ada", PASSWORD, "")
        await clock.advance(11 * HOUR)
        assert house.accounts.who(asked(token)) is not None
    await clock.advance(2 * HOUR)
    async with open_house(tmp_path, clock=clock) as house:
        assert house.accounts.who(asked(token)) is not None
        assert house.accounts.who(asked(gone)) is None
        assert await house.rows("desk_session") == 1


async def test_signing_out_ends_this_browser_and_leaving_ends_all(house: House, accounts: Accounts) -> None:
    ada = await house.agent("ada")
    await house.agent("root", "admin")
    one, _, _ = await accounts.sign_in("ada", PASSWORD, "")
    two, _, _ = await accounts.sign_in("ada", PASSWORD, "")
    signed = accounts.who(asked(one))
    assert signed is not None
    await accounts.sign_out(signed)
    assert accounts.who(asked(one)) is None
    assert accounts.who(asked(two)) is not None
    left = await accounts.change("root", ada.id, active=False)
    assert (left.active, left.state) == (False, "offline")
    assert accounts.who(asked(two)) is None
    assert await house.rows("desk_session") == 0
    assert (await refused(accounts.sign_in("ada", PASSWORD, ""))).code == "wrong_password"
    await accounts.change("root", ada.id, active=True)
    assert accounts.who(asked(two)) is None
    await accounts.sign_in("ada", PASSWORD, "")


async def test_a_role_counts_at_once_also_for_who_is_signed_in(house: House, accounts: Accounts) -> None:
    ada = await house.agent("ada", "supervisor")
    token, _, _ = await accounts.sign_in("ada", PASSWORD, "")
    assert accounts.require(asked(token), ("supervisor",)).login == "ada"
    await accounts.change("root", ada.id, role="agent")
    with pytest.raises(Refused) as caught:
        accounts.require(asked(token), ("supervisor",))
    assert (caught.value.status, caught.value.code) == (403, "forbidden")


async def test_a_change_needs_the_csrf_token_of_this_very_session(house: House, accounts: Accounts) -> None:
    await house.agent("ada")
    token, csrf, _ = await accounts.sign_in("ada", PASSWORD, "")
    _, other, _ = await accounts.sign_in("ada", PASSWORD, "")
    for shown in ("", other, csrf[:-1]):
        with pytest.raises(Refused) as caught:
            accounts.require(asked(token, csrf=shown, method="POST"), ALL)
        assert (caught.value.status, caught.value.code) == (403, "csrf")
    assert accounts.require(asked(token, csrf=csrf, method="POST"), ALL).login == "ada"


def test_the_cookie_is_secure_over_tls_itself() -> None:
    response = web.Response()
    put_cookie(response, make_mocked_request("GET", "/", headers={"X-Forwarded-Proto": "https"}), "t")
    assert response.cookies[SESSION_COOKIE]["secure"]


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.7", "203.0.113.5"),
        ("127.0.0.1", "198.51.100.9, 198.51.100.7", "198.51.100.7"),
        ("::1", "198.51.100.7", "198.51.100.7"),
    ],
)
def test_only_a_proxy_on_this_machine_may_say_where_somebody_comes_from(
    remote: str, forwarded: str, address: str
) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert address_of(SimpleNamespace(remote=remote, headers=headers)) == address  # type: ignore[arg-type]


# -- guessing ---------------------------------------------------------------------------------------


async def test_many_guesses_at_once_from_one_address_gain_nothing(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts._passwords, "_verify", lambda password, hashed: False)
    tries = [accounts.sign_in(f"login{number}", "wrong", "10.0.0.1") for number in range(60)]
    codes = [error.code for error in await asyncio.gather(*tries, return_exceptions=True) if isinstance(error, Refused)]
    assert (codes.count("wrong_password"), codes.count("too_many_attempts")) == (50, 10)
    assert (await refused(accounts.sign_in("else", "wrong", "10.0.0.2"))).code == "wrong_password"


async def test_the_page_is_told_when_to_come_back(house: House) -> None:
    person = house.anonymous()
    body = {"login": "nobody", "password": "wrong"}
    for _ in range(10):
        status, answer = await person.post("/api/session", body)
        assert (status, answer["error"]["code"]) == (401, "wrong_password")
    async with person.session.post("/api/session", json=body, headers={"Accept-Language": "zh-CN"}) as told:
        assert (told.status, told.headers["Retry-After"]) == (429, "30")
        assert "30 秒后" in (await told.json())["error"]["message"]


async def test_a_login_nobody_has_costs_the_same_work(
    house: House, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.agent("ada")
    verified: list[str] = []
    genuine = accounts._passwords._verify

    def verify(password: str, hashed: str) -> bool:
        verified.append(hashed.rpartition("$")[0].rpartition("$")[0])
        return genuine(password, hashed)

    monkeypatch.setattr(accounts._passwords, "_verify", verify)
    for login in ("ada", "nobody", "x" * 100):
        assert (await refused(accounts.sign_in(login, "wrong", ""))).code == "wrong_password"
    assert len(verified) == 3
    assert set(verified) == {"$argon2id$v=19$m=19456,t=2,p=1"}


async def test_the_wait_doubles_up_to_a_limit_and_is_forgotten(clock: ManualClock) -> None:
    throttle = Throttle(clock, 2, first=10, longest=35)
    waits = []
    for _ in range(6):
        waits.append(throttle.wait("a"))
        await clock.advance(throttle.wait("a"))
        throttle.count("a")
    assert waits == [0, 0, 10, 20, 35, 35]
    assert throttle.wait("b") == 0
    throttle.forgive("a")
    assert throttle.wait("a") == 0
    for _ in range(3):
        throttle.count("a")
    await clock.advance(4 * 35 + 1)
    throttle.count("b")
    assert list(throttle._tried) == ["b"]


# -- changes and presence ---------------------------------------------------------------------------


async def test_the_last_administrator_stays(house: House, accounts: Accounts) -> None:
    root = await house.agent("root", "admin")
    second, token = await accounts.invite("root", "two", "Two", "admin", ())
    for change in ({"active": False}, {"role": "supervisor"}):
        # Who was only invited cannot sign in yet, and so does not count.
        assert (await refused(accounts.change("root", root.id, **change))).code == "last_admin"
    await accounts.set_up(token, "", "", PASSWORD)
    assert (await accounts.change("root", root.id, role="agent")).role == "agent"
    assert (await refused(accounts.change("root", second.id, active=False))).code == "last_admin"


async def test_changes_are_stored(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        ada = await house.agent("ada")
        changed = await house.accounts.change("root", ada.id, name="Ada L", role="supervisor", teams=["back"])
        await house.accounts.set_state(changed, "break")
    async with open_house(tmp_path) as house:
        (ada,) = house.accounts.all()
        assert (ada.name, ada.role, ada.teams, ada.state) == ("Ada L", "supervisor", ("back",), "break")
        await house.accounts.sign_in("ada", PASSWORD, "")


async def test_a_desk_counts_until_the_last_one_is_closed(house: House, accounts: Accounts) -> None:
    ada = await house.agent("ada")
    heard: list[tuple[bool, str]] = []
    accounts.on_change.append(lambda agent: heard.append((agent.connected, agent.state)))
    for change in (+1, +1, -1):
        house.hub.agents.connected(ada.id, change)
    await accounts.set_state(ada, "online")
    house.hub.agents.connected(ada.id, -1)
    assert heard == [(True, "offline"), (True, "online"), (False, "online")]
    assert accounts.agent(ada.id).connected is False


async def test_who_did_what_is_written_down_without_secrets(house: House, accounts: Accounts) -> None:
    root = await house.agent("root", "admin")
    await accounts.sign_in("root", PASSWORD, "10.0.0.1")
    await refused(accounts.sign_in("root", "wrong", "10.0.0.2"))
    await refused(accounts.sign_in("my secret password", "", "10.0.0.3"))
    await accounts.invite("root", "ada", "Ada", "agent", ())
    await accounts.change("root", root.id, name="Ada")
    assert await lines(house) == [
        ("hub", "setup.link", "administrator"),
        ("root", "agent.set_up", "root"),
        ("root", "sign_in", "10.0.0.1"),
        ("root", "sign_in.failed", "10.0.0.2"),
        ("unknown", "sign_in.failed", "10.0.0.3"),
        ("root", "agent.invited", "ada"),
        ("root", "agent.changed", "root"),
    ]
    assert "my secret" not in await stored_text(house)
