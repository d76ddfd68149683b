"""The OpenAPI document says what the routes take and give, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema_rs
import msgspec
import pytest
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from hub.pages import Operation, Parameter, one_of, whole
from hub.web.routes import Routes
from hub_ops.openapi import document
from hub_people import People
from hub_routing import Routing
from tests.desk.kit import open_house
from tests.ops.kit import WITH_OPS


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """An order."""

    number: Annotated[str, msgspec.Meta(pattern="^[0-9]+$", max_length=20)]
    kind: Literal["express", "retail"] = "express"


class Orders(msgspec.Struct):
    orders: list[Order]
    more: bool


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=10)
    order: str = ""


async def handler(_: web.Request) -> web.Response:
    return web.Response()


def made(*routes: tuple[str, str, str, Operation | None]) -> dict[str, Any]:
    table = Routes()
    for method, path, owner, doc in routes:
        table.add(method, path, handler, owner=owner, doc=doc)
    # Through JSON, as a reader gets it.
    text = msgspec.json.encode(document(table.all(), title="前台", version="1.2.3"))
    value: dict[str, Any] = msgspec.json.decode(text)
    return value


def validator(doc: dict[str, Any], schema: dict[str, Any]) -> Any:
    return jsonschema_rs.validator_for({**schema, "components": doc["components"]})


def test_title_version_and_only_routes_that_describe_themselves() -> None:
    doc = made(("GET", "/shop", "shop", Operation("Shop")), ("GET", "/secret", "shop", None))
    assert doc["openapi"].startswith("3.1")
    assert doc["info"] == {"title": "前台", "version": "1.2.3"}
    assert list(doc["paths"]) == ["/shop"]
    assert doc["paths"]["/shop"]["get"]["tags"] == ["shop"]


def test_a_body_lists_what_can_be_wrong_with_it_and_refuses_unknown_fields() -> None:
    doc = made(("POST", "/orders", "shop", Operation("Make", request=Order, response=Orders, status=201, errors=(409,))))
    operation = doc["paths"]["/orders"]["post"]
    assert set(operation["responses"]) == {"201", "400", "409", "413", "415", "422", "503"}
    check = validator(doc, operation["requestBody"]["content"]["application/json"]["schema"])
    assert check.is_valid({"number": "12"})
    assert not check.is_valid({"number": "12", "more": 1})
    assert not check.is_valid({"number": "x"})
    answer = validator(doc, operation["responses"]["201"]["content"]["application/json"]["schema"])
    assert answer.is_valid({"orders": [{"number": "1"}], "more": False})
    assert not answer.is_valid({"orders": [{}], "more": False})
    error = validator(doc, operation["responses"]["422"]["content"]["application/json"]["schema"])
    assert error.is_valid({"error": {"code": "invalid", "message": "no"}})
    assert not error.is_valid({"error": "no"})


def test_names_in_a_path_are_ids_unless_said_otherwise() -> None:
    file = Parameter("name", {"type": "string", "maxLength": 5}, "a file", place="path")
    limit = Parameter("limit", whole(1, 200, 50), "how many")
    doc = made(
        ("GET", "/orders/{id}", "shop", Operation("One", parameters=(limit,))),
        ("GET", "/files/{name}", "shop", Operation("File", parameters=(file,), media="*/*")),
    )
    one = doc["paths"]["/orders/{id}"]["get"]
    by_name = {parameter["name"]: parameter for parameter in one["parameters"]}
    assert by_name["id"]["in"] == "path"
    assert by_name["id"]["required"]
    assert validator(doc, by_name["id"]["schema"]).is_valid("123")
    assert not validator(doc, by_name["id"]["schema"]).is_valid("abc")
    assert by_name["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    assert not by_name["limit"]["required"]
    assert {"404", "422"} <= set(one["responses"])
    files = doc["paths"]["/files/{name}"]["get"]
    assert [parameter["schema"]["maxLength"] for parameter in files["parameters"]] == [5]
    assert list(files["responses"]["200"]["content"]) == ["*/*"]


def test_what_a_route_says_of_who_may_ask() -> None:
    doc = made(
        ("GET", "/alive", "shop", Operation("Alive")),
        ("GET", "/orders", "shop", Operation("List", security="session")),
        ("POST", "/photos", "shop", Operation("Upload", upload=True, security="session")),
        ("GET", "/prices", "shop", Operation("Prices", security="bearer")),
    )
    paths = doc["paths"]
    assert paths["/alive"]["get"]["security"] == []
    assert paths["/orders"]["get"]["security"] == [{"session": []}]
    assert set(paths["/orders"]["get"]["responses"]) == {"200", "401", "503"}
    upload = paths["/photos"]["post"]
    assert upload["security"] == [{"session": [], "csrf": []}]
    assert list(upload["requestBody"]["content"]) == ["multipart/form-data"]
    assert {"401", "403", "413", "415"} <= set(upload["responses"])
    assert paths["/prices"]["get"]["security"] == [{"bearer": []}]


def test_models_of_two_plugins_may_have_the_same_name() -> None:
    class Other(BaseModel):
        number: int

    Other.__name__ = Note.__name__
    doc = made(
        ("POST", "/a", "one", Operation("A", request=Note)), ("POST", "/b", "two", Operation("B", request=Other))
    )

    def body(path: str) -> Any:
        return validator(doc, doc["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"])

    assert body("/a").is_valid({"text": "hello"})
    assert not body("/a").is_valid({"text": "hello", "x": 1})
    assert body("/b").is_valid({"number": 3})
    assert not body("/b").is_valid({"text": "hello"})


def test_every_reference_leads_somewhere_and_every_operation_has_its_own_id() -> None:
    words = Parameter("view", one_of("open", "closed", default="open"))
    doc = made(
        ("GET", "/orders", "shop", Operation("List", response=Orders, parameters=(words,))),
        ("POST", "/orders", "shop", Operation("Make", request=Note, response=Order)),
        ("DELETE", "/orders/{id}", "shop", Operation("Drop", status=204, security="session")),
    )
    seen: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                seen.append(value["$ref"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(doc)
    assert seen
    for reference in seen:
        assert reference.removeprefix("#/components/schemas/") in doc["components"]["schemas"]
    ids = [operation["operationId"] for path in doc["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids)) == 3
    assert "content" not in doc["paths"]["/orders/{id}"]["delete"]["responses"]["204"]


@pytest.mark.parametrize("word", ["open", "closed"])
def test_schemas_of_words(word: str) -> None:
    assert jsonschema_rs.is_valid(dict(one_of("open", "closed")), word)
    assert not jsonschema_rs.is_valid(dict(one_of("open", "closed")), "elsewhere")


async def test_what_the_document_does_not_name_is_no_parameter(tmp_path: Path) -> None:
    config = f"{WITH_OPS}people: {{}}\nrouting: {{}}\n"
    async with open_house(tmp_path, config=config, people=People, routing=Routing) as house:
        root = await house.person("root", "admin")
        _, doc = await root.get("/api/openapi.json")
        ours = [
            (method.upper(), re.sub(r"\{\w+\}", "1", path))
            for path, operations in doc["paths"].items()
            for method, operation in operations.items()
            if "session" in str(operation["security"])
        ]
        assert {"/api/conversations", "/api/people/1", "/api/routing/places"} <= {path for _, path in ours}
        for method, path in ours:
            status, said = await root.ask(method, path, params={"limti": "5"})
            assert (status, said["error"]["code"]) == (400, "unknown_parameter"), (method, path)
            assert "limti" in said["error"]["message"]
            assert "400" in doc["paths"][path.replace("/1", "/{id}")][method.lower()]["responses"]
