"""The simulator is as the platform is described: states, windows, the log, codes. And it runs by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.child import Child
from hub.testing import ManualClock
from tests.wecom.kit import corp_named
from tests.wecom.simulator.platform import DAY, ENDED, HOUR, HUMAN, NEW, POOL, ROBOT, Corp, Refusal

WHO = {"open_kfid": "wk1", "external_userid": "wm1"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def corp(clock: ManualClock) -> Corp:
    made = corp_named("corp", now=clock.now)
    made.staff |= {"zhangsan": "serving", "lisi": "stopped"}
    return made


def send(corp: Corp, msgid: str = "", **payload: Any) -> dict[str, Any]:
    payload = payload or {"msgtype": "text", "text": {"content": "你好"}}
    return corp.send_msg({"touser": "wm1", "open_kfid": "wk1", "msgid": msgid, **payload})


def trans(corp: Corp, state: int, userid: str = "") -> dict[str, Any]:
    return corp.trans({**WHO, "service_state": state, "servicer_userid": userid})


def refused(number: int) -> Any:
    return pytest.raises(Refusal, check=lambda refusal: refusal.answer["errcode"] == number)


async def test_five_messages_in_48_hours_for_each_of_the_customers(corp: Corp, clock: ManualClock) -> None:
    with refused(95018):
        send(corp)
    corp.says("wk1", "wm1", content="1")
    for _ in range(5):
        send(corp)
    with refused(95001):
        send(corp)
    corp.says("wk1", "wm1", content="2")
    assert corp.accounts["wk1"].session("wm1").left == 5
    await clock.advance(48 * HOUR + 1)
    with refused(95018):
        send(corp)
    assert corp.state_of(WHO)["service_state"] == ENDED


def test_the_interface_sends_in_the_first_two_states_only(corp: Corp) -> None:
    corp.says("wk1", "wm1", content="1")
    assert corp.state_of(WHO)["service_state"] == NEW
    send(corp)
    trans(corp, ROBOT)
    send(corp)
    for state, userid in ((POOL, ""), (HUMAN, "zhangsan"), (ENDED, "")):
        trans(corp, state, userid)
        with refused(95018):
            send(corp)
    for state in (NEW, ROBOT, POOL, HUMAN, ENDED):
        with refused(95013):
            trans(corp, state, "zhangsan")
    corp.says("wk1", "wm1", content="2")
    assert corp.state_of(WHO)["service_state"] == NEW


def test_only_who_serves_gets_a_session(corp: Corp) -> None:
    corp.says("wk1", "wm1", content="1")
    for userid, number in (("lisi", 95015), ("nobody", 95014)):
        with refused(number):
            trans(corp, HUMAN, userid)
    trans(corp, HUMAN, "zhangsan")
    assert corp.state_of(WHO) == {"errcode": 0, "errmsg": "ok", "service_state": HUMAN, "servicer_userid": "zhangsan"}


async def test_the_log_from_a_cursor_and_from_three_days_back(corp: Corp, clock: ManualClock) -> None:
    corp.says("wk1", "wm1", content="old")
    await clock.advance(4 * DAY)
    for number in range(5):
        corp.says("wk1", "wm1", content=str(number))
    send(corp)
    corp.page, corp.empty_pages = 3, 1
    ask = {"open_kfid": "wk1", "limit": 1000, "token": corp.callback_token()}
    empty = corp.sync_msg(ask)
    assert (empty["msg_list"], empty["has_more"]) == ([], 1)
    first = corp.sync_msg({**ask, "cursor": empty["next_cursor"]})
    second = corp.sync_msg({**ask, "cursor": first["next_cursor"]})
    texts = [row["text"]["content"] for page in (first, second) for row in page["msg_list"]]
    # What went by the interface is not told.
    assert (texts, first["has_more"], second["has_more"]) == (["0", "1", "2", "3", "4"], 1, 0)
    with refused(95007):
        corp.sync_msg({**ask, "cursor": "nonsense"})


async def test_a_callbacks_token_lasts_ten_minutes_and_without_one_calls_are_few(corp: Corp, clock: ManualClock) -> None:
    ask = {"open_kfid": "wk1", "token": corp.callback_token()}
    for _ in range(100):
        corp.sync_msg(ask)
    await clock.advance(601)
    with refused(95006):
        corp.sync_msg(ask)
    for _ in range(corp.slow_calls):
        corp.sync_msg({"open_kfid": "wk1"})
    with refused(45009):
        corp.sync_msg({"open_kfid": "wk1"})


async def test_a_welcome_code_is_good_once_and_for_twenty_seconds(corp: Corp, clock: ManualClock) -> None:
    def say(code: str, kind: str = "text") -> dict[str, Any]:
        content = {"content": "欢迎"} if kind == "text" else {"media_id": "m"}
        return corp.send_msg_on_event({"code": code, "msgtype": kind, kind: content})

    corp.enters("wk1", "wm1", scene_param="a b")
    event = corp.accounts["wk1"].log[-1]["event"]
    assert event["scene_param"] == "a b"
    with refused(40008):
        say(event["welcome_code"], "image")
    say(event["welcome_code"])
    with refused(95010):
        say(event["welcome_code"])
    corp.enters("wk1", "wm1")
    assert "welcome_code" not in corp.accounts["wk1"].log[-1]["event"]
    corp.enters("wk1", "wm2")
    await clock.advance(21)
    with refused(95010):
        say(corp.accounts["wk1"].log[-1]["event"]["welcome_code"])


def test_events_have_their_ids_inside_and_messages_outside(corp: Corp) -> None:
    corp.says("wk1", "wm1", content="1")
    corp.staff_says("wk1", "wm1", "zhangsan", content="2")
    corp.staff_ends("wk1", "wm1")
    message, took, staff, ended = corp.accounts["wk1"].log
    assert (message["origin"], message["external_userid"], message["open_kfid"]) == (3, "wm1", "wk1")
    assert (staff["origin"], staff["servicer_userid"]) == (5, "zhangsan")
    for event, kind in ((took, 4), (ended, 3)):
        assert (event["origin"], event["msgtype"], event.get("external_userid")) == (4, "event", None)
        assert (event["event"]["event_type"], event["event"]["change_type"]) == ("session_status_change", kind)
    assert ended["event"]["msg_code"]


def test_an_id_of_ours_is_taken_once(corp: Corp) -> None:
    corp.says("wk1", "wm1", content="1")
    assert send(corp, "fd_1")["msgid"] == "fd_1"
    with refused(95011):
        send(corp, "fd_1")
    for msgid in ("x" * 33, "a b", "好"):
        with refused(40058):
            send(corp, msgid)
    with refused(40058):
        send(corp, msgtype="text", text={"content": "好" * 683})


def test_a_message_the_customer_refuses_comes_back(corp: Corp) -> None:
    corp.says("wk1", "wm1", content="1")
    corp.accounts["wk1"].session("wm1").refuses = True
    send(corp, "fd_1")
    event = corp.accounts["wk1"].log[-1]["event"]
    assert (event["event_type"], event["fail_msgid"], event["fail_type"]) == ("msg_send_fail", "fd_1", 10)
    assert corp.accounts["wk1"].sent == []


async def test_it_runs_by_itself(tmp_path: Path) -> None:
    pushed: list[dict[str, str]] = []

    async def take(request: web.Request) -> web.Response:
        pushed.append(dict(request.query))
        return web.Response(text="success")

    app = web.Application()
    app.router.add_post("/wecom/callback", take)
    async with TestServer(app) as hub, aiohttp.ClientSession() as client:
        options = ("--hub", str(hub.make_url("/wecom")), "--port", "0")
        child = await Child.start(tmp_path / "log", "-m", "tests.wecom.simulator", *options)
        try:
            query = {"corpid": "ww0123456789abcdef", "corpsecret": "a-secret-of-the-application"}
            async with client.get(f"{child.url}/cgi-bin/gettoken", params=query) as answer:
                assert (await answer.json())["errcode"] == 0
            async with client.post(f"{child.url}/customers/wk1/wm1", json={"text": "你好"}) as answer:
                assert (await answer.json())["text"] == "success"
            assert set(pushed[0]) == {"msg_signature", "timestamp", "nonce"}
        finally:
            await child.kill()
