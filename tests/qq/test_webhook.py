"""Who may push, and when."""

from __future__ import annotations

import pytest

from hub.testing.fixtures import MakeHub
from tests.qq.kit import world


@pytest.mark.parametrize("seconds", [-301, 301, 86_400 * 365])
async def test_a_push_signed_at_another_time_is_refused_and_counted(make_hub: MakeHub, seconds: int) -> None:
    async with world(make_hub) as here:
        event, now = here.qq.events.c2c("U1", "你好"), int(here.qq.now())
        answer = await here.qq.push(event, timestamp=str(now + seconds))
        assert (answer.status, answer.json()["error"]["code"]) == (401, "replayed")
        assert (here.counted("qq_replayed"), await here.heard()) == (1, [])
        assert (await here.qq.push(event, timestamp=str(now + 299 * (1 if seconds > 0 else -1)))).status == 200
        assert await here.heard() == ["你好"]


async def test_how_long_a_push_is_good_stands_in_the_yaml(make_hub: MakeHub) -> None:
    async with world(make_hub, replay_window=10) as here:
        event = here.qq.events.c2c("U1", "你好")
        assert (await here.qq.push(event, timestamp=str(int(here.qq.now()) - 11))).status == 401


@pytest.mark.parametrize("timestamp", ["", "x", "１７９５８２９４００", "-5", "9" * 400])
async def test_a_time_that_is_none_is_refused(make_hub: MakeHub, timestamp: str) -> None:
    async with world(make_hub) as here:
        body = b'{"op": 0}'
        signed = {"X-Signature-Timestamp": timestamp} if timestamp.isascii() else {}
        answer = await here.qq.push_bytes(body, headers=signed, signature="ab")
        assert answer.status == 401


@pytest.mark.parametrize("signature", ["", "zz", "00", "00" * 64, "签"])
async def test_a_signature_that_is_none_is_refused(make_hub: MakeHub, signature: str) -> None:
    async with world(make_hub) as here:
        answer = await here.qq.push(here.qq.events.c2c("U1", "你好"), signature=signature)
        assert answer.status == 401
        assert await here.heard() == []


async def test_another_bots_push_is_refused(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        answer = await here.qq.push(here.qq.events.c2c("U1", "你好"), headers={"X-Bot-Appid": "999"})
        assert answer.status == 401


async def test_the_question_for_our_proof_signs_nothing_that_could_be_a_push(make_hub: MakeHub) -> None:
    """A proof is made like a push's signature: whoever may have anything signed could forge pushes."""
    async with world(make_hub) as here:
        event = '{"op":0,"t":"C2C_MESSAGE_CREATE","id":"F","d":{"id":"F","content":"x","author":{"user_openid":"V"}}}'
        now = str(int(here.qq.now()))
        for token, at in ((event, now), ('"x"', now), ("", now), ("x" * 200, now), ("abc", "{"), ("abc", ""), (7, now)):
            answer = await here.qq.push({"op": 13, "d": {"plain_token": token, "event_ts": at}}, signature="")
            assert (answer.status, b"signature" in answer.body.replace(b"bad_signature", b"")) == (422, False)


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"null", b"\xff", b"{" * 5000, b'{"op":13,"plain_token":1}'])
async def test_what_is_no_event_is_answered_4xx(make_hub: MakeHub, body: bytes) -> None:
    async with world(make_hub) as here:
        assert 400 <= (await here.qq.push_bytes(body)).status < 500
