"""Who is who over HTTP: who may ask what, what comes back, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub import Inbound, Sender, StoreUnavailable, Text
from hub_people import People
from tests.desk.kit import CONFIG, House, open_house

KEYS = "[{kind: phone, trust: never, confidence: 0.7}, {kind: crm}]"
PEOPLE = CONFIG + f"  - {{use: ops}}\n  - use: people\n    config: {{keys: {KEYS}}}\n"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, config=PEOPLE, people=People) as house:
        yield house


async def writes(house: House, who: str, **sender: Any) -> tuple[int, int]:
    """A customer writes; their conversation and person."""
    text = f"hello of {who}"
    await house.toy.ctx.accept(Inbound(f"key-{who}", Sender(who, name=who, **sender), (Text(text),)))
    await house.until(lambda: house.hub.people.person_of(("toy", "toy", who)) is not None)
    dossier = await house.hub.people.find(("toy", "toy", who))
    assert dossier is not None
    await house.until(lambda: dossier.conversation is not None)
    assert dossier.conversation is not None
    return dossier.conversation.id, dossier.person.id


async def candidates(house: House, asker: Any, person: int) -> list[dict[str, Any]]:
    """Once nobody is being worked on."""
    path = house.hub.path
    await house.until(lambda: not len(path.lanes) and not path.reception.in_flight)
    people = house.hub.registry.get("people")
    assert isinstance(people, People)
    await people.idle()
    status, told = await asker.get(f"/api/people/{person}")
    assert status == 200
    found: list[dict[str, Any]] = told["candidates"]
    return found


async def test_probably_the_same_is_confirmed_or_rejected_by_one_click_and_undone_by_a_supervisor(house: House) -> None:
    ada, eva = await house.person("ada"), await house.person("eva", "supervisor")
    _, anna = await writes(house, "anna", keys={"phone": "13800138000"})
    _, other = await writes(house, "other", keys={"phone": "+86 138 0013 8000"})
    [question] = await candidates(house, ada, anna)
    assert (question["person"]["id"], question["confidence"]) == (str(other), 0.7)
    confirm = f"/api/people/candidates/{question['id']}/confirm"
    status, told = await ada.post(confirm)
    assert (status, told["person"]) in ((200, str(anna)), (200, str(other)))
    # Who did not hear the answer asks again, and nothing is joined twice.
    assert await ada.post(confirm) == (200, told)
    _, now = await eva.get(f"/api/people/{other}")
    assert {one["external_id"] for one in now["identities"]} >= {"anna", "other"}
    [merge] = now["merges"]
    undo = f"/api/people/merges/{merge['id']}/undo"
    assert (await ada.post(undo))[0] == 403
    status, parted = await eva.post(undo)
    assert (status, {parted["survivor"], parted["merged"]}) == (200, {str(anna), str(other)})
    # Who was parted by hand is no question any more.
    assert await candidates(house, ada, anna) == []
    assert (await ada.post(confirm))[0] == 404
    _, links = await eva.get(f"/api/people/{anna}/links")
    assert {"merged", "unmerged"} <= {link["act"] for link in links["links"]}


async def test_two_agents_who_confirm_at_once_both_hear_who_it_is(house: House) -> None:
    ada, bea = await house.person("ada"), await house.person("bea")
    _, anna = await writes(house, "anna", keys={"phone": "13800138000"})
    await writes(house, "other", keys={"phone": "13800138000"})
    [question] = await candidates(house, ada, anna)
    confirm = f"/api/people/candidates/{question['id']}/confirm"
    answers = await asyncio.gather(*(agent.post(confirm) for agent in (ada, bea, ada, bea)))
    assert {status for status, _ in answers} == {200}, answers
    assert len({told["person"] for _, told in answers}) == 1
    assert await house.hub.store.reader.value("SELECT count(*) FROM people_merge") == 1


async def test_two_agents_who_say_no_at_once_are_both_heard_and_the_question_stays_away(house: House) -> None:
    ada, bea = await house.person("ada"), await house.person("bea")
    _, anna = await writes(house, "anna", keys={"phone": "13800138000"})
    _, other = await writes(house, "other", keys={"phone": "13800138000"})
    [question] = await candidates(house, ada, anna)
    reject = f"/api/people/candidates/{question['id']}/reject"
    answers = await asyncio.gather(*(agent.post(reject) for agent in (ada, bea, ada, bea)))
    assert {status for status, _ in answers} == {200}, answers
    assert await ada.post(reject) == (200, {})
    # Of both it is said once, whatever else makes them alike.
    assert await house.hub.store.reader.value("SELECT count(*) FROM people_link WHERE act = 'rejected'") == 1
    assert await candidates(house, ada, other) == []
    # Whoever says yes then hears that it is no question any more.
    status, told = await ada.post(f"/api/people/candidates/{question['id']}/confirm")
    assert (status, told["error"]["code"]) == (404, "not_found")


async def test_whoever_confirms_keeps_the_customer_and_the_journal_tells_of_both(house: House) -> None:
    ada, bea = await house.person("ada"), await house.person("bea")
    talk, anna = await writes(house, "anna", verified=True, keys={"phone": "13800138000", "crm": "C-7"})
    served, other = await writes(house, "other", keys={"phone": "13800138000"})
    # Both are served, and the other one has been here longer.
    assert (await ada.post(f"/api/conversations/{talk}/take"))[0] == 200
    assert (await bea.post(f"/api/conversations/{served}/take"))[0] == 200
    [question] = await candidates(house, ada, anna)
    confirm = f"/api/people/candidates/{question['id']}/confirm"
    assert await bea.post(confirm) == (200, {"person": str(other)})
    now = await house.hub.reading.conversation(served)
    assert now is not None
    assert (now.status, now.owner_kind) == ("open", "agent")
    # By what each came, and by whom they were joined.
    _, journal = await bea.get(f"/api/people/{anna}/links")
    told = [(line["act"], line["source"], line["actor"], line["person"]) for line in journal["links"]]
    assert told == [("merged", "agent", "bea", str(other)), ("linked", "key:crm", "people", str(anna))]


async def test_a_question_stays_open_where_the_merge_fails(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await house.person("ada")
    _, anna = await writes(house, "anna", keys={"phone": "13800138000"})
    _, other = await writes(house, "other", keys={"phone": "13800138000"})
    [question] = await candidates(house, ada, anna)
    confirm = f"/api/people/candidates/{question['id']}/confirm"

    async def full(group: Any) -> dict[int, int]:
        raise StoreUnavailable("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(house.hub.store.committer._writer, "write", full)
        assert (await ada.post(confirm))[0] == 503
    assert await candidates(house, ada, anna) == [question]
    assert (await ada.post(confirm))[0] == 200
    _, now = await ada.get(f"/api/people/{other}")
    assert now["candidates"] == []


async def test_a_merge_by_hand_answers_the_question(house: House) -> None:
    eva = await house.person("eva", "supervisor")
    _, anna = await writes(house, "anna", keys={"phone": "13800138000"})
    _, other = await writes(house, "other", keys={"phone": "13800138000"})
    [question] = await candidates(house, eva, anna)
    assert (await eva.post(f"/api/people/{anna}/merge", {"other": str(other)}))[0] == 200
    rows = await house.hub.store.reader.all("SELECT state, decided_by FROM people_candidate WHERE id = ?", int(question["id"]))
    assert [(row["state"], row["decided_by"]) for row in rows] == [("confirmed", "eva")]
    _, now = await eva.get(f"/api/people/{anna}")
    await eva.post(f"/api/people/merges/{now['merges'][0]['id']}/undo")
    assert await candidates(house, eva, anna) == []


async def test_who_is_not_signed_in_or_does_not_see_the_customer_learns_nothing(house: House) -> None:
    nobody, back = house.anonymous(), await house.person("bob", "agent", "back")
    conversation, person = await writes(house, "anna")
    for path in (f"/api/people/{person}", f"/api/people/{person}/links", f"/api/people/conversations/{conversation}/legs"):
        assert (await nobody.get(path))[0] == 401
        assert (await back.get(path))[0] == 404
    assert (await back.post(f"/api/people/conversations/{conversation}/claims"))[0] == 404
    assert (await nobody.post(f"/api/people/conversations/{conversation}/claims"))[0] == 401


@pytest.mark.parametrize(
    ("path", "body", "wanted"),
    [
        ("/api/people/17/merge", {"other": "18"}, 404),
        ("/api/people/17/merge", {"other": "x"}, 422),
        ("/api/people/17/merge", {"other": "1", "more": 1}, 422),
        ("/api/people/candidates/17/confirm", {}, 404),
        ("/api/people/conflicts/17", {"choice": "both"}, 422),
        ("/api/people/conflicts/17", {"choice": "keep"}, 404),
        ("/api/people/merges/17/undo", {}, 404),
        ("/api/people/x/erase", {}, 404),
        ("/api/people/17/erase", {"finish": "yes"}, 422),
    ],
)
async def test_what_is_wrong_is_refused_with_a_reason(house: House, path: str, body: Any, wanted: int) -> None:
    eva = await house.person("eva", "supervisor")
    status, told = await eva.post(path, body)
    assert status == wanted, told
    assert told["error"]["message"]
