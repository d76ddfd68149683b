"""From segments to elements: what the hub keeps of a message that came in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hub import (
    Attachment,
    Body,
    Card,
    Context,
    Element,
    File,
    Image,
    Location,
    Mention,
    PluginError,
    Quote,
    Refused,
    Text,
    Video,
    Voice,
)
from hub_onebot.api import Api
from hub_onebot.config import Media
from hub_onebot.cq import Segment, segments_of
from hub_onebot.fetching import Fetcher
from hub_onebot.ids import as_sent
from hub_onebot.memory import QUOTED, Memory
from hub_onebot.words import label, word

MOST: Final = 50
"""Elements a message of the hub may have."""


class Inward:
    """Reads the segments of messages."""

    def __init__(self, ctx: Context, config: Media, memory: Memory) -> None:
        self._ctx = ctx
        self._fetcher = Fetcher(ctx, config)
        self._memory = memory

    async def body(self, segments: Sequence[Segment], self_id: str, owner: str, api: Api | None) -> Body:
        """The message in elements. `owner` is whose the files are, `api` asks for quoted messages.

        Raises Refused (422) for a text of nothing but spaces, StoreUnavailable when a file cannot be kept.
        """
        body = _joined([await self._element(one, self_id, owner, api) for one in segments])
        if not body:
            # Something that the implementation has no words for; that something came is worth knowing.
            return (Text(label("empty", self._ctx.locale)),)
        told = tuple(one for one in body if not isinstance(one, Text) or one.text.strip())
        if not told:
            raise Refused(422, "bad_message", "the message is nothing but spaces")
        return told if len(told) <= MOST else (*told[: MOST - 1], Text(label("more", self._ctx.locale)))

    async def _element(self, segment: Segment, self_id: str, owner: str, api: Api | None) -> Element:
        data, locale = segment.data, self._ctx.locale
        match segment.type:
            case "text":
                return Text(segment.text)
            case "at" if data.get("qq") == "all":
                return Mention("all", word("everybody", locale))
            case "at" if data.get("qq"):
                return Mention(data["qq"], data.get("name", "").removeprefix("@"))
            case "reply" if data.get("id"):
                return await self._quote(data["id"], self_id, api)
            case "image" | "record" | "video" | "file":
                return self._medium(segment, await self._fetcher.fetch(segment, owner))
            case "location":
                return _location(data) or Text(label("location", locale, data.get("title", "")))
            case "share":
                link, picture = _web(data.get("url")), _web(data.get("image"))
                return Card(data.get("title") or data.get("url", ""), data.get("content", ""), link, picture)
            case "json":
                return _card(data.get("data", "")) or Text(label("json", locale))
            case "face":
                return Text(label("face", locale, data.get("id", "")))
        return Text(label(segment.type, locale, data.get("summary") or data.get("title", "")))

    def _medium(self, segment: Segment, found: Attachment | str) -> Element:
        if not found:
            return Text(label(segment.type, self._ctx.locale, segment.data.get("name", "")))
        kept = found if isinstance(found, Attachment) else Attachment(found, "", segment.data.get("name", ""), "", 0)
        match segment.type:
            case "image":
                words = segment.data.get("summary", "")[:200]
                return Image(kept.id, words, kept.name, kept.mime, kept.width, kept.height, kept.size)
            case "record":
                return Voice(kept.id, mime=kept.mime, size=kept.size)
            case "video":
                return Video(kept.id, name=kept.name, mime=kept.mime, size=kept.size)
        return File(kept.id, kept.name or word("file", self._ctx.locale), kept.mime, kept.size)

    async def _quote(self, id: str, self_id: str, api: Api | None) -> Quote:
        known = self._memory.find(self_id, id)
        if known is not None:
            return Quote(str(known.message_id), known.text)
        text = ""
        if api is not None:
            try:
                message = (await api.call("get_msg", {"message_id": as_sent(id)})).facts
                text = _told(segments_of(message.get("message") or ""), self._ctx.locale)
            except (PluginError, ValueError) as error:
                self._ctx.log.debug("a quoted message could not be had", error=str(error))
        return Quote("", text)


def _told(segments: Sequence[Segment], locale: str) -> str:
    """Words of a quoted message, without fetching anything."""
    said = (one for one in segments if one.type != "reply")
    return "".join(one.text if one.type == "text" else label(one.type, locale) for one in said)[:QUOTED]


def _joined(elements: Sequence[Element]) -> Body:
    """Texts that follow each other are one, so that a face in the middle of a sentence does not cut it."""
    joined: list[Element] = []
    for element in elements:
        if isinstance(element, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + element.text)
        elif not isinstance(element, Text) or element.text:
            joined.append(element)
    return tuple(joined)


def _location(data: Mapping[str, str]) -> Location | None:
    try:
        latitude, longitude = float(data.get("lat", "")), float(data.get("lon", ""))
    except ValueError:
        return None
    right = -90 <= latitude <= 90 and -180 <= longitude <= 180
    return Location(latitude, longitude, data.get("title", ""), data.get("content", "")) if right else None


def _card(written: str) -> Card | None:
    """The card in a JSON message (a mini-program, a shared page): its title, words and link, as far as they are found."""
    try:
        value = json.loads(written)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    meta = value.get("meta")
    details = [one for one in meta.values() if isinstance(one, dict)] if isinstance(meta, dict) else []
    detail: Mapping[str, Any] = details[0] if details else {}
    title = _first(detail, "title", "name") or _first(value, "prompt", "desc")
    if not title:
        return None
    link, picture = _first(detail, "qqdocurl", "jumpUrl", "jump_url", "url"), _first(detail, "preview", "image", "cover")
    return Card(title[:200], _first(detail, "desc", "summary")[:500], _web(link), _web(picture))


def _first(values: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := values.get(name), str) and value), "")


def _web(link: str | None) -> str:
    return link if link is not None and link.startswith(("https://", "http://")) else ""
