"""Whatever comes in, the answer is 4xx with a reason, nothing is stored, and nobody sees inside."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk.kit import House, Person

TABLES = (
    "agent", "conversation", "desk_audit", "desk_invitation", "event", "media_attachment", "message", "outbox", "person",
)  # fmt: skip


@pytest.fixture
async def root(desk: House) -> Person:
    return await desk.person("root", "admin")


async def stored(desk: House) -> dict[str, int]:
    return {table: await desk.rows(table) for table in TABLES}


BODIES: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"nonsense", 400),
    (b"\xff\xfe\x00", 400),
    (b'{"login": "a"', 400),
    (b"[]", 422),
    (b"null", 422),
    (b"7", 422),
    (b"{}", 422),
    (b'{"login": 7, "name": "A"}', 422),
    (b'{"login": "ada", "name": "A", "role": "king"}', 422),
    (b'{"login": "ada", "name": "A", "more": 1}', 422),
    (b'{"login": "ada", "name": "A", "teams": "front"}', 422),
    (b'{"login": "ada", "name": "A", "teams": ["nowhere"]}', 422),
    (b'{"login": "a b", "name": "A"}', 422),
    (b'{"login": "ada", "name": ""}', 422),
    (b'{"login": "ada", "name": "' + b"x" * 300 + b'"}', 422),
    (b'{"login": "ada", "name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 422),
    (b'{"login": "' + b"x" * 10_000_000 + b'"}', 413),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=[str(number) for number in range(len(BODIES))])
async def test_bodies(desk: House, root: Person, body: bytes, status: int) -> None:
    before = await stored(desk)
    found, answer = await root.ask("POST", "/api/agents", data=body, headers={"Content-Type": "application/json"})
    assert found == status, answer
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message"}
    assert "Traceback" not in str(answer)
    assert await stored(desk) == before
    assert desk.log.errors() == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"])
async def test_only_json_is_json(root: Person, kind: str) -> None:
    data = b'{"login": "ada", "name": "A"}'
    status, answer = await root.ask("POST", "/api/agents", data=data, headers={"Content-Type": kind})
    assert (status, answer["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("id", ["x", "-1", "1.5", "9" * 30, "%00", "%2e%2e", "١٢", "1%2f2", "' OR 1=1"])
async def test_ids(desk: House, root: Person, id: str) -> None:
    for path in ("/api/conversations/{}", "/api/conversations/{}/messages", "/media/{}"):
        status, answer = await root.get(path.format(id))
        assert status == 404, (path, answer)
        assert answer["error"]["code"] == "not_found"
    assert desk.log.errors() == []


@pytest.mark.parametrize(
    "query",
    [{"view": "all"}, {"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"limit": "-1"}, {"before": "x"}, {"before": "1e3"}],
)
async def test_queries(root: Person, query: dict[str, str]) -> None:
    status, answer = await root.get("/api/conversations", **query)
    assert (status, answer["error"]["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    "body",
    [
        [],
        [{"type": "text", "text": " "}],
        [{"type": "text"}],
        [{"type": "dance"}],
        [{"type": "text", "text": "a", "html": "b"}],
        [{"type": "text", "text": "x" * 20_001}],
        [{"type": "text", "text": "a"}] * 51,
        [{"type": "image", "media": "0" * 32}],
        [{"type": "file", "media": "../../hub.db", "name": "x"}],
        "text",
        None,
    ],
)
async def test_messages(desk: House, root: Person, body: Any) -> None:
    conversation = await desk.conversation()
    assert (await root.post(f"/api/conversations/{conversation}/take"))[0] == 200
    before = await desk.rows("message")
    status, answer = await root.post(f"/api/conversations/{conversation}/messages", {"body": body})
    assert status == 422, answer
    assert await desk.rows("message") == before


@pytest.mark.parametrize("path", ["/nope", "/api", "/api/", "//", "/api/conversations/", "/..%2f..%2fetc/passwd", "/%00"])
async def test_addresses_where_nothing_is(desk: House, path: str) -> None:
    status, answer = await desk.anonymous().get(path)
    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_every_answer_says_how_a_browser_has_to_treat_it(desk: House) -> None:
    session = desk.anonymous().session
    for path in ("/healthz", "/nope", "/api/session", "/readyz"):
        async with session.get(path) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert "script-src" not in answer.headers["Content-Security-Policy"]


async def test_a_fault_of_a_handler_is_logged_under_a_number_and_not_told(desk: House) -> None:
    async def broken(_: Any) -> Any:
        raise ZeroDivisionError("inner secret")

    undo = desk.hub.routes.add("GET", "/toy/broken", broken, owner="toy")
    status, answer = await desk.anonymous().get("/toy/broken")
    assert (status, answer["error"]["code"]) == (500, "internal")
    assert "inner" not in str(answer)
    number = desk.log.lines[-1][2]["id"]
    assert number in answer["error"]["message"]
    undo()
    assert (await desk.anonymous().get("/toy/broken"))[0] == 404
