"""The table of routes: who wins, who is refused, and that what goes leaves nothing."""

from __future__ import annotations

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigError, Refused
from hub.web.routes import NotAllowed, Routes


async def nothing(_: web.Request) -> web.StreamResponse:
    return web.Response()


def routes(*paths: str) -> Routes:
    table = Routes()
    for path in paths:
        method, _, path = path.partition(" ")
        table.add(method, path, nothing, owner="shop")
    return table


def path_for(table: Routes, path: str, method: str = "GET") -> str:
    return table.find(method, path)[0].path


def test_a_word_wins_over_a_name() -> None:
    table = routes("GET /a/{x}/{y}", "GET /a/{x}/c", "GET /a/b/{y}", "GET /a/b/c")
    assert path_for(table, "/a/b/c") == "/a/b/c"
    assert path_for(table, "/a/b/d") == "/a/b/{y}"
    assert path_for(table, "/a/e/c") == "/a/{x}/c"
    assert table.find("GET", "/a/e/f")[1] == {"x": "e", "y": "f"}


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/a//", "/a/b/c", "/a/b/", "a/b", ""])
def test_a_name_is_one_whole_segment(path: str) -> None:
    with pytest.raises(Refused) as found:
        routes("GET /a/{x}").find("GET", path)
    assert found.value.status == 404


def test_methods_that_would_do_are_named() -> None:
    table = routes("GET /a/{x}", "DELETE /a/{y}", "POST /a/b")
    assert path_for(table, "/a/b") == "/a/{x}"
    assert path_for(table, "/a/b", "HEAD") == "/a/{x}"
    with pytest.raises(NotAllowed) as found:
        table.find("PATCH", "/a/b")
    assert set(found.value.allow.split(", ")) == {"GET", "HEAD", "POST", "DELETE"}
    with pytest.raises(NotAllowed) as found:
        routes("POST /x").find("HEAD", "/x")
    assert found.value.allow == "POST"


def test_a_conflict_names_both() -> None:
    table = routes("GET /shop/{id}")
    with pytest.raises(ConfigError, match=r"'other'.*'shop'.*/shop/\{id\}"):
        table.add("get", "/shop/{number}", nothing, owner="other")
    table.add("POST", "/shop/{id}", nothing, owner="other")


@pytest.mark.parametrize("path", ["shop", "", "/shop/{id", "/shop/id}", "/shop/a{id}", "/{a}/{a}", "/{}", "/{A b}"])
def test_a_path_written_wrongly_is_refused(path: str) -> None:
    with pytest.raises(ConfigError):
        routes(f"GET {path}")


def test_a_method_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigError):
        routes("FETCH /a")


def test_what_goes_leaves_nothing_and_may_go_twice() -> None:
    table = Routes()
    undo = [table.add("GET", path, nothing, owner="shop") for path in ("/a", "/a/{x}", "/b/{y}/c")]
    again = table.add("POST", "/a", nothing, owner="shop")
    for end in (*undo, *undo):
        end()
    assert [route.method for route in table.all()] == ["POST"]
    table.add("GET", "/a", nothing, owner="next")
    undo[0]()
    assert path_for(table, "/a") == "/a"
    again()
    assert {route.owner for route in table.all()} == {"next"}


SEGMENT = st.sampled_from(["a", "b", "{x}", "{y}"])
PATHS = st.lists(SEGMENT, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(st.lists(PATHS, unique=True, max_size=12), st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4))
def test_the_order_of_adding_never_matters(paths: list[str], asked: list[str]) -> None:
    def add_all(these: list[str]) -> Routes:
        table = Routes()
        for path in these:
            try:
                table.add("GET", path.replace("{y}", "{z}"), nothing, owner="x")
            except ConfigError:
                continue
        return table

    def shape(table: Routes) -> str:
        try:
            return path_for(table, "/" + "/".join(asked)).replace("{x}", "{}").replace("{z}", "{}")
        except Refused:
            return ""

    assert shape(add_all(paths)) == shape(add_all(paths[::-1]))
