"""How connections live: heartbeats, silence, dialling again, and events that wait until they can be stored."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from hub.testing import HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_onebot import OneBot
from tests.onebot.account import Account
from tests.onebot.simulator import Simulator
from tests.onebot.stage import HONG, MING, TOKEN, stage


async def test_a_socket_without_its_heartbeats_is_given_up(make_hub: MakeHub) -> None:
    clock = ManualClock()
    async with stage(make_hub, clock=clock, silence=3600) as one:
        wire = await one.connected()
        await one.push(one.account.heartbeat(15))
        await one.push(one.account.private(MING, "你好"))
        await one.hears("你好")
        await clock.advance(901)
        await one.kit.until(lambda: wire.close_code, "it is closed")
        assert one.kit.logged("a socket is given up")[0]["reason"].startswith("no heartbeat for")


async def test_a_silent_socket_is_asked_by_a_ping_and_then_given_up(make_hub: MakeHub) -> None:
    clock = ManualClock()
    async with stage(make_hub, clock=clock, silence=60) as one:
        wire = await one.connected()
        await one.push(one.account.private(MING, "你好"))
        await one.hears("你好")
        for _ in range(8):
            await clock.advance(15)
            # The pong has to travel before the clock goes on.
            await one.push(one.account.private(MING, "在"))
            await one.kit.until(lambda: not one.kit.hub.path.reception.in_flight, "it is worked on")
        assert not wire.close_code
        wire.deaf = True
        await one.kit.until(lambda: one.counted("onebot_lifeless"), "it is given up", turning=5)


async def test_the_hub_dials_again(make_hub: MakeHub) -> None:
    clock = ManualClock()
    async with stage(make_hub, "forward", clock=clock) as one:
        for text in ("一", "二"):
            wire = await one.connected()
            await one.kit.until(lambda: one.account.calls, "the hub asks whose account it is")
            one.account.calls.clear()
            await one.push(one.account.private(MING, text))
            await one.hears(text)
            await wire.socket.close()
            await one.kit.until(lambda wire=wire: wire not in one.simulator.wires, "it is gone")
            await one.kit.until(lambda: one.simulator.wires, "another", turning=0.5)


async def test_an_implementation_that_is_not_there_yet_is_found_when_it_comes(make_hub: MakeHub) -> None:
    clock = ManualClock()
    async with Simulator(Account(10001, clock.now)) as simulator:
        url = await simulator.listen()
        assert simulator._runner is not None
        await simulator._runner.cleanup()
        kit: HubKit = await make_hub(
            use(OneBot, "onebot", {"transport": "forward", "url": f"ws://{url}"}), clock=clock,
            hub={"allow_private_networks": ["127.0.0.0/8"]},
        )  # fmt: skip
        await kit.until(lambda: kit.logged("the implementation cannot be reached"), "it is not there")
        assert {one.name: one.state for one in kit.hub.registry.status()} == {"onebot": "running"}
        await simulator.listen(int(url.rpartition(":")[2]))
        await kit.until(lambda: simulator.account.calls, "it is found", turning=1)
        await kit.stop()


async def test_a_refused_token_stops_the_instance_and_says_why(make_hub: MakeHub) -> None:
    async with stage(make_hub, "forward", access_token="a-token-of-old") as one:

        def failed() -> bool:
            return one.kit.hub.registry.status()[0].state == "failed"

        await one.kit.until(failed, "the instance has failed")
        assert "access_token" in one.kit.hub.registry.status()[0].reason


async def test_events_wait_on_a_socket_until_they_can_be_stored(make_hub: MakeHub) -> None:
    clock = ManualClock()
    async with stage(make_hub, clock=clock) as one:
        async with one.kit.store_down():
            for text in ("一", "二", "三"):
                await one.push(one.account.private(MING, text))
            await one.push(one.account.private(HONG, "四"))
            await one.kit.until(lambda: one.counted("onebot_held") == 2, "two chats wait")
        for text, to in (("三", MING), ("四", HONG)):
            await one.kit.until(lambda text=text, to=to: text in one.account.texts(str(to)), text, turning=1)
        assert one.account.texts(str(MING)) == ["一", "二", "三"]


async def test_several_accounts_on_one_instance_are_kept_apart(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one, Simulator(Account("10002", one.account.now), token=TOKEN) as other:
        await other.dial(one.url)
        await one.push(one.account.private(MING, "给一号"))
        await other.push(other.account.private(MING, "给二号"))
        await one.hears("给一号")
        await one.kit.until(lambda: other.account.texts(str(MING)), "the second account answers")
        assert (one.account.texts(str(MING)), other.account.texts(str(MING))) == (["给一号"], ["给二号"])
        rows = await one.kit.rows("SELECT scope, external_id FROM identity ORDER BY scope")
        assert [(row["scope"], row["external_id"]) for row in rows] == [("10001", str(MING)), ("10002", str(MING))]


@pytest.mark.parametrize(
    ("headers", "status"), [({"X-Self-ID": "10009"}, 403), ({"X-Self-ID": ""}, 400), ({"X-Client-Role": "Boss"}, 400)]
)
async def test_who_may_not_dial(make_hub: MakeHub, headers: dict[str, str], status: int) -> None:
    async with stage(make_hub, self_ids=[10001]) as one:
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await one.simulator.dial(one.url, **headers)
        assert error.value.status == status


async def test_stopping_says_goodbye_and_stores_what_came_before(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        wire = await one.connected()
        await asyncio.gather(*(one.push(one.account.private(MING, f"第{n}条")) for n in range(20)))
        await one.kit.until(lambda: one.counted("received"), "the first is stored")
        await one.kit.hub.registry.stop("onebot")
        assert wire.socket.closed
        assert not one.kit.tasks_of("onebot")
