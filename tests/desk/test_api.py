"""The HTTP interface of the workbench: lists and pages, all about one conversation, what happened, the house."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub import Conversation, Message, Panel, PanelItem, Person, Plugin, PluginConfig, Suggestion, hookimpl, plain_text
from hub.house import sees
from hub_desk.views import VIEWS
from tests.desk.kit import CONFIG, House, open_house


class Beside(Plugin[PluginConfig]):
    """Shows something beside each conversation."""

    @hookimpl
    async def desk_panels(self, conversation: Conversation, person: Person) -> Panel | None:
        return Panel("order", "Orders", (PanelItem("last", f"for {person.name}", "https://shop.example/1"),))

    @hookimpl
    async def desk_suggestions(
        self, conversation: Conversation, person: Person, messages: Sequence[Message]
    ) -> Sequence[Suggestion] | None:
        return [Suggestion("perhaps", 0.2, "b"), Suggestion(f"after {len(messages)}", 0.9, "b")]


class Broken(Plugin[PluginConfig]):
    """Fails wherever it is asked."""

    @hookimpl
    async def desk_panels(self) -> Panel | None:
        raise RuntimeError("no panel today")

    @hookimpl
    async def desk_suggestions(self) -> Sequence[Suggestion] | None:
        raise RuntimeError("nothing to say")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[House]:
    """A hub with plugins that show something beside a conversation, and one that fails."""
    config = f"{CONFIG}  - {{use: broken}}\n  - {{use: beside}}\n"
    async with open_house(tmp_path, config=config, beside=Beside, broken=Broken) as house:
        yield house


def ids(answer: dict[str, Any]) -> list[str]:
    return [row["id"] for row in answer["conversations"]]


async def test_views_and_pages(desk: House) -> None:
    ada = await desk.person("ada")
    one, two, three, four = [str(await desk.conversation(name)) for name in ("a", "b", "c", "d")]
    await ada.post(f"/api/conversations/{two}/take", {"version": None})
    for act in ("take", "close"):
        assert (await ada.post(f"/api/conversations/{three}/{act}"))[0] == 200

    async def view(name: str, **more: Any) -> dict[str, Any]:
        status, answer = await ada.get("/api/conversations", view=name, **more)
        assert status == 200
        found: dict[str, Any] = answer
        return found

    shown = {name: ids(await view(name)) for name in VIEWS}
    assert shown == {"open": [four, two, one], "waiting": [four, one], "mine": [two], "bot": [], "closed": [three]}
    first = await view("open", limit=2)
    assert (ids(first), first["more"]) == ([four, two], True)
    rest = await view("open", limit=2, before=two)
    assert (ids(rest), rest["more"]) == ([one], False)
    row = rest["conversations"][0]
    assert row["person"]["name"] == "a"
    assert row["owner"] == {"kind": "queue", "id": "front", "name": "Front desk"}
    assert [(leg["channel"], leg["platform"], leg["live"]) for leg in row["legs"]] == [("toy", "toy", True)]
    assert (row["last_message"]["text"], row["unread"], row["status"]) == ("hello", 1, "open")


async def test_a_list_holds_exactly_what_may_be_seen(desk: House) -> None:
    root = await desk.person("root", "admin")
    people = [root, await desk.person("sue", "supervisor", "back")]
    for login, teams in (("ada", ("front",)), ("ben", ("back",)), ("cem", ())):
        people.append(await desk.person(login, "agent", *teams))
    made = [await desk.conversation(f"visitor {number}") for number in range(4)]
    await root.post(f"/api/conversations/{made[1]}/assign", {"team": "back"})
    for place, person in ((2, people[2]), (3, people[3])):
        assert person.agent is not None
        await root.post(f"/api/conversations/{made[place]}/assign", {"agent": str(person.agent.id)})
    conversations = await desk.hub.reading.conversations()
    assert len(conversations) == 4
    for person in people:
        assert person.agent is not None
        expected = {str(one.id) for one in conversations if sees(person.agent, one)}
        assert set(ids((await person.get("/api/conversations"))[1])) == expected


async def test_messages_page_backwards(desk: House) -> None:
    ada = await desk.person("ada")
    conversation = await desk.conversation("a", "one")
    for text in ("two", "three", "four"):
        await desk.conversation("a", text)
    path = f"/api/conversations/{conversation}/messages"

    async def said(**query: Any) -> tuple[list[str], str, bool]:
        _, answer = await ada.get(path, **query)
        messages = [message for message in answer["messages"] if message["direction"] == "in"]
        return [message["body"][0]["text"] for message in messages], answer["messages"][0]["id"], answer["more"]

    texts, oldest, more = await said(limit=2)
    assert (texts, more) == (["three", "four"], True)
    texts, oldest, more = await said(limit=2, before=oldest)
    assert (texts[-1], more) == ("two", True)
    texts, _, more = await said(limit=2, before=oldest)
    assert (texts, more) == (["one"], False)


async def test_all_about_one_conversation(shop: House) -> None:
    ada = await shop.person("ada")
    first = await shop.conversation("li", "first")
    for act in ("take", "close"):
        await ada.post(f"/api/conversations/{first}/{act}")
    second = await shop.conversation("li", "second")
    status, answer = await ada.get(f"/api/conversations/{second}")
    assert status == 200
    assert answer["conversation"]["id"] == str(second)
    assert answer["person"]["name"] == "li"
    (identity,) = answer["person"]["identities"]
    known = {key: identity[key] for key in ("platform", "scope", "external_id", "source", "verified")}
    assert known == {"platform": "toy", "scope": "toy", "external_id": "li", "source": "toy", "verified": False}
    assert ids(answer["person"]) == [str(first)]
    items = [{"label": "last", "value": "for li", "url": "https://shop.example/1"}]
    assert answer["panels"] == [{"id": "order", "title": "Orders", "items": items}]
    texts = [suggestion["text"] for suggestion in answer["suggestions"]]
    assert texts == ["after 2", "perhaps"]
    _, closed = await ada.get(f"/api/conversations/{first}")
    assert closed["suggestions"] == []


async def test_an_act_is_refused_with_its_reason(desk: House) -> None:
    ada, ben = await desk.person("ada"), await desk.person("ben")
    one = await desk.conversation("a")
    path = f"/api/conversations/{one}"
    say = {"body": [{"type": "text", "text": "hi"}]}
    status, answer = await ada.post(f"{path}/messages", say)
    assert (status, answer["error"]["code"]) == (403, "not_yours")
    assert (await ada.post(f"{path}/take"))[0] == 200
    status, answer = await ben.post(f"{path}/take")
    assert (status, answer["error"]["code"]) == (409, "conflict")
    status, answer = await ben.post(f"{path}/close")
    assert (status, answer["error"]["code"]) == (403, "not_yours")
    for wrong, code in (({}, "bad_target"), ({"team": "nowhere"}, "no_such_team"), ({"agent": "7"}, "no_such_agent")):
        status, answer = await ada.post(f"{path}/assign", wrong)
        assert (answer["error"]["code"], status in (404, 422)) == (code, True)
    status, answer = await ada.post(f"{path}/close", {"tags": ["x" * 51]})
    assert (status, answer["error"]["code"]) == (422, "invalid")
    assert (await ada.post(f"{path}/close", {"tags": ["refund"]}))[0] == 200
    status, answer = await ada.post(f"{path}/messages", say)
    assert (status, answer["error"]["code"]) == (409, "closed")


async def test_a_message_is_said_once_however_often_it_is_asked_for(desk: House) -> None:
    ada = await desk.person("ada")
    one = await desk.conversation("a")
    await ada.post(f"/api/conversations/{one}/take")
    say = {"id": "u-1", "body": [{"type": "text", "text": "hi"}]}
    answers = [await ada.post(f"/api/conversations/{one}/messages", say) for _ in range(3)]
    assert {(status, answer["message"]["id"]) for status, answer in answers} == {(200, answers[0][1]["message"]["id"])}
    await ada.post(f"/api/conversations/{one}/messages", {"body": [{"type": "text", "text": "the end"}]})

    def texts() -> list[str]:
        return [plain_text(sent.body) for sent in desk.toy.sent]

    await desk.until(lambda: "the end" in texts())
    assert texts().count("hi") == 1


async def test_my_own_state(desk: House) -> None:
    ada = await desk.person("ada")
    status, answer = await ada.ask("PUT", "/api/me/state", json={"state": "online"})
    assert (status, answer["agent"]["state"]) == (200, "online")
    assert (await ada.get("/api/session"))[1]["agent"]["state"] == "online"
    assert (await ada.ask("PUT", "/api/me/state", json={"state": "asleep"}))[0] == 422


async def test_invitations_over_http(desk: House) -> None:
    root = await desk.person("root", "admin")
    status, answer = await root.post("/api/agents", {"login": "ben", "name": "Ben", "role": "agent", "teams": ["back"]})
    assert status == 200
    assert answer["agent"]["teams"] == ["back"]
    base, _, token = answer["setup_url"].partition("#token=")
    assert base == f"{desk.url}/desk/setup"
    agent = answer["agent"]["id"]
    status, again = await root.post(f"/api/agents/{agent}/invitation")
    assert (status, again["agent"]["id"]) == (200, agent)
    assert token not in again["setup_url"]
    status, changed = await root.patch(f"/api/agents/{agent}", {"name": "Benno", "teams": []})
    assert (status, changed["agent"]["name"], changed["agent"]["teams"]) == (200, "Benno", [])
    status, answer = await root.patch(f"/api/agents/{agent}", {"password": "x"})
    assert (status, answer["error"]["code"]) == (422, "invalid")
    logins = [one["login"] for one in (await root.get("/api/agents"))[1]["agents"]]
    assert logins == ["root", "ben"]


async def test_the_plugins_and_how_they_are(shop: House) -> None:
    sue = await shop.person("sue", "supervisor")
    _, answer = await sue.get("/api/plugins")
    states = {one["name"]: one["state"] for one in answer["instances"]}
    assert states == {"toy": "running", "desk": "running", "media": "running", "broken": "running", "beside": "running"}
    assert set(answer["instances"][0]) == {"name", "plugin", "state", "reason", "since"}


async def test_the_public_address_is_used_in_links(tmp_path: Path) -> None:
    config = CONFIG.replace("{locale: en}", "{locale: en, public_url: 'https://service.example.com/'}")
    async with open_house(tmp_path, config=config) as house:
        root = await house.person("root", "admin")
        _, answer = await root.post("/api/agents", {"login": "ben", "name": "Ben"})
        assert answer["setup_url"].startswith("https://service.example.com/desk/setup#token=")
