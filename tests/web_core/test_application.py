"""Whatever a handler does, the answer is in order: its form, its headers, and nothing from inside."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from hub.errors import (
    Busy,
    Conflict,
    HookFailed,
    NotReady,
    Overdue,
    PluginFault,
    Refused,
    Rejected,
    StoreUnavailable,
    Unsupported,
)
from hub.web.application import read_json
from tests.web_core.plain_kit import Place, open_place


class Order(msgspec.Struct, forbid_unknown_fields=True):
    number: int
    notes: list[Any] = []


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path, {"hub": {"limits": {"body_bytes": "64KB"}}}) as made:
        yield made


def raising(place: Place, error: BaseException) -> Callable[[], None]:
    async def handler(_: web.Request) -> web.StreamResponse:
        raise error

    return place.hub.routes.add("GET", "/fails", handler, owner="shop")


EXPECTED = [
    (Refused(403, "not_yours", "this is not yours"), 403, "not_yours", None),
    (Busy(retry_after=7), 503, "busy", "7"),
    (Refused(503, "stopping", "later"), 503, "stopping", "2"),
    (Conflict("somebody was faster"), 409, "conflict", None),
    (StoreUnavailable("disk full at a secret place"), 503, "store_unavailable", "2"),
    (NotReady("the line is down", retry_after=2.2), 503, "not_ready", "3"),
    (Overdue("shop", "send", 5), 503, "not_ready", "2"),
    (PluginFault("shop", RuntimeError("inside")), 503, "not_ready", "2"),
    (HookFailed("shop", "filter_inbound", RuntimeError("inside")), 503, "not_ready", "2"),
    (Rejected("the platform says no"), 422, "rejected", None),
    (Unsupported("shop", "voice"), 422, "unsupported", None),
    (web.HTTPUnauthorized(), 401, "not_signed_in", None),
    (web.HTTPTooManyRequests(headers={"Retry-After": "9"}), 429, "too_many", "9"),
    (msgspec.DecodeError("malformed"), 400, "bad_request", None),
    (json.JSONDecodeError("malformed", "x", 0), 400, "bad_request", None),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), 400, "bad_request", None),
]


async def test_what_is_expected_to_go_wrong(place: Place) -> None:
    for error, status, code, retry in EXPECTED:
        before = place.hub.counters[f"http shop {status}"]
        undo = raising(place, error)
        async with place.http.get("/fails") as answer:
            found = await answer.json()
            assert (answer.status, found["error"]["code"]) == (status, code), error
            assert (set(found), set(found["error"])) == ({"error"}, {"code", "message"})
            assert "secret place" not in found["error"]["message"]
            assert "inside" not in found["error"]["message"]
            assert answer.headers.get("Retry-After") == retry, error
        assert place.hub.counters[f"http shop {status}"] == before + 1
        undo()
    assert place.log.errors() == []


async def test_what_nobody_expected_is_logged_and_not_shown(place: Place) -> None:
    raising(place, RuntimeError("the password is swordfish"))
    status, found = await place.ask("GET", "/fails")
    assert (status, found["error"]["code"]) == (500, "internal")
    assert "swordfish" not in str(found)
    ((level, event, facts),) = [line for line in place.log.lines if line[0] == "error"]
    assert (level, event, facts["owner"], facts["path"]) == ("error", "a request failed", "shop", "/fails")
    assert isinstance(facts["exc_info"], RuntimeError)
    assert facts["id"] in found["error"]["message"]
    status, _ = await place.ask("GET", "/healthz")
    assert status == 200


async def test_a_handler_that_returns_nothing(place: Place) -> None:
    async def handler(_: web.Request) -> Any:
        return None

    place.hub.routes.add("GET", "/fails", handler, owner="shop")
    status, _ = await place.ask("GET", "/fails")
    assert status == 500


async def test_a_redirect_is_no_error(place: Place) -> None:
    raising(place, web.HTTPFound("/elsewhere"))
    async with place.http.get("/fails", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/elsewhere")


async def test_every_answer_is_guarded_unless_the_handler_knows_better(place: Place) -> None:
    async def own(_: web.Request) -> web.StreamResponse:
        return web.Response(text="x", headers={"Content-Security-Policy": "sandbox"})

    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<p>x", content_type="text/html")

    place.hub.routes.add("GET", "/page", page, owner="shop")
    place.hub.routes.add("GET", "/own", own, owner="shop")
    async with place.http.get("/own") as answer:
        assert answer.headers["Content-Security-Policy"] == "sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/page", "/healthz", "/nowhere"):
        async with place.http.get(path) as answer:
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert "unsafe-inline" not in answer.headers["Content-Security-Policy"].partition("script-src")[2]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    async with place.http.get("/page") as answer:
        assert answer.headers["Referrer-Policy"] == "same-origin"
    async with place.http.get("/healthz") as answer:
        # JSON is no page: it may load and refer to nothing at all.
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_unknown_addresses_and_methods(place: Place) -> None:
    status, found = await place.ask("GET", "/nowhere")
    assert (status, found["error"]["code"]) == (404, "not_found")
    async with place.http.delete("/healthz") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "HEAD, GET")
        assert (await answer.json())["error"]["code"] == "method_not_allowed"
    async with place.http.request("PROPFIND", "/healthz") as answer:
        assert answer.status == 405
    async with place.http.head("/healthz") as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_a_route_comes_and_goes_while_the_server_runs(place: Place) -> None:
    async def hello(request: web.Request) -> web.StreamResponse:
        return web.json_response(dict(request.match_info))

    undo = place.hub.routes.add("GET", "/shop/{id}", hello, owner="shop")
    assert await place.ask("GET", "/shop/%E6%9D%AD%E5%B7%9E") == (200, {"id": "杭州"})
    undo()
    assert (await place.ask("GET", "/shop/7"))[0] == 404


# -- bodies -----------------------------------------------------------------------------------------


@pytest.fixture
def orders(place: Place) -> Place:
    async def handler(request: web.Request) -> web.StreamResponse:
        order = await read_json(request, Order)
        return web.json_response({"number": order.number})

    place.hub.routes.add("POST", "/orders", handler, owner="shop")
    return place


JSON = {"Content-Type": "application/json"}
BODIES = [
    (b'{"number": 7}', JSON, 200, ""),
    (b'{"number": 7}', {"Content-Type": "application/json; charset=utf-8"}, 200, ""),
    (b'{"number": 7}', {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
    (b"number=7", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
    (b"", JSON, 400, "bad_request"),
    (b"{", JSON, 400, "bad_request"),
    (b'{"number": 7} {}', JSON, 400, "bad_request"),
    (b'{"number": 1, "notes": ["\xff"]}', JSON, 400, "bad_request"),
    (b'{"number": NaN}', JSON, 400, "bad_request"),
    (b"[]", JSON, 422, "invalid"),
    (b"{}", JSON, 422, "invalid"),
    (b'{"number": "7"}', JSON, 422, "invalid"),
    (b'{"number": 7, "colour": "red"}', JSON, 422, "invalid"),
    (b'{"number": 7, "notes": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", JSON, 400, "bad_request"),
    (b'{"number": 7, "notes": ["' + b"x" * 70_000 + b'"]}', JSON, 413, "too_large"),
    (b"x" * 10_000_000, JSON, 413, "too_large"),
    (b'{"number": 7}', {**JSON, "Content-Encoding": "gzip"}, 400, "bad_request"),
    (gzip.compress(b'{"number": 7}'), {**JSON, "Content-Encoding": "gzip"}, 200, ""),
    (gzip.compress(b" " * 10_000_000), {**JSON, "Content-Encoding": "gzip"}, 413, "too_large"),
]


async def test_bodies(orders: Place, caplog: pytest.LogCaptureFixture) -> None:
    for number, (body, headers, status, code) in enumerate(BODIES):
        async with orders.http.post("/orders", data=body, headers=headers) as answer:
            found = await answer.json()
            assert (answer.status, found.get("error", {}).get("code", "")) == (status, code), (number, found)
    assert await orders.ask("POST", "/orders", json={"number": 1}) == (200, {"number": 1})
    assert orders.log.errors() == []
    assert caplog.records == []


async def test_a_body_nobody_reads_may_be_broken(orders: Place, caplog: pytest.LogCaptureFixture) -> None:
    async with orders.http.get("/healthz", data=b"plain", headers={"Content-Encoding": "gzip"}) as answer:
        assert (answer.status, answer.headers["Connection"]) == (200, "close")
    assert await orders.ask("POST", "/orders", json={"number": 1}) == (200, {"number": 1})
    assert caplog.records == []


async def test_a_client_that_leaves_in_the_middle_is_no_fault(orders: Place) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", orders.server.port)
    head = "POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b'{"number"')
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    del reader
    assert await orders.ask("POST", "/orders", json={"number": 1}) == (200, {"number": 1})
    assert orders.log.errors() == []


async def test_readiness_says_when_the_hub_stops(place: Place) -> None:
    assert (await place.ask("GET", "/readyz"))[0] == 200
    place.hub.stopping = True
    status, found = await place.ask("GET", "/readyz")
    assert (status, found["ready"], found["stopping"]) == (503, False, True)
    assert (await place.ask("GET", "/healthz"))[0] == 200
