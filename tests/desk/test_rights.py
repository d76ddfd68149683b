"""Every route of the workbench with every role: who may ask, who may not, and that changes need the CSRF token."""

from __future__ import annotations

from typing import Any

import pytest

from hub_desk.rights import ANYBODY, RIGHTS, SIGNED_IN
from tests.desk.kit import House, Person

ROLES = ("anonymous", "agent", "supervisor", "admin")
SOCKET = ("GET", "/api/realtime")
CHANGES = ("POST", "PUT", "PATCH", "DELETE")


async def ask(person: Person, method: str, path: str, **options: Any) -> tuple[int, Any]:
    """Ask about something that does not exist, with a body nobody takes: only the rights let it get that far."""
    body = {"json": {"nonsense": 1}} if method in CHANGES else {}
    return await person.ask(method, path.replace("{id}", "1"), **body, **options)


async def everybody(desk: House) -> dict[str, Person]:
    people = {"anonymous": desk.anonymous()}
    for role, login in (("admin", "root"), ("supervisor", "sue"), ("agent", "ada")):
        people[role] = await desk.person(login, role)  # type: ignore[arg-type]
    return people


async def test_the_table_knows_exactly_the_routes_of_the_workbench(desk: House) -> None:
    served = {(route.method, route.path) for route in desk.hub.routes.all() if route.owner == "desk"}
    assert served == set(RIGHTS)


async def test_nothing_else_asks_who_one_is(desk: House) -> None:
    person = desk.anonymous()
    for route in desk.hub.routes.all():
        if route.owner != "desk":
            status, answer = await ask(person, route.method, route.path)
            code = answer.get("error", {}).get("code") if isinstance(answer, dict) else ""
            assert (status, code) != (401, "signed_out"), route.path


async def test_every_route_with_every_role(desk: House) -> None:
    people = await everybody(desk)
    wrong = []
    for (method, path), roles in RIGHTS.items():
        if (method, path) in (SOCKET, ("DELETE", "/api/session")):
            continue
        for role in ROLES:
            status, answer = await ask(people[role], method, path)
            code = answer.get("error", {}).get("code") if isinstance(answer, dict) else ""
            if role in roles:
                # Let in, whatever comes of it (a setup link that does not exist is "forbidden", too).
                good = code not in ("signed_out", "forbidden", "csrf")
            elif role == "anonymous":
                good = (status, code) == (401, "signed_out")
            else:
                good = (status, code) == (403, "forbidden")
            if not good:
                wrong.append((method, path, role, status, code))
    assert wrong == []
    assert desk.log.errors() == []


async def test_every_change_needs_the_csrf_token(desk: House) -> None:
    people = await everybody(desk)
    root, other = people["admin"], people["agent"]
    before = await desk.rows("desk_audit")
    for (method, path), roles in RIGHTS.items():
        if method not in CHANGES or roles == ANYBODY:
            continue
        for shown in ("", "wrong", other.csrf, root.csrf.upper(), "ö"):
            status, answer = await ask(root, method, path, headers={"X-CSRF-Token": shown})
            assert (status, answer["error"]["code"]) == (403, "csrf"), (method, path, shown)
    assert await desk.rows("desk_audit") == before
    assert (await root.get("/api/session"))[0] == 200


def test_what_routes_say_of_themselves_is_what_the_table_says(desk: House) -> None:
    told = {(route.method, route.path): route.doc for route in desk.hub.routes.all() if route.owner == "desk"}
    for place, roles in RIGHTS.items():
        doc = told[place]
        if doc is None:
            assert place == SOCKET
            continue
        assert doc.security == ("" if roles == ANYBODY else "session"), place
        if roles != ANYBODY:
            assert (403 in doc.errors) == (roles < SIGNED_IN), place


@pytest.mark.parametrize("path", sorted({path for _, path in RIGHTS}))
async def test_other_methods_are_named_in_allow(desk: House, path: str) -> None:
    person = desk.anonymous()
    offered = {method for method, where in RIGHTS if where == path}
    for method in CHANGES:
        if method not in offered:
            async with person.session.request(method, path.replace("{id}", "1")) as answer:
                assert answer.status == 405
                allowed = set(answer.headers["Allow"].split(", ")) - {"HEAD"}
                assert allowed == offered
                assert (await answer.json())["error"]["code"] == "method_not_allowed"


async def test_an_agent_sees_their_teams_and_their_own(desk: House) -> None:
    front = await desk.conversation("one")
    root = await desk.person("root", "admin")
    ada = await desk.person("ada", "agent", "front")
    ben = await desk.person("ben", "agent", "back")
    free = await desk.person("cem", "agent")
    sue = await desk.person("sue", "supervisor", "back")
    assert root.agent
    assert ben.agent

    async def seen_by(person: Person) -> tuple[bool, int]:
        _, listing = await person.get("/api/conversations")
        listed = str(front) in {row["id"] for row in listing["conversations"]}
        return listed, (await person.get(f"/api/conversations/{front}"))[0]

    for person in (root, ada, free, sue):
        assert await seen_by(person) == (True, 200)
    assert await seen_by(ben) == (False, 404)
    for part in ("messages", "explain"):
        assert (await ben.get(f"/api/conversations/{front}/{part}"))[0] == 404
    for act in ("take", "release", "close"):
        assert (await ben.post(f"/api/conversations/{front}/{act}"))[0] == 404
    body = {"body": [{"type": "text", "text": "hi"}], "visibility": "note"}
    assert (await ben.post(f"/api/conversations/{front}/messages", body))[0] == 404
    # Given to somebody of another team, it is theirs to see.
    status, _ = await root.post(f"/api/conversations/{front}/assign", {"agent": str(ben.agent.id)})
    assert status == 200
    assert await seen_by(ben) == (True, 200)
