"""Erasing somebody: nothing of what they said, who they were and where they are is left; that there was a conversation stays."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hub import Refused
from hub.testing import HubKit
from hub.testing.fixtures import MakeHub
from hub_cli import main
from tests.databases import both_databases
from tests.people.kit import Customer, people_hub, people_of
from tests.people.test_reception import issued, served

SECRETS = ("李雷", "13800138000", "lei@example", "我的地址是人民路 8 号", "oLiLei-wechat", "+8613800138000")
COUNTED = "SELECT id, opened_at, closed_at, owner_kind, owner_id, team, tags, status FROM conversation ORDER BY id"
SPOKEN = "SELECT id, conversation_id, leg_id, direction, author_kind, at, state FROM message ORDER BY id"


async def talked(kit: HubKit) -> int:
    """Somebody on two channels, joined by a claim, served and ended; their id."""
    caller = Customer(kit, "phone", "+8613800138000", name="李雷", keys={"phone": "13800138000"}, verified=True)
    await caller.says("我的地址是人民路 8 号")
    agent = await served(kit, caller)
    code = (await issued(kit, caller)).code
    other = Customer(kit, "wechat", "oLiLei-wechat", name="李雷", attributes={"email": "lei@example.com"})
    await other.says(code)
    await kit.settled()
    await agent.closes("rückruf", "破损")
    await kit.settled()
    return (await caller.person()).id


async def everything(kit: HubKit) -> str:
    """All rows of all tables, as text."""
    tables = [row["name"] for row in await kit.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = [await kit.rows(f'SELECT * FROM "{table}"') for table in tables]
    return json.dumps(found, ensure_ascii=False, default=str)


async def test_nothing_personal_is_left_and_statistics_are_as_before(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    person = await talked(kit)
    before = await everything(kit)
    assert [secret for secret in SECRETS if secret not in before] == []
    counted, spoken = await kit.rows(COUNTED), await kit.rows(SPOKEN)
    done = await people_of(kit).erasing.erase(person, "eva")
    # Telephone, WeChat, and the number as a key.
    assert (done.person, done.identities) == (person, 3)
    assert done.messages > 0
    after = await everything(kit)
    assert [secret for secret in SECRETS if secret in after] == []
    assert await kit.rows(COUNTED) == counted
    assert await kit.rows(SPOKEN) == spoken
    told = await kit.rows("SELECT person_id, data FROM event WHERE kind = 'person.erased'")
    assert [(row["person_id"], json.loads(row["data"])) for row in told] == [(person, {"by": "eva"})]
    # The journal says who did it, and nothing else of them.
    [line] = await kit.rows("SELECT act, actor FROM people_link WHERE person_id = ?", person)
    assert line == {"act": "erased", "actor": "eva"}


@both_databases
async def test_it_may_be_done_twice_and_the_customer_comes_back_as_a_stranger(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    person = await talked(kit)
    await people_of(kit).erasing.erase(person, "eva")
    again = await people_of(kit).erasing.erase(person, "eva")
    assert (again.messages, again.identities, again.files) == (0, 0, 0)
    assert len(await kit.rows("SELECT id FROM event WHERE kind = 'person.erased'")) == 1
    back = Customer(kit, "phone", "+8613800138000", keys={"phone": "13800138000"}, verified=True)
    await back.says("喂")
    assert (await back.person()).id != person


async def test_an_open_conversation_keeps_a_customer_until_it_is_to_be_ended(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller = Customer(kit, "phone", "c", name="李雷")
    await caller.says("喂")
    person = (await caller.person()).id
    with pytest.raises(Refused) as refused:
        await people_of(kit).erasing.erase(person, "eva")
    assert refused.value.code == "open_conversation"
    assert (await caller.person()).name == "李雷"
    conversation = (await caller.conversation()).id
    await people_of(kit).erasing.erase(person, "eva", finish=True)
    now = await kit.hub.reading.conversation(conversation)
    assert now is not None
    assert now.status == "closed"
    with pytest.raises(Refused) as missing:
        await people_of(kit).erasing.erase(17, "eva")
    assert missing.value.code == "not_found"


async def test_the_command_erases_while_no_hub_runs(make_hub: MakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    kit = await people_hub(make_hub)
    person = await talked(kit)
    await kit.stop()
    folder: Path = kit.data

    def erase(id: int) -> int:
        return main(["people", "erase", str(id), "--data", str(folder), "--locale", "en"])

    assert await asyncio.to_thread(erase, person) == 0
    assert "3 identities" in capsys.readouterr().out
    assert await asyncio.to_thread(erase, 17) == 1
    assert "There is no such thing" in capsys.readouterr().err
