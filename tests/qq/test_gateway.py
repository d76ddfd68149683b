"""The gateway: sockets come and go, the session goes on, nothing is lost or doubled."""

from __future__ import annotations

import random

import pytest

from hub.testing.fixtures import MakeHub
from tests.qq.kit import World, world


async def back(here: World, sockets: int) -> None:
    """Wait until the bot opened so many sockets and is in a session."""
    gateway = here.qq.gateway
    await here.kit.until(
        lambda: gateway.hellos >= sockets and gateway.session is not None, f"socket {sockets}", turning=0.2
    )


async def acknowledged(here: World, number: int) -> None:
    """Wait until the bot's heartbeat says that it has the event of this number."""
    gateway = here.qq.gateway

    async def look() -> bool:
        await gateway.asks_for_heartbeat()
        return gateway.session is not None and gateway.session.acknowledged >= number

    await here.kit.until(look, f"event {number} is acknowledged", turning=0.2)


async def test_it_identifies_with_its_intents_and_talks(make_hub: MakeHub) -> None:
    async with world(make_hub, transport="gateway") as here:
        (said,) = here.qq.gateway.identified
        assert said["intents"] == 1 << 12 | 1 << 25 | 1 << 26 | 1 << 30
        assert said["shard"] == [0, 1]
        await here.says("你好")
        assert (await here.qq.hears("c2c:U1", "你好")).passive
        await here.delivers(here.qq.events.channel("C1", "910", "在吗"))
        await here.qq.hears("channel:C1", "在吗")


async def test_it_beats_with_the_number_of_what_is_stored(make_hub: MakeHub) -> None:
    async with world(make_hub, transport="gateway") as here:
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        session = here.qq.gateway.session
        assert session is not None
        await here.turn(45)
        await here.qq.gateway.until(lambda: session.acknowledged == 2)


async def test_a_gateway_that_does_not_answer_heartbeats_is_left_and_the_session_goes_on(make_hub: MakeHub) -> None:
    async with world(make_hub, transport="gateway") as here:
        here.qq.gateway.acks = False
        await here.turn(45)
        await here.turn(45)
        here.qq.gateway.acks = True
        await back(here, 2)
        assert len(here.qq.gateway.resumed) == 1


@pytest.mark.parametrize("how", ["cut", "op 7", "1001", "4000", "4008"])
async def test_a_session_is_resumed_where_it_stood(make_hub: MakeHub, how: str) -> None:
    async with world(make_hub, transport="gateway") as here:
        await here.says("一")
        await acknowledged(here, 2)
        gateway = here.qq.gateway
        await (gateway.cut() if how == "cut" else gateway.asks_to_reconnect() if how == "op 7" else gateway.closes(int(how)))
        await here.says("二")
        await back(here, 2)
        await here.qq.hears("c2c:U1", "二")
        assert await here.heard() == ["一", "二"]
        assert gateway.resumed[0]["seq"] >= 2
        assert len(gateway.identified) == 1


@pytest.mark.parametrize("how", ["op 9", "4006", "4009", "4903"])
async def test_a_session_that_is_over_is_begun_anew(make_hub: MakeHub, how: str) -> None:
    async with world(make_hub, transport="gateway") as here:
        gateway = here.qq.gateway
        await (gateway.forgets() if how == "op 9" else gateway.closes(int(how)))
        await back(here, 2)
        assert (len(gateway.identified), len(gateway.resumed)) == (2, 0)
        assert here.counted("qq_sessions_lost") == 1
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")


async def test_a_token_the_gateway_does_not_take_is_renewed(make_hub: MakeHub) -> None:
    async with world(make_hub, transport="gateway") as here:
        here.qq.tokens.revoke()
        await here.qq.gateway.cut()
        await back(here, 2)
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        assert here.qq.tokens.asked == 2


async def test_a_bot_that_is_banned_stops_and_says_so(make_hub: MakeHub) -> None:
    async with world(make_hub, transport="gateway") as here:
        await here.qq.gateway.closes(4915)
        registry = here.kit.hub.registry
        await here.kit.until(lambda: registry.status()[0].state == "failed", "it stops", turning=0.2)
        assert "4915" in registry.status()[0].reason


async def test_a_restarted_hub_goes_on_in_its_session(make_hub: MakeHub) -> None:
    async with world(make_hub, transport="gateway") as here:
        await here.says("一")
        await here.qq.hears("c2c:U1", "一")
        await here.kit.stop()
        await here.says("二", "U2")
        await here.kit.restart()
        await here.qq.hears("c2c:U2", "二")
        assert (len(here.qq.gateway.identified), len(here.qq.gateway.resumed)) == (1, 1)
        assert await here.heard() == ["一", "二"]


async def test_an_event_that_cannot_be_stored_waits_and_with_it_what_is_behind(make_hub: MakeHub) -> None:
    async with world(make_hub, transport="gateway") as here:
        async with here.kit.store_down():
            await here.says("一")
            await here.kit.until(lambda: here.counted("qq_held_up"), "it waits")
            number = await here.qq.gateway.dispatch(here.qq.events.c2c("U2", "二"))
            await here.turn(3)
            assert here.qq.gateway.session is not None
            assert here.qq.gateway.session.acknowledged < number
        await acknowledged(here, number)
        await here.kit.settled(turning=0.2)
        assert await here.heard() == ["一", "二"]


async def test_an_event_too_large_to_come_does_not_come_for_ever(make_hub: MakeHub) -> None:
    async with world(make_hub, transport="gateway") as here:
        await here.says("大" * 2_000_000)
        await here.kit.until(lambda: len(here.qq.gateway.identified) == 2, "a new session", turning=0.2)
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        assert await here.heard() == ["你好"]


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_is_lost_or_doubled_while_the_socket_is_cut_at_random(make_hub: MakeHub, seed: int) -> None:
    rolled = random.Random(seed)
    async with world(make_hub, transport="gateway", windows={"replies": 100}) as here:
        here.qq.answers.most = 100
        texts = [f"第{number}条" for number in range(60)]
        for number, text in enumerate(texts):
            event = here.qq.events.c2c(f"U{number % 7}", text)
            await here.delivers(event)
            match rolled.randrange(12):
                case 0 | 1:
                    await here.qq.gateway.cut()
                case 2:
                    await here.qq.gateway.asks_to_reconnect()
                case 3:
                    await here.qq.gateway.closes(4000)
                case 4:
                    await here.qq.gateway.asks_for_heartbeat()
                case 5:
                    # The platform may repeat itself.
                    await here.delivers(event)
                case 6:
                    await here.turn(rolled.random() * 3)

        async def all_heard() -> bool:
            rows = await here.kit.rows("SELECT count(*) AS number FROM message WHERE direction = 'in'")
            return bool(rows[0]["number"] >= len(texts))

        await here.kit.until(all_heard, "all came", turning=0.2)
        await here.kit.settled(turning=0.2)
        heard = await here.heard()
        assert sorted(heard) == sorted(texts)
        for person in range(7):
            mine = [text for number, text in enumerate(texts) if number % 7 == person]
            assert [text for text in heard if text in mine] == mine
            assert here.qq.received(f"c2c:U{person}") == mine
        assert len(here.qq.gateway.identified) == 1
