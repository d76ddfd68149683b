"""How a route describes itself for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Schema = Mapping[str, Any]
"""JSON Schema (2020-12)."""

SESSION_COOKIE: Final = "frontdesk_session"
CSRF_HEADER: Final = "X-CSRF-Token"
"""How the people who work here show who they are, whichever plugin signed them in."""

ID: Final[Schema] = {"type": "string", "pattern": "^[0-9]{1,18}$", "description": "An id of the hub."}


def whole(least: int, most: int, default: int | None = None) -> Schema:
    """The schema of a whole number from `least` to `most`."""
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return schema if default is None else {**schema, "default": default}


def one_of(*words: str, default: str | None = None) -> Schema:
    """The schema of a word that is one of `words`."""
    schema = {"type": "string", "enum": list(words)}
    return schema if default is None else {**schema, "default": default}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value in the query, the path or a header."""

    name: str
    schema: Schema
    description: str = ""
    required: bool = False
    place: Literal["query", "path", "header"] = "query"


@dataclass(frozen=True, slots=True)
class Operation:
    """What one route takes and gives.

    `request` and `response` are msgspec or pydantic types (or a JSON schema), `status` the success; without `response` it
    has no body. `errors` are statuses besides those that follow from the rest: 400, 413, 415 and 422 from a `request`, 404 from a
    name in the path (an id, unless a parameter says otherwise), 422 from parameters, 401 and 403 from `security`, and 503.

    `security` is ``session`` (the cookie of who works here; for changes also the CSRF header), ``bearer`` (a token) or nothing.
    `upload` takes a file as multipart field ``file`` instead of JSON; `media` is the content type of the answer.
    """

    summary: str
    request: Any = None
    response: Any = None
    status: int = 200
    errors: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    security: Literal["", "session", "bearer"] = ""
    tags: tuple[str, ...] = ()
    upload: bool = False
    media: str = "application/json"
    description: str = ""
