"""Erasing somebody: nothing of them is left, and all numbers are as before."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from hub import Identity, Image, Person, Plugin, PluginConfig, Refused, SetAttributes, hookimpl
from hub.house import Scene
from hub.records import SYSTEM
from hub.testing import HubKit, use
from hub.testing.fixtures import MakeHub
from hub_cli.command_line import main
from hub_media import Media
from hub_people.merging import Why
from tests.databases import both_databases
from tests.people.kit import Customer, people_hub, people_of
from tests.people.test_keys import idle

SECRETS = ("小雨", "13800138000", "oSecret", "qSecret", "我住在幸福路", "好的小雨", "黄金")
TABLES = ("person", "identity", "conversation", "leg", "message", "inbox", "outbox", "event", "datum", "timer")
PEOPLE = ("link", "key", "candidate", "merge", "conflict", "claim", "guess", "waste", "erasure", "duty")
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes.fromhex(
    "0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


async def counted(kit: HubKit) -> list[dict[str, Any]]:
    """What statistics stand on."""
    return await kit.rows(
        "SELECT conversation.id, status, owner_kind, owner_id, team, opened_at, closed_at, tags, direction, author_kind,"
        " author_id, at"
        " FROM conversation JOIN message ON message.conversation_id = conversation.id ORDER BY conversation.id, message.id"
    )


async def everything(kit: HubKit) -> str:
    tables = (*TABLES, *(f"people_{name}" for name in PEOPLE), "media_attachment")
    return str([await kit.rows(f"SELECT * FROM {table}") for table in tables])


async def known(make_hub: MakeHub, **more: Any) -> tuple[HubKit, Customer, Customer, str]:
    """Somebody on two channels, with a picture, a journal, and an agent's answers; closed."""
    kit = await people_hub(make_hub, use(Media, "media"), **more)
    one = Customer(kit, "wechat", "oSecret", name="小雨", verified=True, keys={"phone": "13800138000"})
    two = Customer(kit, "qq", "qSecret", name="小雨她")

    async def chunks() -> Any:
        yield PICTURE

    media = kit.plugin("media", Media)
    kept = await media.keep(chunks(), owner="wechat/oSecret", name="小雨.png", max_bytes=10_000, types=["image/png"])
    await one.says("我住在幸福路", Image(kept.id))
    await two.says("在吗")
    await idle(kit)
    agent = kit.agent("刘芳")
    person = await people_of(kit).register.merge((await one.person()).id, (await two.person()).id, Why("lin", "agent"))
    await agent.takes_over((await one.conversation()).id)
    await agent.says("好的小雨")

    async def note(scene: Scene) -> None:
        scene.apply((SetAttributes({"等级": "黄金"}, tier="gold"),), SYSTEM)

    await kit.hub.path.in_conversation((await one.conversation()).id, "lin", note)
    await kit.settled()
    assert person == (await one.person()).id
    return kit, one, two, kept.id


@both_databases
async def test_nothing_of_them_is_left_and_the_numbers_are(make_hub: MakeHub) -> None:
    kit, one, _, file = await known(make_hub)
    agent = kit.agent("刘芳")
    agent._conversation = (await one.conversation()).id
    await agent.closes("破损")
    await idle(kit)
    before, person = await counted(kit), (await one.person()).id
    told = await everything(kit)
    assert all(secret in told for secret in SECRETS)
    done = await people_of(kit).erasing.erase(person, "sun")
    # WeChat, QQ and the telephone number they are known by.
    assert (done.identities, done.files) == (3, 1)
    assert done.messages >= 3
    left = await everything(kit)
    assert [secret for secret in SECRETS if secret in left] == []
    assert await counted(kit) == before
    assert await kit.plugin("media", Media).get(file) is None
    assert not (kit.data / "media" / file).exists()
    erased = await kit.rows("SELECT actor, person_id FROM people_link WHERE act = 'erased'")
    assert erased == [{"actor": "sun", "person_id": person}]
    # Once more does nothing, and says so.
    again = await people_of(kit).erasing.erase(person, "sun")
    assert (again.messages, again.identities, again.files) == (0, 0, 0)
    assert len(await kit.rows("SELECT id FROM event WHERE kind = 'person.erased'")) == 1
    # Whoever writes with the same id is somebody new.
    await one.says("您好")
    assert (await one.person()).id != person
    merge = (await kit.rows("SELECT id FROM people_merge"))[0]["id"]
    with pytest.raises(Refused, match="已被删除"):
        await people_of(kit).register.unmerge(merge, "sun")


async def test_an_open_conversation_is_refused_or_finished(make_hub: MakeHub) -> None:
    kit, one, _, _ = await known(make_hub)
    person = (await one.person()).id
    with pytest.raises(Refused) as refusal:
        await people_of(kit).erasing.erase(person, "sun")
    assert (refusal.value.status, refusal.value.code) == (409, "open_conversation")
    assert (await one.person()).name == "小雨"
    await people_of(kit).erasing.erase(person, "sun", finish=True)
    stored = await kit.hub.reading.latest_conversation(person)
    assert stored is not None
    assert stored.status == "closed"
    assert await kit.hub.reading.identities(person) == []
    with pytest.raises(Refused) as refusal:
        await people_of(kit).erasing.erase(17, "sun")
    assert refusal.value.status == 404


class Elsewhere(Plugin[PluginConfig]):
    """Keeps things about people, too."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.told: list[tuple[int, str, list[str]]] = []

    @hookimpl
    async def person_erased(self, person: Person, identities: list[Identity]) -> None:
        self.told.append((person.id, person.name, sorted(identity.external_id for identity in identities)))


async def test_other_plugins_hear_whom_to_forget(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, use(Elsewhere, "elsewhere"))
    one, two = Customer(kit, "wechat", "w", name="小雨"), Customer(kit, "qq", "q", name="小雨她")
    await one.says("你好")
    await two.says("在吗")
    people = {(await one.person()).id, (await two.person()).id}
    survivor = await people_of(kit).register.merge(*people, Why("lin", "agent"))
    done = await people_of(kit).erasing.erase(survivor, "sun", finish=True)
    # By all ids they ever had, and without the name that is gone.
    expected = [(person, "已删除的客户", ["q", "w"]) for person in (survivor, *(people - {survivor}))]
    assert kit.plugin("elsewhere", Elsewhere).told == expected
    assert done.waiting == ()
    assert await kit.rows("SELECT * FROM people_erasure") == await kit.rows("SELECT * FROM people_duty") == []


async def test_the_command_line_erases_and_files_go_with_the_next_start(
    make_hub: MakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kit, one, _, file = await known(make_hub)
    person, bytes_of = (await one.person()).id, kit.data / "media" / file
    await kit.stop()
    document = tmp_path / "hub.yaml"
    document.write_text("plugins: [{use: people}, {use: media}]\n", "utf-8")
    words = ["people", "erase", str(person), "--finish", "--data", str(kit.data), "--config", str(document), "--locale", "en"]
    assert await asyncio.to_thread(main, words) == 0
    assert "3 identities, 1 files" in capsys.readouterr().out
    with sqlite3.connect(kit.data / "hub.db") as store:
        assert store.execute("SELECT name, attributes FROM person WHERE id = ?", (person,)).fetchone()[1] == "{}"
    assert bytes_of.exists()
    await kit.restart()
    await kit.until(lambda: not bytes_of.exists(), "the file is gone")
