"""Erasing, looked at from outside: no word of them is in the files of the database, and what was counted is as before."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from hub import Inbound, Sender, SetAttributes, Text
from hub.house import Scene
from hub.records import SYSTEM
from hub.testing import ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_people.merging import Why
from hub_routing import Routing
from tests.hooks.gate import Gate
from tests.people.kit import Customer, people_hub, people_of
from tests.people.test_keys import idle
from tests.people.test_reception import issued

PHONE = "13900139777"
SECRETS = (
    "zzOpenid", "zzQqId", "zzName", "zzOtherName", PHONE, "zzmail@example.com", "zzSaid", "zzAnswered", "zzNote", "zzCity",
    "zzTown", "zzRejected", "zzLetter",
)  # fmt: skip


def words_in(folder: Path) -> set[str]:
    """Which of them stand in the database's files, its log among them."""
    raw = b"".join(file.read_bytes() for file in sorted(folder.glob("hub.db*")))
    return {secret for secret in SECRETS if secret.encode() in raw}


def counts(folder: Path) -> list[list[tuple[object, ...]]]:
    """What statistics read: talks, messages, decisions, and what happened."""
    asked = (
        "SELECT id, status, owner_kind, owner_id, team, opened_at, closed_at, tags FROM conversation ORDER BY id",
        "SELECT id, direction, author_kind, author_id, at, state, data FROM message ORDER BY id",
        "SELECT id, rule, queue, channel, chosen, micros FROM routing_decision ORDER BY id",
        "SELECT id, at, kind, conversation_id FROM event WHERE kind NOT IN ('person.erased', 'deadletter.removed') ORDER BY id",
    )
    with sqlite3.connect(folder / "hub.db") as store:
        found = [store.execute(sql).fetchall() for sql in asked]
    store.close()
    return found


async def test_no_word_of_them_is_in_the_files_and_the_counts_are(make_hub: MakeHub) -> None:
    kit = await people_hub(
        make_hub, use(Gate, "gate"), use(Routing, "routing"), clock=ManualClock(),
        people={"keys": [{"kind": "phone", "trust": "verified"}, {"kind": "email", "trust": "never"}]},
    )  # fmt: skip
    keys = {"phone": PHONE, "email": "zzmail@example.com"}
    one = Customer(kit, "wechat", "zzOpenid", name="zzName", verified=True, keys=keys, attributes={"city": "zzCity"})
    two = Customer(kit, "qq", "zzQqId", name="zzOtherName", keys={"email": "zzmail@example.com"}, attributes={"city": "zzTown"})
    await one.says("zzSaid one")
    await two.says("zzSaid two")
    await idle(kit)
    await issued(kit, one)
    await people_of(kit).register.merge((await one.person()).id, (await two.person()).id, Why("lin", "agent"))
    agent, talk = kit.agent("刘芳"), (await one.conversation()).id
    await agent.takes_over(talk)
    await agent.says("zzAnswered")

    async def note(scene: Scene) -> None:
        scene.say(SYSTEM, (Text("zzNote"),), note=True)
        scene.apply((SetAttributes({"street": "zzNote street"}, tier="gold"),), SYSTEM)

    await kit.hub.path.in_conversation(talk, "lin", note)
    for channel in ("wechat", "qq"):
        kit.world(channel).reject("zzRejected: no such address")
    await agent.says("zzAnswered again")
    await kit.until(lambda: kit.hub.path.dead_total == 1, "an answer that did not arrive", turning=30)
    kit.plugin("gate", Gate).broken = True
    await kit.hub.path.accept("qq", Inbound("a letter", Sender("zzQqId"), (Text("zzLetter"),)))
    await kit.until(lambda: kit.hub.path.dead_total == 2, "a dead letter", turning=30)
    await kit.restart()
    agent = kit.agent("刘芳")
    agent._conversation = talk
    await agent.closes()
    await kit.settled()
    person = (await one.person()).id
    told = words_in(kit.data)
    assert told == set(SECRETS)
    await kit.stop()
    before = await asyncio.to_thread(counts, kit.data)
    assert all(before)
    await kit.restart()
    await people_of(kit).erasing.erase(person, "sun")
    # A hub that stops folds the log into the file, where what was deleted has been overwritten.
    await kit.stop()
    assert words_in(kit.data) == set()
    assert await asyncio.to_thread(counts, kit.data) == before
