"""What is done is noted many at a time, after it was done: its message is the proof."""

from __future__ import annotations

from hub import Inbound, Sender, Text
from hub.path.reception import SETTLE_AFTER
from hub.store.change import Change
from hub.store.statements import UPDATE, Statement
from hub.testing import EchoBot, FakeChannel, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from tests.databases import both_databases

pytestmark = both_databases

INBOX_AGAIN = Statement("inbox", UPDATE, "UPDATE inbox SET state = ?, payload = ? WHERE id = ?")
"""Makes a row as it was before it was settled."""


async def unsettled(kit: HubKit) -> int:
    """How many rows still have what came in."""
    return int((await kit.rows("SELECT count(*) AS n FROM inbox WHERE state = 0 OR payload IS NOT NULL"))[0]["n"])


async def test_the_payload_goes_as_soon_as_there_is_nothing_to_do(hub_kit: HubKit) -> None:
    visitor = hub_kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    await hub_kit.until(lambda: nothing_unsettled(hub_kit), "the payload to go")


async def nothing_unsettled(kit: HubKit) -> bool:
    """For `HubKit.until`."""
    return not await unsettled(kit)


async def test_it_goes_also_while_there_is_always_something_to_do(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, clock=ManualClock())
    reception = kit.hub.path.reception
    # Somebody whose message is never done.
    reception.in_flight.add(kit.hub.store.ids.next() + 2**40)
    for number in range(SETTLE_AFTER + 1):
        await kit.hub.path.accept("fake", Inbound(f"k{number}", Sender(f"u{number % 9}"), (Text("一"),)))
    await kit.until(lambda: not len(kit.hub.path.lanes), "the lanes to be empty")
    rows = await kit.rows("SELECT count(*) AS n FROM inbox WHERE state = 1 AND payload IS NULL")
    assert rows[0]["n"] >= SETTLE_AFTER - 9


async def test_what_was_done_and_not_noted_before_the_end_is_not_done_again(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, clock=ManualClock())
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    await kit.until(lambda: nothing_unsettled(kit), "the payload to go")
    (row,) = await kit.rows("SELECT id FROM inbox")
    again = Change()
    again.write(INBOX_AGAIN, (0, "{}", row["id"]))
    await kit.hub.store.commit(again)
    assert await unsettled(kit) == 1
    await kit.restart()
    await kit.until(lambda: nothing_unsettled(kit), "the payload to go")
    await visitor.hears_nothing_more()
    assert len(await kit.rows("SELECT id FROM message")) == 2


async def test_what_the_store_did_not_take_is_noted_later(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, clock=ManualClock())
    visitor, post = kit.visitor("fake", "u1"), kit.hub.store.committer.post

    def lose(change: Change) -> None:
        if any(statement.table == "inbox" and not statement.once for statement, _ in change.writes):
            for call in change.failed:
                call()
        else:
            post(change)

    kit.hub.store.committer.post = lose  # type: ignore[method-assign]
    await visitor.says("一")
    await visitor.hears("一")
    await kit.until(lambda: not len(kit.hub.path.lanes), "the lanes to be empty")
    assert await unsettled(kit) == 1
    kit.hub.store.committer.post = post  # type: ignore[method-assign]
    await kit.until(lambda: nothing_unsettled(kit), "the payload to go", turning=1)
