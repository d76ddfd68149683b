"""What pages of those who serve ask about who is who, and who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub import Allowance, Inbound, Leg, Sender, Text
from hub_ops import Ops
from hub_people import People
from hub_people.merging import Why
from tests.desk.kit import House, Person, Toy, open_house

CONFIG = """
hub: {locale: en, public_url: "https://desk.example"}
teams:
  - {id: front, name: {zh-CN: 前台, en: Front desk}}
  - {id: back, name: {zh-CN: 后台, en: Back office}}
service: {first_owner: queue}
people: {}
plugins:
  - {use: toy, required: true}
  - {use: limited, required: true}
  - {use: desk, required: true}
  - {use: media, required: true}
  - {use: ops}
"""


class Limited(Toy):
    """Takes only so many answers."""

    platform = "limited"
    title = "Limited"
    left = 5

    async def allowance(self, leg: Leg) -> Allowance:
        return Allowance(self.left, leg.last_inbound_at + 1_000_000, "message")

    async def invitation(self, scene: str, seconds: float) -> str:
        return f"https://limited.example/?s={scene}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, config=CONFIG, people=People, limited=Limited, ops=Ops) as made:
        yield made


def people_of(house: House) -> People:
    found = house.hub.registry.get("people")
    assert isinstance(found, People)
    return found


async def writes(house: House, channel: str, who: str, words: str, **sender: Any) -> int:
    """Somebody writes; the id of their conversation."""
    await house.hub.path.accept(channel, Inbound(f"{who}/{words}", Sender(who, name=who, **sender), (Text(words),)))
    await house.until(lambda: not house.hub.path.reception.in_flight)
    dossier = await house.hub.people.find((channel, channel, who))
    assert dossier is not None
    assert dossier.conversation is not None
    return dossier.conversation.id


async def person_of(house: House, conversation: int) -> int:
    found = await house.hub.reading.conversation(conversation)
    assert found is not None
    return found.person_id


async def joined(house: House) -> tuple[Person, int, int]:
    """A supervisor, and somebody with a leg on each channel: the person and their conversation."""
    sue = await house.person("sue", "supervisor")
    one, two = await writes(house, "toy", "anna", "one", attributes={"city": "Bonn"}), await writes(
        house, "limited", "anne", "two", attributes={"city": "Köln"}
    )
    status, answer = await sue.post(
        f"/api/people/{await person_of(house, one)}/merge", {"other": str(await person_of(house, two))}
    )
    assert status == 200, answer
    person = int(answer["person"])
    await people_of(house).idle()
    return sue, person, one


async def test_legs_say_what_may_be_sent_and_which_is_answered(house: House) -> None:
    sue, _, talk = await joined(house)
    await writes(house, "limited", "anne", "three")
    _, answer = await sue.get(f"/api/people/conversations/{talk}/legs")
    limited, toy = answer["legs"]
    assert (limited["channel"], limited["allowance"]["left"], limited["answered"], limited["live"]) == ("limited", 5, True, True)
    assert (toy["allowance"], toy["answered"], toy["title"]) == ({"left": None, "until": None, "why": ""}, False, "Toy")
    channel = house.hub.registry.get("limited")
    assert isinstance(channel, Limited)
    channel.left = 0
    _, answer = await sue.get(f"/api/people/conversations/{talk}/legs")
    assert [leg["answered"] for leg in answer["legs"]] == [False, True]
    # And so it is answered, unless the agent chooses.
    await sue.post(f"/api/conversations/{talk}/take")
    body = {"id": "1", "body": [{"type": "text", "text": "by itself"}]}
    _, said = await sue.post(f"/api/conversations/{talk}/messages", body)
    assert said["message"]["leg"] == toy["id"]
    body = {"id": "2", "body": [{"type": "text", "text": "chosen"}], "leg": limited["id"]}
    _, said = await sue.post(f"/api/conversations/{talk}/messages", body)
    assert said["message"]["leg"] == limited["id"]


async def test_who_somebody_is_what_differs_and_who_they_may_be_as_well(house: House) -> None:
    sue, person, talk = await joined(house)
    ada = await house.person("ada", "agent", "front")
    _, known = await ada.get(f"/api/people/{person}")
    assert [one["external_id"] for one in known["identities"]] == ["anna", "anne"]
    assert [(one["field"], one["kept"], one["other"]) for one in known["conflicts"]] == [
        ("name", "anna", "anne"), ("attributes.city", "Bonn", "Köln"),
    ]  # fmt: skip
    name, city = (one["id"] for one in known["conflicts"])
    assert (await ada.post(f"/api/people/conflicts/{city}", {"choice": "take"}))[0] == 200
    assert (await ada.post(f"/api/people/conflicts/{name}", {"choice": "keep"}))[0] == 200
    assert (await ada.post(f"/api/people/conflicts/{name}", {"choice": "take"}))[0] == 409
    _, known = await ada.get(f"/api/people/{person}")
    assert (known["person"]["name"], known["person"]["attributes"]["city"]) == ("anna", "Köln")
    assert known["conflicts"] == []
    _, journal = await ada.get(f"/api/people/{person}/links")
    told = [(line["act"], line["actor"]) for line in journal["links"]]
    assert told == [("decided", "ada"), ("decided", "ada"), ("merged", "sue")]
    _, journal = await ada.get(f"/api/people/{person}/links", limit=1)
    assert journal["more"]
    # Parting takes back what was decided because of it.
    merge = known["merges"][0]["id"]
    assert (await ada.post(f"/api/people/merges/{merge}/undo"))[0] == 403
    assert (await sue.post(f"/api/people/merges/{merge}/undo"))[0] == 200
    assert (await sue.post(f"/api/people/merges/{merge}/undo"))[0] == 409
    _, known = await sue.get(f"/api/people/{await person_of(house, talk)}")
    assert known["person"]["attributes"]["city"] == "Bonn"


async def test_an_agent_issues_a_claim(house: House) -> None:
    talk = await writes(house, "toy", "anna", "one")
    ada, ben = await house.person("ada", "agent", "front"), await house.person("ben", "agent", "back")
    status, offer = await ada.post(f"/api/people/conversations/{talk}/claims")
    assert status == 200
    assert len(offer["code"]) == 4
    assert offer["link"].startswith("https://desk.example/c/")
    assert offer["qr"].startswith("data:image/svg+xml")
    assert (await ada.ask("GET", offer["link"].removeprefix("https://desk.example")))[0] == 200
    assert [one["link"].partition("?s=")[2][:6] for one in offer["invitations"]] == ["claim:"]
    _, listed = await ada.get(f"/api/people/conversations/{talk}/claims")
    assert [(one["state"], one["issued_by"]) for one in listed["claims"]] == [("live", "ada")]
    assert offer["code"] not in str(listed["claims"]), "it cannot be read again"
    for path in (f"conversations/{talk}/claims", f"conversations/{talk}/legs", f"{await person_of(house, talk)}"):
        assert (await ben.get(f"/api/people/{path}"))[0] == 404
    assert (await writes(house, "limited", "anne", offer["code"])) == talk
    await people_of(house).idle()
    _, listed = await ada.get(f"/api/people/conversations/{talk}/claims")
    assert listed["claims"][0]["state"] == "joined"


async def test_erasing_is_for_supervisors_and_says_how_much(house: House) -> None:
    sue, person, talk = await joined(house)
    ada = await house.person("ada", "agent", "front")
    assert (await ada.post(f"/api/people/{person}/erase"))[0] == 403
    status, answer = await sue.post(f"/api/people/{person}/erase")
    assert (status, answer["error"]["code"]) == (409, "open_conversation")
    page, _ = await ada.desk()
    status, answer = await sue.post(f"/api/people/{person}/erase", {"finish": True})
    assert status == 200
    assert (answer["erased"]["identities"], answer["erased"]["waiting"]) == (2, [])
    # Whoever shows the conversation reads it anew.
    changed = await page.event("conversation.changed", lambda data: bool(data.get("reload")))
    shown = changed["data"]["conversation"]
    assert (shown["id"], shown["person"]["name"]) == (str(talk), "Erased customer")
    _, shown = await sue.get(f"/api/conversations/{talk}/messages")
    assert "one" not in [one["body"][0]["text"] for one in shown["messages"]]


async def test_every_route_asks_who_one_is_and_for_protection(house: House) -> None:
    routes = [route for route in house.hub.routes.all() if route.path.startswith("/api/people")]
    nobody, sue = house.anonymous(), await house.person("sue", "supervisor")
    assert len(routes) == 12
    for route in routes:
        path = route.path.replace("{id}", "1")
        assert (await nobody.ask(route.method, path))[0] == 401, route.path
        if route.method == "POST":
            assert (await sue.ask("POST", path, json={}, headers={"X-CSRF-Token": "wrong"}))[0] == 401, route.path
            status, _ = await sue.ask("POST", path, json={"nonsense": 1})
            assert status in (404, 422), route.path


async def test_a_desk_hears_that_a_conversation_became_part_of_another(house: House) -> None:
    ada = await house.person("ada", "agent", "front")
    page, _ = await ada.desk()
    one, two = await writes(house, "toy", "anna", "one"), await writes(house, "limited", "anne", "two")
    register = people_of(house).register
    await register.merge(await person_of(house, one), await person_of(house, two), Why("sue", "agent"))
    gone = await page.event("conversation.gone")
    assert gone["data"]["id"] == str(two)
    changed = await page.event("conversation.changed", lambda data: bool(data.get("reload")))
    assert changed["data"]["conversation"]["id"] == str(one)
    assert {leg["channel"] for leg in changed["data"]["conversation"]["legs"]} == {"toy", "limited"}
    merge = await house.hub.store.reader.value("SELECT max(id) FROM people_merge")
    await register.unmerge(merge, "sue")
    back = await page.event("conversation.changed", lambda data: data["conversation"]["id"] == str(two))
    assert back["data"]["conversation"]["status"] == "open"
