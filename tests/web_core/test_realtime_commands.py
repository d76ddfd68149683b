"""Commands happen once; what is malformed, unknown or faulty is told and does no harm."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub_realtime import sockets
from tests.web_core.realtime_kit import House, Port


async def test_a_command_is_acknowledged(port: Port, house: House) -> None:
    client, _ = await port.hello()
    await client.send(t="do", id="a", name="send", data={"x": 1})
    assert await client.read() == {"t": "ack", "id": "a", "data": {"number": 1}}


async def test_the_same_id_again_happens_once_and_gets_the_same_answer(port: Port, house: House) -> None:
    client, _ = await port.hello()
    for _ in range(3):
        await client.send(t="do", id="a", name="send", data={})
    assert [await client.read() for _ in range(3)] == [{"t": "ack", "id": "a", "data": {"number": 1}}] * 3
    await client.socket.close()
    # The answer was lost with the socket: asked again on another one, and over HTTP.
    again, _ = await port.hello()
    await again.send(t="do", id="a", name="send", data={})
    assert (await again.read())["data"] == {"number": 1}
    who = next(iter(house.realtime.parties(("board", House.ADA))))
    assert await house.realtime.command(house.board, who, "send", "a", {}) == {"number": 1}
    assert house.board.done == ["11 send a"]


async def test_an_id_is_the_clients_own(port: Port, house: House) -> None:
    ada, _ = await port.hello()
    ben, _ = await port.hello(token=House.BEN)
    for client in (ada, ben):
        await client.send(t="do", id="a", name="send", data={})
        await client.read()
    assert house.board.done == ["11 send a", "12 send a"]


async def test_a_command_under_way_survives_its_socket_and_is_not_done_again(port: Port, house: House) -> None:
    client, _ = await port.hello()
    gate = house.board.gate = asyncio.Event()
    await client.send(t="do", id="a", name="send", data={})
    await house.board.reads.wait()
    await client.socket.close()
    house.board.gate = None
    again, _ = await port.hello()
    await again.send(t="do", id="a", name="send", data={})
    assert await again.so_far() == []
    gate.set()
    assert await again.read() == {"t": "ack", "id": "a", "data": {"number": 1}}
    assert house.board.done == ["11 send a"]


async def test_a_page_is_answered_while_a_command_takes_its_time(port: Port, house: House) -> None:
    client, _ = await port.hello()
    house.board.gate = asyncio.Event()
    await client.send(t="do", id="a", name="send", data={})
    await client.send(t="do", id="b", name="send", data={})
    await client.send(t="ping")
    assert await client.read() == {"t": "pong"}
    house.board.gate.set()
    assert [(await client.read())["id"] for _ in range(2)] == ["a", "b"]
    assert house.board.done == ["11 send a", "11 send b"]


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("refuse", "closed", "it is closed"),
        ("conflict", "conflict", "somebody was faster"),
        ("full", "unavailable", "the hub cannot do this now; try again"),
        ("hub", "unavailable", "the hub cannot do this now; try again"),
        ("crash", "internal", "something went wrong in the hub"),
    ],
)
async def test_errors_are_told_in_words_and_never_from_inside(
    port: Port, house: House, name: str, code: str, message: str
) -> None:
    client, _ = await port.hello()
    for number in (1, 2):
        # What failed is done anew when it is asked for again.
        await client.send(t="do", id="a", name=name, data={})
        assert await client.read() == {"t": "error", "id": "a", "code": code, "message": message}
        assert len(house.board.done) == number
    assert house.log.errors() == (["a command failed"] * 2 if name == "crash" else [])


async def test_ids_have_a_length(port: Port, house: House) -> None:
    client, _ = await port.hello()
    for bad in ("", "x" * 101):
        await client.send(t="do", id=bad, name="send", data={})
        frame = await client.read()
        assert (frame["t"], frame["code"], frame["id"]) == ("error", "bad_id", bad[:100])
    assert house.board.done == []


async def test_too_many_commands_at_once_are_refused_not_kept(
    port: Port, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = await port.hello()
    house.board.gate = asyncio.Event()
    total = sockets.MAX_COMMANDS + 10
    for number in range(total):
        await client.send(t="do", id=str(number), name="send", data={})
    refused = await client.so_far()
    assert {frame["code"] for frame in refused} == {"busy"}
    house.board.gate.set()
    acks = [await client.read() for _ in range(total - len(refused))]
    assert {frame["t"] for frame in acks} == {"ack"}
    assert len(house.board.done) == len(acks) == sockets.MAX_COMMANDS + 1


MALFORMED = [
    "not json",
    "[]",
    "{}",
    "null",
    '{"t":"dance"}',
    '{"t":"do","id":1,"name":"send"}',
    '{"t":"do","id":"a"}',
    '{"t":"do","id":"a","name":"send","data":[]}',
    '{"t":"do","id":"a","name":"send","extra":1}',
    '{"t":"signal","name":5}',
    '{"t":"hello","token":"11"}',
    '{"t":"do","id":"a","name":"send","data":{"x":' + "[" * 30_000,
]


@pytest.mark.parametrize("text", MALFORMED)
async def test_a_malformed_frame_is_told_and_ends_the_socket(port: Port, house: House, text: str) -> None:
    client, _ = await port.hello()
    await client.socket.send_str(text)
    frame = await client.read()
    assert (frame["t"], frame["code"]) == ("error", "malformed")
    assert "id" not in frame
    assert await client.closed() == 4400
    assert house.board.done == []
    assert house.log.errors() == []


@pytest.mark.parametrize("text", ["hello", "{}", '{"t":"ping"}', '{"t":"hello","cursor":"x"}', '{"t":"hello","more":1}'])
async def test_the_first_frame_has_to_be_a_hello(port: Port, text: str) -> None:
    client = await port.connect()
    await client.socket.send_str(text)
    assert await client.closed() == 4400


async def test_binary_frames_are_malformed(port: Port) -> None:
    client = await port.connect()
    await client.socket.send_bytes(b"{}")
    assert await client.closed() == 4400
    later, _ = await port.hello()
    await later.socket.send_bytes(b"{}")
    assert await later.closed() == 4400


async def test_a_frame_has_a_size(port: Port, house: House) -> None:
    client, _ = await port.hello()
    await client.send(t="do", id="a", name="send", data={"x": "y" * 70_000})
    assert await client.closed() == 1009
    assert house.board.done == []


async def test_who_says_nothing_is_not_waited_for(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "HELLO_WITHIN", 0.01)
    client = await port.connect()
    assert await client.closed() == 4408


@pytest.mark.parametrize(("token", "code", "errors"), [("", 4401, 0), ("busy", 1013, 0), ("fault", 1013, 1)])
async def test_who_cannot_be_let_in_is_sent_away(port: Port, house: House, token: str, code: int, errors: int) -> None:
    client = await port.connect()
    await client.send(t="hello", token=token)
    assert await client.closed() == code
    assert len(house.log.errors()) == errors
    assert house.board.present == []


# -- signals -----------------------------------------------------------------------------------------


async def test_a_signal_goes_to_the_others_and_is_never_replayed(port: Port, house: House) -> None:
    one, _ = await port.hello()
    two, _ = await port.hello(token="11!")
    elsewhere, _ = await port.hello(token=House.BEN)
    await one.send(t="signal", name="typing", data={"on": True})
    assert await two.read() == {"t": "signal", "name": "typing", "data": {"on": True, "by": "11"}}
    assert await one.so_far() == []
    assert await elsewhere.so_far() == []
    late, _ = await port.hello()
    assert await late.so_far() == []


async def test_signals_have_a_rate_and_faults_in_them_are_nobodys_business(port: Port, house: House) -> None:
    one, _ = await port.hello()
    two, _ = await port.hello(token="11!")

    async def burst(number: int) -> list[Any]:
        for count in range(number):
            await one.send(t="signal", name="typing", data={"count": count})
        assert await one.so_far() == []
        return [frame["data"]["count"] for frame in await two.so_far()]

    await house.clock.advance(10)
    assert await burst(20) == [0, 1, 2, 3, 4]
    assert await burst(1) == []
    await house.clock.advance(1)
    assert await burst(20) == [0, 1, 2, 3, 4]
    await house.clock.advance(1)
    await one.send(t="signal", name="crash", data={})
    assert await burst(1) == [0]
