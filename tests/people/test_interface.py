"""Who is who over HTTP: who may ask what, what comes back, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub import Inbound, Sender, Text
from hub_people import People
from tests.desk.kit import CONFIG, House, open_house

PEOPLE = CONFIG + "  - {use: ops}\n  - use: people\n    config: {keys: [{kind: phone, trust: never, confidence: 0.7}]}\n"


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
    """Once there are some."""
    people = house.hub.registry.get("people")
    assert isinstance(people, People)
    await people.idle()
    status, told = await asker.get(f"/api/people/{person}")
    assert status == 200
    found: list[dict[str, Any]] = told["candidates"]
    return found


async def test_an_agent_issues_a_claim_and_looks_at_legs(house: House) -> None:
    ada = await house.person("ada")
    conversation, person = await writes(house, "anna")
    status, offer = await ada.post(f"/api/people/conversations/{conversation}/claims")
    assert status == 200
    assert (len(offer["code"]), offer["code"].isdecimal(), offer["invitations"]) == (4, True, [])
    assert offer["qr"].startswith("data:image/svg+xml")
    page = await ada.ask("GET", offer["link"].removeprefix(house.url))
    assert page[0] == 200
    status, told = await ada.get(f"/api/people/conversations/{conversation}/claims")
    assert (status, len(told["claims"])) == (200, 1)
    assert offer["code"] not in str(told), "it cannot be read again"
    status, told = await ada.get(f"/api/people/conversations/{conversation}/legs")
    assert (status, [leg["channel"] for leg in told["legs"]]) == (200, ["toy"])
    status, told = await ada.get(f"/api/people/{person}")
    assert (status, told["person"]["name"], len(told["identities"])) == (200, "anna", 1)


async def test_probably_the_same_is_confirmed_or_rejected_by_one_click_and_undone_by_a_supervisor(house: House) -> None:
    ada, eva = await house.person("ada"), await house.person("eva", "supervisor")
    _, anna = await writes(house, "anna", keys={"phone": "13800138000"})
    _, other = await writes(house, "other", keys={"phone": "+86 138 0013 8000"})
    [question] = await candidates(house, ada, anna)
    assert (question["person"]["id"], question["confidence"]) == (str(other), 0.7)
    status, told = await ada.post(f"/api/people/candidates/{question['id']}/confirm")
    assert (status, told["person"]) in ((200, str(anna)), (200, str(other)))
    _, now = await eva.get(f"/api/people/{other}")
    assert {one["external_id"] for one in now["identities"]} >= {"anna", "other"}
    [merge] = now["merges"]
    undo = f"/api/people/merges/{merge['id']}/undo"
    assert (await ada.post(undo))[0] == 403
    status, parted = await eva.post(undo)
    assert (status, {parted["survivor"], parted["merged"]}) == (200, {str(anna), str(other)})
    # Who was parted by hand is no question any more.
    assert await candidates(house, ada, anna) == []
    _, links = await eva.get(f"/api/people/{anna}/links")
    assert {"merged", "unmerged"} <= {link["act"] for link in links["links"]}


async def test_contradictions_are_kept_until_somebody_decides(house: House) -> None:
    eva = await house.person("eva", "supervisor")
    _, anna = await writes(house, "anna", attributes={"city": "Wien"})
    _, other = await writes(house, "hanna", attributes={"city": "Graz"})
    status, told = await eva.post(f"/api/people/{anna}/merge", {"other": str(other)})
    assert status == 200
    _, now = await eva.get(f"/api/people/{told['person']}")
    by_field = {one["field"]: one for one in now["conflicts"]}
    assert len(by_field) == 2, by_field
    for one in by_field.values():
        status, _ = await eva.post(f"/api/people/conflicts/{one['id']}", {"choice": "take"})
        assert status == 200
        assert (await eva.post(f"/api/people/conflicts/{one['id']}", {"choice": "keep"}))[0] == 409
    _, after = await eva.get(f"/api/people/{told['person']}")
    assert after["conflicts"] == []
    assert after["person"]["name"] == by_field["name"]["other"]


async def test_erasing_is_for_supervisors_and_names_what_there_was(house: House) -> None:
    ada, eva = await house.person("ada"), await house.person("eva", "supervisor")
    _, anna = await writes(house, "anna")
    erase = f"/api/people/{anna}/erase"
    assert (await ada.post(erase))[0] == 403
    status, refused = await eva.post(erase)
    assert (status, refused["error"]["code"]) == (409, "open_conversation")
    status, told = await eva.post(erase, {"finish": True})
    assert (status, told["erased"]["person"], told["erased"]["identities"]) == (200, str(anna), 1)


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
