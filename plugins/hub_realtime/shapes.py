"""Records as the JSON values of docs/realtime.md: ids are strings, times milliseconds. Pure functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hub import Author, Body, Message

Json = dict[str, Any]


def message_shape(message: Message, *, link: Callable[[str], str] | None = None) -> Json:
    """A message. With `link` every element that has `media` also gets a `url` a browser can open."""
    return {
        "id": str(message.id),
        "conversation": str(message.conversation_id),
        "leg": str(message.leg_id),
        "direction": message.direction,
        "author": author_shape(message.author),
        "body": body_shape(message.body, link),
        "at": message.at,
        "state": message.state,
        "client_id": message.client_id,
        "code": message.code,
        "error": message.error,
    }


def author_shape(author: Author) -> Json:
    """Who said it."""
    return {"kind": author.kind, "id": author.id, "name": author.name}


def body_shape(body: Body, link: Callable[[str], str] | None = None) -> list[Json]:
    """The elements; what is on another server already has its address."""
    elements: list[Json] = list(msgspec.to_builtins(body))
    if link is not None:
        for element in elements:
            media = element.get("media")
            if media:
                element["url"] = media if media.startswith("https://") else link(media)
    return elements
