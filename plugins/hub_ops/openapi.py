"""The OpenAPI 3.1 document, made from the running hub: its own routes and those of its plugins.

Only routes that describe themselves (`Operation`) are in it. What it says is what the code checks: bodies come from the
types they are decoded to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hub.pages import ID, Operation, Parameter
from hub.watching import CSRF_HEADER, SESSION_COOKIE, ErrorAnswer, Route

Json = dict[str, Any]

_REF: Final = "#/components/schemas/"
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_SECURITY: Final[Mapping[str, Json]] = {
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "Given by signing in."},
    "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER, "description": "Given with it."},
    "bearer": {"type": "http", "scheme": "bearer"},
}
_WHY: Final[Mapping[int, str]] = {
    400: "The request is malformed.",
    401: "Not signed in, or no longer.",
    403: "Not allowed.",
    404: "There is no such thing.",
    409: "It is not in a state for this, or somebody was faster.",
    413: "Too large.",
    415: "Not in a format that is taken.",
    422: "A value is not acceptable.",
    429: "Too often; `Retry-After` says when again.",
    503: "Not now; `Retry-After` says when again.",
}


def document(routes: Iterable[Route], *, title: str, version: str) -> Json:
    """The document for `routes`, as JSON values."""
    described = [(route, route.doc) for route in routes if route.doc is not None]
    schemas, components = _schemas(described)
    paths: dict[str, Json] = {}
    for route, doc in described:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, doc, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


def _operation(route: Route, doc: Operation, schemas: _Schemas) -> Json:
    operation: Json = {
        "operationId": re.sub(r"[^a-z0-9]+", "_", f"{route.method}{route.path}".lower()).strip("_"),
        "summary": doc.summary,
        "tags": list(doc.tags or (route.owner,)),
        "parameters": [_parameter(parameter) for parameter in _parameters(route, doc)],
        "security": _requirement(doc.security, route.method),
        "responses": {str(doc.status): _success(doc, schemas)},
    }
    if doc.description:
        operation["description"] = doc.description
    if doc.upload:
        file = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": file}}}
    elif doc.request is not None:
        content = {"application/json": {"schema": schemas.of(doc.request)}}
        operation["requestBody"] = {"required": True, "content": content}
    for status in sorted(_errors(route, doc)):
        operation["responses"][str(status)] = {
            "description": _WHY.get(status) or HTTPStatus(status).phrase,
            "content": {"application/json": {"schema": schemas.of(ErrorAnswer)}},
        }
    return operation


def _requirement(security: str, method: str) -> list[dict[str, list[str]]]:
    if security == "session" and method in _CHANGING:
        return [{"session": [], "csrf": []}]
    return [{security: []}] if security else []


def _errors(route: Route, doc: Operation) -> set[int]:
    errors = {*doc.errors, 503}
    if doc.request is not None or doc.upload:
        errors |= {400, 413, 415, 422}
    if doc.parameters:
        errors.add(422)
    if route.names:
        errors.add(404)
    if doc.security:
        errors.add(401)
    if doc.security == "session" and route.method in _CHANGING:
        errors.add(403)
    return errors


def _parameters(route: Route, doc: Operation) -> list[Parameter]:
    said = {parameter.name for parameter in doc.parameters if parameter.place == "path"}
    ids = [Parameter(name, ID, place="path") for name in route.names if name not in said]
    return [*ids, *doc.parameters]


def _parameter(parameter: Parameter) -> Json:
    made: Json = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required or parameter.place == "path",
        "schema": dict(parameter.schema),
    }
    return {**made, "description": parameter.description} if parameter.description else made


def _success(doc: Operation, schemas: _Schemas) -> Json:
    made: Json = {"description": HTTPStatus(doc.status).phrase}
    if doc.media != "application/json":
        made["content"] = {doc.media: {"schema": {"type": "string"}}}
    elif doc.response is not None:
        made["content"] = {"application/json": {"schema": schemas.of(doc.response)}}
    return made


class _Schemas:
    """Finds the schema of a type among those made."""

    def __init__(self, types: Sequence[Any], made: Sequence[Json]) -> None:
        # By identity: list[Message] is another object each time it is written, and not every type can be hashed.
        self._made = {id(one): schema for one, schema in zip(types, made, strict=True)}

    def of(self, type: Any) -> Json:
        """The type's schema, mostly a reference."""
        return dict(type) if isinstance(type, Mapping) else self._made[id(type)]


def _schemas(described: Iterable[tuple[Route, Operation]]) -> tuple[_Schemas, Json]:
    plain: list[Any] = [ErrorAnswer]
    models: dict[str, list[type[BaseModel]]] = {}
    for route, doc in described:
        for found in (doc.request, doc.response):
            if isinstance(found, type) and issubclass(found, BaseModel):
                models.setdefault(route.owner, []).append(found)
            elif found is not None and not isinstance(found, Mapping):
                plain.append(found)
    made, components = msgspec.json.schema_components(plain, ref_template=_REF + "{name}")
    types, schemas = list(plain), list(made)
    for owner, found_models in models.items():
        # Two plugins may have models of the same name; msgspec tells such types apart by itself.
        wanted = [(model, "validation") for model in found_models]
        refs, shared = models_json_schema(wanted, ref_template=f"{_REF}{owner}.{{model}}")  # type: ignore[arg-type]
        types += [model for model, _ in wanted]
        schemas += [refs[model, "validation"] for model, _ in wanted]
        components.update({f"{owner}.{name}": schema for name, schema in shared.get("$defs", {}).items()})
    return _Schemas(types, schemas), dict(sorted(components.items()))
