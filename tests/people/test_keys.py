"""Keys: their spellings, whose word counts, in which order, and what is only probable."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub import Sender
from hub.testing import HubKit
from hub.testing.fixtures import MakeHub
from hub_people import People, PeopleConfig
from hub_people.keys import normal
from hub_people.merging import Why
from tests.databases import both_databases
from tests.people.kit import Customer, history, people_hub, people_of

UNIONID = {"kind": "unionid", "trust": "always"}
PHONE = {"kind": "phone", "trust": "verified"}


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        ("phone", "138 0013 8000", "+8613800138000"),
        ("phone", "０086-13800138000", "+8613800138000"),
        ("phone", "+44 20 7946 0958", "+442079460958"),
        ("phone", "+55 11 96123-4567", "+5511961234567"),
        ("phone", "010-62550000", "+861062550000"),
        ("phone", "010-62550000 ext. 12", ""),
        ("phone", "12345", ""),
        ("phone", "请打给我", ""),
        ("email", " Lin.Fang@Example.COM ", "lin.fang@example.com"),
        ("email", "lin@例子.中国", "lin@xn--fsqu00a.xn--fiqs8s"),
        ("email", "lin@localhost", ""),
        ("email", "no address", ""),
        ("exact", " oAbC ", "oAbC"),
        ("folded", "ＡbC-7", "abc-7"),
        ("exact", "a\0b", ""),
        ("exact", "x" * 301, ""),
    ],
)
def test_one_spelling(form: Any, value: str, expected: str) -> None:
    assert normal(form, value, "CN") == expected


def test_a_number_without_country_code_needs_a_country() -> None:
    assert normal("phone", "13800138000", "") == ""
    assert normal("phone", "13800138000", "CN") == "+8613800138000"


@given(value=st.text(max_size=40))
@pytest.mark.parametrize("form", ["phone", "email", "exact", "folded"])
def test_the_normal_spelling_is_its_own(form: Any, value: str) -> None:
    once = normal(form, value, "CN")
    assert normal(form, once, "CN") == once


def test_wrong_policies_are_refused() -> None:
    wrong_keys = ([{"kind": "Phone"}], [{**PHONE, "trust": "maybe"}], [{**PHONE, "form": "e164"}])
    for wrong in ({"country": "China"}, *({"keys": keys} for keys in wrong_keys)):
        with pytest.raises(ValidationError):
            PeopleConfig.model_validate(wrong)


async def same(kit: HubKit, *customers: Customer) -> bool:
    return len({(await one.person()).id for one in customers}) == 1


async def idle(kit: HubKit) -> None:
    """Until nobody is left to be joined."""
    await kit.settled()
    await people_of(kit).idle()
    await kit.settled()


@both_databases
async def test_a_trusted_key_recognises_a_stranger_and_the_link_is_in_the_journal(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"keys": [UNIONID, PHONE]})
    one = Customer(kit, "wechat", "o1", keys={"unionid": "U"})
    other = Customer(kit, "qq", "q1", keys={"unionid": "U"})
    await one.says("一")
    await idle(kit)
    await other.says("二")
    await idle(kit)
    assert await same(kit, one, other)
    person = await one.person()
    key = await kit.hub.reading.identity("unionid", "", "U")
    assert key is not None
    assert (key.person_id, key.source) == (person.id, "people")
    rows = await kit.rows("SELECT * FROM people_link WHERE person_id = ? ORDER BY id", person.id)
    told = [(row["act"], row["source"], row["confidence"], row["actor"]) for row in rows]
    assert told == 2 * [("linked", "key:unionid", 1, "people")]
    recognised = await kit.hub.reading.identity(*other.place)
    assert recognised is not None
    assert [row["identity_id"] for row in rows] == [key.id, recognised.id]
    assert all(row["at"] > 0 for row in rows)
    assert "unionid" not in person.attributes


async def test_a_known_customer_who_brings_a_trusted_key_is_joined(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"keys": [PHONE]})
    caller, chat = Customer(kit, "phone", "c", verified=True, keys={"phone": "13800138000"}), Customer(kit, "qq", "q")
    await caller.says("喂")
    await chat.says("在吗")
    await idle(kit)
    assert not await same(kit, caller, chat)
    await chat.says("我的电话", verified=True, keys={"phone": "+86 138-0013-8000"})
    await idle(kit)
    assert await same(kit, caller, chat)
    assert await history(kit, (await chat.person()).id) == ["喂", "在吗", "我的电话"]


async def test_an_untrusted_key_only_asks(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"keys": [{**PHONE, "confidence": 0.6}]})
    caller, chat = Customer(kit, "phone", "c", verified=True, keys={"phone": "13800138000"}), Customer(kit, "qq", "q")
    await caller.says("喂")
    await idle(kit)
    await chat.says("我说我是他", keys={"phone": "13800138000"})
    await idle(kit)
    assert not await same(kit, caller, chat)
    candidates = people_of(kit).candidates
    found = await candidates.of((await chat.person()).id)
    assert [(one["person"], one["why"], one["confidence"]) for one in found] == [(str((await caller.person()).id), "phone", 0.6)]
    await candidates.reject(int(found[0]["id"]), "lin")
    assert await candidates.of((await caller.person()).id) == []
    # Nobody is asked twice.
    await chat.says("真的", keys={"phone": "138 0013 8000"})
    await kit.restart()
    await chat.says("再说一次", keys={"phone": "138 0013 8000"})
    await idle(kit)
    assert await people_of(kit).candidates.of((await caller.person()).id) == []


async def test_only_named_channels_are_believed(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"keys": [{**UNIONID, "from": ["wechat"]}]})
    one, two = (Customer(kit, name, "x", keys={"unionid": "U"}) for name in ("wechat", "qq"))
    await one.says("一")
    await idle(kit)
    await two.says("二")
    await idle(kit)
    assert not await same(kit, one, two)
    assert len(await people_of(kit).candidates.of((await one.person()).id)) == 1


async def test_the_weightier_key_decides_where_keys_contradict_each_other(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"keys": [UNIONID, PHONE]})
    mother = Customer(kit, "wechat", "m", verified=True, keys={"unionid": "UM", "phone": "13800138000"})
    child = Customer(kit, "wechat", "k", verified=True, keys={"unionid": "UK", "phone": "13800138000"})
    await mother.says("一")
    await idle(kit)
    await child.says("二")
    await idle(kit)
    # One telephone, two people on WeChat: no merge, a question.
    assert not await same(kit, mother, child)
    assert [one["why"] for one in await people_of(kit).candidates.of((await child.person()).id)] == ["phone"]


async def test_who_was_parted_is_not_joined_again_by_the_same_key(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"keys": [PHONE]})
    caller = Customer(kit, "phone", "c", verified=True, keys={"phone": "13800138000"})
    chat = Customer(kit, "qq", "q", verified=True)
    await caller.says("喂")
    await chat.says("在吗")
    await idle(kit)
    await chat.says("电话", keys={"phone": "13800138000"})
    await idle(kit)
    assert await same(kit, caller, chat)
    record = (await kit.rows("SELECT max(id) AS id FROM people_merge"))[0]["id"]
    await people_of(kit).register.unmerge(record, "sun")
    await kit.restart()
    await chat.says("又来了", keys={"phone": "13800138000"})
    await idle(kit)
    assert not await same(kit, caller, chat)


async def test_whoever_was_recognised_by_a_key_goes_where_the_key_goes(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"keys": [UNIONID]})
    one, two = Customer(kit, "phone", "c"), Customer(kit, "wechat", "w", keys={"unionid": "U"})
    await one.says("一")
    await two.says("二")
    await idle(kit)
    register = people_of(kit).register
    await register.merge((await one.person()).id, (await two.person()).id, Why("lin", "agent"))
    late = Customer(kit, "qq", "q", keys={"unionid": "U"})
    await late.says("三")
    await idle(kit)
    assert await same(kit, one, two, late)
    record = (await kit.rows("SELECT max(id) AS id FROM people_merge"))[0]["id"]
    await register.unmerge(record, "sun")
    assert await same(kit, two, late)
    assert not await same(kit, one, two)
    assert await history(kit, (await late.person()).id) == ["二", "三"]
    assert await history(kit, (await one.person()).id) == ["一"]
    await late.says("四")
    assert (await late.conversation()).person_id == (await two.person()).id


async def test_a_line_of_the_journal_lost_by_a_crash_is_written_at_the_start_and_once(
    make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = await people_hub(make_hub, people={"keys": [UNIONID]})
    one, two = (Customer(kit, name, "x", keys={"unionid": "U"}) for name in ("wechat", "qq"))
    await one.says("一")
    await idle(kit)
    with monkeypatch.context() as stopped:
        stopped.setattr(People, "_soon", lambda self, job: None)
        await two.says("二")
        await kit.stop()
    for _ in range(2):
        await kit.restart()
        await idle(kit)
    identity = await kit.hub.reading.identity(*two.place)
    assert identity is not None
    rows = await kit.rows("SELECT act, source, at FROM people_link WHERE identity_id = ?", identity.id)
    assert rows == [{"act": "linked", "source": "key:unionid", "at": identity.linked_at}]


async def test_keys_left_over_by_a_crash_are_linked_at_the_start(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"keys": [UNIONID]})
    one = Customer(kit, "wechat", "w")
    await one.says("一")
    identity = await kit.hub.reading.identity(*one.place)
    assert identity is not None
    await people_of(kit).linking.keep(identity, Sender("w", keys={"unionid": "U"}), "wechat")
    await kit.restart()
    await idle(kit)
    assert await kit.hub.reading.identity("unionid", "", "U") is not None
