"""The ten cases of official accounts that go wrong elsewhere (reference, section 1)."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.pages import outcome_of
from hub.testing.clock import ManualClock
from hub_wechat.callback import written
from hub_wechat.config import WeChatConfig
from hub_wechat.envelope import Envelopes
from hub_wechat.forms import read, text_of, write
from hub_wechat.pieces import Piece, answer_of
from hub_wechat.pushes import push_of
from hub_wechat.tokens import Tokens
from tests.wechat.kit import AES_KEY, OLD_KEY, all_of, staged
from tests.wechat.simulator import Account, Platform
from tests.wechat.simulator.bodies import parse, to_json, to_xml
from tests.wechat.simulator.crypto import Sealed, signature

# -- 1: the same MsgId three times ------------------------------------------------------------------


async def test_three_tries_of_a_slow_message_are_one_message_with_one_answer(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        platform, account = stage.platform, stage.account
        account.acted("u1", "message")
        fields = platform.fields(account, "u1", "text", Content="wait 6", MsgId=platform.new_id())

        async def tries() -> list[tuple[float, str]]:
            took = []
            for number in range(3):
                began = stage.clock.now()
                answer = await platform.push_once(account, fields)
                took.append((stage.clock.now() - began, answer.body))
                if number < 2:
                    await stage.clock.sleep(max(0, 5 - took[-1][0]))
            return took

        took = await stage.turning(tries())
        assert all(seconds < 5 for seconds, _ in took)
        assert [body for _, body in took] == ["success"] * 3
        await stage.hears("echo:wait 6")
        await stage.settled()
        assert stage.heard() == [("api", "echo:wait 6")]
        assert len(await stage.bodies()) == 1


async def test_a_later_try_takes_over_from_one_that_still_waits(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        platform, account = stage.platform, stage.account
        fields = platform.fields(account, "u1", "text", Content="wait 2", MsgId=platform.new_id())
        first = asyncio.ensure_future(platform.push_once(account, fields))
        await stage.kit.until(stage.bodies_stored, "the first try is stored")
        answers = await stage.turning(all_of(first, platform.push_once(account, fields)))
        assert answers[0].body == "success"
        assert stage.heard() == [("passive", "echo:wait 2")]


# -- 2: events have no ids --------------------------------------------------------------------------


async def test_events_are_known_by_who_when_and_what(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        platform, account = stage.platform, stage.account
        subscribed = platform.fields(account, "u1", "event", Event="subscribe", EventKey="")
        scanned = platform.fields(account, "u1", "event", Event="SCAN", EventKey="claim:7Q2K")
        await stage.turning(all_of(*(platform.push_once(account, one) for one in (subscribed, subscribed, scanned))))
        await stage.turning(platform.push_once(account, scanned))
        await stage.turning(platform.push_once(account, subscribed))
        await stage.settled()
        assert len(await stage.events("wechat.subscribe")) == 1
        assert [json.loads(body) for body in await stage.bodies()] == [
            [{"type": "choice", "label": "扫码：claim:7Q2K", "payload": "claim:7Q2K"}]
        ]


# -- 3: passive, or by the API ----------------------------------------------------------------------


async def test_in_time_it_is_the_answer_to_the_push(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        (answer,) = await stage.says("wait 3")
        assert answer.reply is not None
        assert (answer.reply["ToUserName"], answer.reply["FromUserName"]) == ("u1", stage.account.original)
        assert stage.heard() == [("passive", "echo:wait 3")]
        await stage.settled()
        assert stage.account.calls["message/custom/send"] == 0
        assert await _ways(stage) == [("passive", "在推送的应答里")]


async def test_later_it_is_a_message_by_the_api(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        (answer,) = await stage.says("wait 8")
        assert answer.body == "success"
        assert await stage.hears("echo:wait 8") == "api"
        await stage.settled()
        assert await _ways(stage) == [("api", "推送已先应答")]


async def test_a_message_outside_the_window_is_undeliverable_once(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.account.faults["message/custom/send"].append(45015)
        await stage.says("wait 8")
        await stage.kit.until(stage.dead, "it is a dead letter", turning=0.25)
        await stage.settled()
        assert stage.account.calls["message/custom/send"] == 1
        assert "45015" in (await stage.dead())[0]
        assert stage.heard() == []
        assert (await stage.left()).left == 0


async def test_two_answers_go_by_the_api_in_their_order(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.says("two")
        await stage.hears("two")
        assert stage.heard() == [("api", "one"), ("api", "two")]


async def test_a_push_that_was_cut_leaves_the_answer_to_the_api(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        platform, account = stage.platform, stage.account
        account.acted("u1", "message")
        fields = platform.fields(account, "u1", "text", Content="wait 3", MsgId=platform.new_id())
        asking = asyncio.ensure_future(platform.push_once(account, fields))
        await stage.kit.until(stage.bodies_stored, "the push is stored")
        asking.cancel()
        await stage.kit.until(lambda: asking.done(), "the connection is cut")
        assert await stage.hears("echo:wait 3") == "api"
        await stage.settled()
        assert len(stage.heard()) == 1


async def test_a_push_that_is_cut_while_the_loop_is_busy_carries_nothing() -> None:
    held: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
    asked, go = asyncio.Event(), asyncio.Event()

    async def push(request: web.Request) -> web.Response:
        asked.set()
        await go.wait()
        answer = web.Response(text="the one answer")
        held.set_result((await outcome_of(written(answer, request))).error)
        return answer

    app = web.Application()
    app.router.add_post("/", push)
    async with TestServer(app) as server:
        with socket.create_connection((server.host, server.port)) as platform:
            platform.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            await asked.wait()
        # It hung up in this very turn of the loop, in which the answer is ready as well.
        go.set()
        assert isinstance(await held, ConnectionResetError)


async def _ways(stage: Any) -> list[tuple[str, str]]:
    rows = await stage.events("message.sent_via")
    return [(data["via"], data.get("detail", "")) for data in (json.loads(row["data"]) for row in rows)]


# -- 4: five in 48 hours ----------------------------------------------------------------------------


async def test_the_sixth_message_is_refused_here_and_a_new_message_allows_five_again(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.says("人工")
        await stage.settled()
        agent = stage.kit.agent("刘芳")
        rows = await stage.rows("SELECT id FROM conversation")
        await stage.turning(agent.takes_over(rows[0]["id"]))
        await stage.settled()
        assert (await stage.left()).left == 4
        for number in range(5):
            await stage.turning(agent.says(f"第{number}条"))
        await stage.kit.until(stage.dead, "the fifth of the agent's is refused", turning=0.25)
        assert stage.account.calls["message/custom/send"] == 5, "the platform was not asked again"
        assert (await stage.left()).left == 0
        await stage.says("在吗")
        assert (await stage.left()).left == 5


async def test_the_platform_knows_better_what_is_left(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.account.faults["message/custom/send"].append(45047)
        await stage.says("wait 8")
        await stage.kit.until(stage.dead, "it is a dead letter", turning=0.25)
        assert "45047" in (await stage.dead())[0]
        assert (await stage.left()).left == 0


# -- 5: texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
@pytest.mark.parametrize("form", ["xml", "json"])
async def test_texts_come_and_go_as_they_were_written(tmp_path: Path, mode: str, form: str) -> None:
    async with staged(tmp_path, mode=mode, form=form, aes_key=AES_KEY) as stage:
        for text in ("]]>", "<b>&😀", "]]]]><![CDATA[>", " 两边 有空格 ", "a\nb"):
            await stage.says(text)
            assert stage.heard()[-1] == ("passive", f"echo:{text}")


async def test_an_empty_text_is_empty_and_not_none() -> None:
    head = {"ToUserName": "gh", "FromUserName": "u1", "CreateTime": 1, "MsgType": "text"}
    fields, _ = read(to_xml({**head, "Content": ""}).encode())
    assert text_of(push_of(fields).fields, "Content") == ""
    fields, _ = read(b"<xml><ToUserName>gh</ToUserName><Content/></xml>")
    assert text_of(fields, "Content") == ""


# Half characters cannot be sent, and XML cannot hold control characters.
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=300)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, form=st.sampled_from(["xml", "json"]), mode=st.sampled_from(["plain", "safe"]))
def test_any_text_survives_both_ways(text: str, form: Any, mode: str) -> None:
    clock = ManualClock()
    platform = Platform(clock)
    account = platform.add(Account("wx1", "s", "token1", clock.now, mode=mode, form=form, aes_key=AES_KEY))
    config = WeChatConfig.model_validate({"app_id": "wx1", "secret": "s", "token": "token1", "mode": mode, "aes_key": AES_KEY})
    envelopes = Envelopes(config, clock, lambda _: None)
    body, sealed = platform.body(account, platform.fields(account, "u1", "text", Content=text, MsgId=2**63 - 1))
    query = platform.query(account, sealed)
    envelopes.check(query)
    opened = envelopes.open(body.encode(), query)
    push = push_of(dict(opened.fields))
    assert (push.key, push.fields["Content"]) == (str(2**63 - 1), text.replace("\r", "\n"))
    answer = envelopes.seal(answer_of(Piece("text", text), push, form, clock.now()), opened)
    assert platform.reply(account, answer, sealed=bool(sealed))["Content"] == text


def test_what_xml_cannot_hold_is_left_out_of_an_answer() -> None:
    assert parse(write({"Content": "a\x00b\x0bc"}, "xml"), "xml") == {"Content": "abc"}


# -- 6: keys ----------------------------------------------------------------------------------------


async def test_the_previous_key_still_opens_and_seals_its_answer(tmp_path: Path) -> None:
    previous = {"previous_aes_key": OLD_KEY}
    async with staged(tmp_path, settings=previous, mode="safe", aes_key=AES_KEY) as stage:
        stage.account.aes_key = OLD_KEY
        await stage.says("旧钥匙")
        stage.account.aes_key = AES_KEY
        await stage.says("新钥匙")
        assert stage.heard() == [("passive", "echo:旧钥匙"), ("passive", "echo:新钥匙")]


@pytest.mark.parametrize(("key", "appid"), [(AES_KEY, "wx-somebody-else"), (OLD_KEY, "wx-wechat")])
async def test_what_is_sealed_for_somebody_else_is_refused(tmp_path: Path, key: str, appid: str) -> None:
    async with staged(tmp_path, mode="safe", aes_key=AES_KEY) as stage:
        fields = stage.platform.fields(stage.account, "u1", "text", Content="x", MsgId=1)
        sealed = Sealed(key, appid).seal(to_xml(fields))
        body = to_xml({"ToUserName": "gh", "Encrypt": sealed})
        answer = await stage.turning(stage.platform.post(stage.account, body, stage.platform.query(stage.account, sealed)))
        assert answer.status == 403
        assert await stage.bodies() == []
        assert stage.counted("wechat_refused_not_for_us") == 1


# -- 7: tokens --------------------------------------------------------------------------------------


async def test_a_hundred_messages_at_once_ask_for_one_token(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        for number in range(100):
            stage.account.acted(f"c{number}", "message")
        before = stage.account.calls["stable_token"]
        stage.account.expire_token()
        send = stage.channel._api.message.send_text
        await stage.turning(all_of(*(send(f"c{number}", "你好") for number in range(100))))
        assert stage.account.calls["stable_token"] - before == 1
        assert stage.account.calls["forced"] == 0
        assert all(stage.account.customer(f"c{number}").texts == ["你好"] for number in range(100))


async def test_tokens_that_are_never_accepted_are_asked_for_twice(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        before = stage.account.calls["stable_token"]
        stage.account.refuse_all_tokens = True
        send = stage.channel._api.message.send_text
        outcomes = await stage.turning(asyncio.gather(*(send("u1", "x") for _ in range(100)), return_exceptions=True))
        assert {type(outcome).__name__ for outcome in outcomes} == {"AuthFailed"}
        more = await stage.turning(asyncio.gather(*(send("u1", "x") for _ in range(10)), return_exceptions=True))
        assert {type(outcome).__name__ for outcome in more} == {"AuthFailed"}
        # With the one of the start: two.
        assert stage.account.calls["stable_token"] - before == 1


async def test_restarts_share_a_token(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        assert stage.account.calls["stable_token"] == 1
        await stage.kit.hub.registry.stop("wechat")
        await stage.kit.hub.registry.start("wechat")
        stage.account.acted("u1", "message")
        await stage.turning(stage.channel._api.message.send_text("u1", "你好"))
        # Another process, or another instance of the same account, finds it as well.
        another = Tokens(stage.channel.ctx, stage.account.appid, _unasked)
        assert await another.get() == await stage.channel._api.tokens.get()
        assert stage.account.calls["stable_token"] == 1


async def _unasked() -> tuple[str, float]:
    raise AssertionError("the platform is asked, though the store has a token")


# -- 8: what nobody knows ---------------------------------------------------------------------------


async def test_what_nobody_knows_is_kept_and_acknowledged(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        (answer,) = await stage.turning(stage.platform.sends(stage.account, "u1", "hologram", Beam="blue"))
        assert answer.status == 200
        (answer,) = await stage.event("moon_landing", Crater="7")
        assert answer.body == "success"
        await stage.settled()
        kept = [json.loads(row["data"]) for row in await stage.events("wechat.unsupported")]
        assert [(one["kind"], one["raw"].get("Beam"), one["raw"].get("Crater")) for one in kept] == [
            ("hologram", "blue", None), ("moon_landing", None, "7"),
        ]  # fmt: skip
        assert ["暂不支持的消息类型：hologram" in body for body in await stage.bodies()] == [True]


# -- 9: bad input -----------------------------------------------------------------------------------

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<xml><Content>&b;</Content></xml>"
)
DOCTYPE = f"<!DOCTYPE xml>{to_xml({'ToUserName': 'g', 'FromUserName': 'u', 'CreateTime': 1, 'MsgType': 'text', 'Content': 'x'})}"
DEEP = "<xml>" + "<a>" * 500 + "</a>" * 500 + "</xml>"


@pytest.mark.parametrize("body", [
    BOMB, DOCTYPE, DEEP, "", "{", "[]", "<xml>", "<a/>", "nonsense", "<xml><MsgType>text</MsgType></xml>", "[" * 50_000,
    '{"ToUserName": ["x"], "FromUserName": "u", "CreateTime": 1, "MsgType": "text"}', "\udcff".encode("utf-8", "surrogateescape"),
    to_json({"ToUserName": "g", "FromUserName": "u", "CreateTime": "soon", "MsgType": "text", "Content": "x"}),
    to_xml({"ToUserName": "g", "FromUserName": "u" * 500, "CreateTime": 1, "MsgType": "text", "Content": "x"}),
], ids=str)  # fmt: skip
async def test_what_is_no_message_is_refused(tmp_path: Path, body: str | bytes) -> None:
    async with staged(tmp_path) as stage:
        answer = await stage.turning(stage.platform.post(stage.account, body, stage.platform.query(stage.account)))
        assert 400 <= answer.status < 500
        assert "Traceback" not in answer.body
        assert await stage.rows("SELECT id FROM inbox") == []


async def test_what_is_not_signed_or_old_or_large_is_refused(tmp_path: Path) -> None:
    async with staged(tmp_path, mode="safe", aes_key=AES_KEY) as stage:
        platform, account = stage.platform, stage.account
        body, sealed = platform.body(account, platform.fields(account, "u1", "text", Content="x", MsgId=1))
        good = platform.query(account, sealed)
        unsigned = {name: value for name, value in good.items() if name != "signature"}
        now = stage.clock.now()
        old, early = (platform.query(account, sealed, at=at) for at in (now - 301, now + 301))
        for query in (unsigned, {**good, "signature": "ü"}, {**good, "msg_signature": ""}, {}, old, early):
            assert (await stage.turning(platform.post(account, body, query))).status == 403
        assert (await stage.turning(platform.post(account, "x" * 10_000_000, good))).status in (0, 413)
        plain = to_xml(platform.fields(account, "u1", "text", Content="x", MsgId=1))
        assert (await stage.turning(platform.post(account, plain, platform.query(account)))).status == 403
        assert await stage.rows("SELECT id FROM inbox") == []
        assert stage.counted("wechat_refused_replayed") == 2
        assert stage.counted("wechat_refused_bad_signature") == 4
        assert stage.counted("wechat_refused_not_encrypted") == 1


async def test_the_address_check_says_back_text_and_nothing_else(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        query = {**stage.platform.query(stage.account), "echostr": "<script>1</script>"}
        async with stage.platform.session.get(stage.account.callback, params=query) as answer:
            assert (answer.status, await answer.text()) == (200, "<script>1</script>")
            assert answer.content_type == "text/plain"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        async with stage.platform.session.get(stage.account.callback, params={**query, "signature": "0"}) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(("stamp", "nonce", "signed"), [
    ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
    ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
])
def test_the_documents_signatures_are_accepted(stamp: str, nonce: str, signed: str) -> None:
    config = WeChatConfig.model_validate({"app_id": "wx1", "secret": "s", "token": "AAAAA"})
    Envelopes(config, ManualClock(float(stamp)), lambda _: None).check(
        {"signature": signed, "timestamp": stamp, "nonce": nonce}
    )
    assert signature("AAAAA", stamp, nonce) == signed


# -- 10: errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [40164, 48001, 45009])
async def test_what_the_operator_has_to_mend_is_told_and_not_tried_again(tmp_path: Path, code: int) -> None:
    async with staged(tmp_path) as stage:
        stage.account.faults["message/custom/send"].append(code)
        await stage.says("wait 8")
        await stage.kit.until(stage.dead, "it is a dead letter", turning=0.25)
        await stage.settled()
        assert stage.account.calls["message/custom/send"] == 1
        assert str(code) in (await stage.dead())[0]
        assert [line["code"] for line in stage.kit.logged("WeChat refuses")] == [code]
        assert (await stage.left()).left == 5, "what did not go is not counted"


@pytest.mark.parametrize(("times", "delivered"), [(1, True), (3, True), (4, False), (9, False)])
async def test_a_busy_platform_is_asked_three_times_more(tmp_path: Path, times: int, delivered: bool) -> None:
    async with staged(tmp_path) as stage:
        stage.account.faults["message/custom/send"].extend([-1] * times)
        await stage.says("wait 8")
        if delivered:
            assert await stage.hears("echo:wait 8") == "api"
        else:
            await stage.kit.until(stage.dead, "it is a dead letter", turning=0.25)
        await stage.settled()
        assert stage.account.calls["message/custom/send"] == min(times + 1, 4)


async def test_an_error_that_comes_with_http_200_is_an_error(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.account.faults["message/custom/send"].append(40003)
        await stage.says("wait 8")
        await stage.kit.until(stage.dead, "it is a dead letter", turning=0.25)
        assert "40003" in (await stage.dead())[0]


async def test_a_gateway_that_is_down_is_tried_again_and_one_that_swallowed_it_is_not(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.account.faults["message/custom/send"].extend(["http:502", "http:503"])
        await stage.says("wait 8")
        assert await stage.hears("echo:wait 8") == "api"
        stage.account.faults["message/custom/send"].append("http:504")
        await stage.says("wait 9")
        await stage.kit.until(stage.dead, "nobody knows whether it arrived", turning=0.25)
        await stage.settled()
        assert [text for _, text in stage.heard()] == ["echo:wait 8"]
