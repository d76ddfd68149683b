"""Streams: nothing is missing, nothing is doubled, the order is the log's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.errors import Refused
from hub_realtime import Party, protocol, sockets
from tests.web_core.realtime_kit import Client, House, Port


def whats(frames: list[dict[str, Any]]) -> list[Any]:
    return [frame["data"]["what"] for frame in frames if frame["t"] == "event"]


def check_chain(frames: list[dict[str, Any]], cursor: int) -> None:
    """Each event names the one before it."""
    for frame in frames:
        if frame["t"] == "event":
            assert frame["prev"] == cursor
            assert frame["seq"] > cursor
            cursor = frame["seq"]


async def test_a_first_visit_gets_the_present_state_and_its_place_in_the_log(port: Port, house: House) -> None:
    position = await house.happens("before")
    client, welcome = await port.hello(locale="en")
    assert welcome["cursor"] == position
    assert welcome["now"] == int(house.clock.now() * 1000)
    assert welcome["snapshot"] == {"for": "11", "locale": "en"}
    await house.happens("after")
    frame = await client.read()
    assert frame == {
        "t": "event",
        "seq": position + 1,
        "prev": position,
        "kind": "note",
        "at": 1000,
        "data": {"what": "after", "name": "Ada"},
    }


async def test_who_comes_back_gets_what_was_missed_and_no_snapshot(port: Port, house: House) -> None:
    cursor = await house.happens("seen")
    await house.happens("one", "two")
    await house.happens("not yours", person=House.BEN)
    await house.happens("three")
    client, welcome = await port.hello(cursor=cursor)
    assert welcome == {"t": "welcome", "cursor": cursor, "now": welcome["now"], "snapshot": None}
    await house.happens("four")
    frames = [await client.read() for _ in range(4)]
    assert whats(frames) == ["one", "two", "three", "four"]
    check_chain(frames, cursor)
    assert await client.so_far() == []


async def test_a_cursor_at_the_end_gets_nothing(port: Port, house: House) -> None:
    cursor = await house.happens("seen")
    client, welcome = await port.hello(cursor=cursor)
    assert (welcome["cursor"], welcome["snapshot"]) == (cursor, None)
    assert await client.so_far() == []


async def test_exactly_500_missed_events_are_replayed(port: Port, house: House) -> None:
    cursor = await house.happens("seen")
    await house.happens(*range(500))
    client, welcome = await port.hello(cursor=cursor)
    assert welcome["snapshot"] is None
    frames = [await client.read() for _ in range(500)]
    assert whats(frames) == list(range(500))
    check_chain(frames, cursor)


@pytest.mark.parametrize("kind", ["too many missed", "from the future", "negative"])
async def test_a_cursor_one_cannot_go_on_from_gets_the_snapshot(port: Port, house: House, kind: str) -> None:
    cursor = await house.happens("seen")
    if kind == "too many missed":
        await house.happens(*range(501))
    else:
        cursor = cursor + 1000 if kind == "from the future" else -1
    client, welcome = await port.hello(cursor=cursor)
    assert welcome["cursor"] == house.store.committer.position
    assert welcome["snapshot"] is not None
    assert await client.so_far() == []


async def test_what_happens_during_the_replay_comes_once_and_in_order(port: Port, house: House) -> None:
    cursor = await house.happens("seen")
    await house.happens("missed")
    house.board.gate = asyncio.Event()
    client = await port.connect()
    await client.send(t="hello", token="11", cursor=cursor)
    await house.board.reads.wait()
    # The past has been read and is not told yet.
    await house.happens("meanwhile 1", "meanwhile 2")
    house.board.gate.set()
    assert (await client.read())["t"] == "welcome"
    await house.happens("after")
    frames = [await client.read() for _ in range(4)]
    assert whats(frames) == ["missed", "meanwhile 1", "meanwhile 2", "after"]
    check_chain(frames, cursor)


async def test_many_pages_come_and_go_while_much_happens(port: Port, house: House) -> None:
    cursor = await house.happens("seen")

    async def happen() -> None:
        for number in range(100):
            await house.happens(number, person=House.BEN if number % 5 == 0 else House.ADA)

    async def page() -> None:
        wanted = [number for number in range(100) if number % 5]
        at = cursor
        seen: list[int] = []
        while len(seen) < len(wanted):
            client, _ = await port.hello(cursor=at)
            for _ in range(min(7, len(wanted) - len(seen))):
                frame = await client.read()
                assert frame["prev"] == at
                at = frame["seq"]
                seen.append(frame["data"]["what"])
            await client.socket.close()
        assert seen == wanted

    await asyncio.gather(happen(), page(), page(), page())


async def test_events_not_meant_for_a_party_leave_no_gap_in_its_chain(port: Port, house: House) -> None:
    cursor = await house.happens("seen")
    await house.happens("past secret", kind="secret")
    plain, _ = await port.hello(cursor=cursor)
    trusted, _ = await port.hello(token="11!", cursor=cursor)
    await house.happens("secret", kind="secret")
    await house.happens("hidden", kind="hidden")
    await house.happens("open")
    for_all = [await plain.read()]
    for_trusted = [await trusted.read() for _ in range(3)]
    assert whats(for_all) == ["open"]
    assert whats(for_trusted) == ["past secret", "secret", "open"]
    check_chain(for_all, cursor)
    check_chain(for_trusted, cursor)


async def test_a_fault_in_rendering_stops_nobody(port: Port, house: House) -> None:
    client, _ = await port.hello()
    await house.happens("bad", kind="broken")
    await house.happens("good")
    assert whats([await client.read()]) == ["good"]
    assert house.log.errors() == ["an event could not be shown"]


async def test_nothing_is_kept_for_nobody(port: Port, house: House) -> None:
    await house.happens("unseen")
    assert not house.realtime._queue
    client, _ = await port.hello()
    assert house.realtime.sockets == 1
    assert house.board.present == ["11"]
    await client.socket.close()
    await until(lambda: house.realtime.sockets == 0 and not house.board.present)
    await house.happens("unseen")
    assert not house.realtime._queue
    assert not house.realtime._topics
    assert not house.realtime._endpoints


async def until(true: Any) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0)


async def test_a_reader_that_never_reads_is_cut_off_and_harms_nobody(
    port: Port, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "LAST_WORD", 0.1)
    monkeypatch.setattr(protocol, "MAX_QUEUED", 50)
    stuck, _ = await port.hello()
    # Taken off the loop: nothing that arrives is read any more.
    transport = stuck.socket._response.connection.transport  # type: ignore[union-attr]
    transport.pause_reading()  # type: ignore[union-attr]
    other, welcome = await port.hello(token=House.BEN)
    big = "x" * 60_000
    for _ in range(200):
        await house.happens("much", person=House.ADA, big=big)
        if house.counters["slow_readers"]:
            break
    await until(lambda: house.realtime.sockets == 1)
    assert house.counters["slow_readers"] == 1
    await house.happens("still there", person=House.BEN)
    frame = await other.read()
    assert (frame["prev"], whats([frame])) == (welcome["cursor"], ["still there"])


async def test_a_reader_that_is_merely_slow_hears_why(port: Port, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_QUEUED", 3)
    client, _ = await port.hello()
    # More in one commit than may wait: the publisher queues them without a turn for the writer.
    await house.happens(*range(10))
    assert await client.closed() == 1013
    await until(lambda: house.realtime.sockets == 0)
    assert house.counters["slow_readers"] == 1


# -- the same events by long polling ---------------------------------------------------------------


def party(house: House) -> Party:
    return Party("11", ("board", House.ADA))


async def test_a_poll_gets_at_once_what_is_there(port: Port, house: House) -> None:
    cursor = await house.happens("seen")
    await house.happens("one", "two")
    frames = await house.realtime.poll(house.board, party(house), cursor, 30)
    assert whats(frames) == ["one", "two"]
    check_chain(frames, cursor)


async def test_a_poll_waits_for_the_next_event_and_signals_do_not_wake_it(port: Port, house: House) -> None:
    cursor = await house.happens("seen")
    polling = asyncio.create_task(house.realtime.poll(house.board, party(house), cursor, 30))
    await until(lambda: list(house.realtime.parties(("board", House.ADA))))
    await house.board.reads.wait()
    house.realtime.signal(("board", House.ADA), "typing", {})
    await house.happens("not yours", person=House.BEN)
    await house.happens("yours")
    frames = await polling
    assert whats(frames) == ["yours"]
    check_chain(frames, cursor)
    assert not house.realtime._topics


async def test_a_poll_ends_empty_when_nothing_happens(port: Port, house: House) -> None:
    cursor = await house.happens("seen")
    assert await house.realtime.poll(house.board, party(house), cursor, 0.01) == []
    assert await house.realtime.poll(house.board, party(house), cursor, 0) == []


async def test_a_poll_with_a_cursor_too_old_is_told_so(port: Port, house: House) -> None:
    await house.happens(*range(501))
    with pytest.raises(Refused) as caught:
        await house.realtime.poll(house.board, party(house), 0, 30)
    assert (caught.value.status, caught.value.code) == (409, "too_old")
    assert not house.realtime._topics


async def test_the_end_of_the_hub_sends_everybody_away(port: Port, house: House) -> None:
    clients: list[Client] = [(await port.hello())[0], (await port.hello(token=House.BEN))[0]]
    silent = await port.connect()
    await until(lambda: house.realtime.sockets == 3)
    ends = asyncio.gather(*(client.closed() for client in [*clients, silent]))
    await house.realtime.end()
    assert await ends == [1012, 1012, 1012]
    late = await port.connect()
    await late.send(t="hello", token="11")
    assert await late.closed() == 1012
