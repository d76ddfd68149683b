"""From elements to segments: what is sent to the implementation."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

import msgspec

from hub import (
    Attachment,
    Body,
    Context,
    Element,
    File,
    Image,
    Mention,
    Quote,
    Rejected,
    Text,
    Video,
    Voice,
    plain_text,
)
from hub_onebot.config import Media
from hub_onebot.cq import Segment, text
from hub_onebot.memory import Memory

KINDS: Final = frozenset({"text", "image", "voice", "video", "file", "mention", "quote"})


class Upload(msgspec.Struct, frozen=True):
    """A document, which is uploaded by an action of its own: where it is, or its bytes, and what it is called."""

    file: str
    name: str


class Outward:
    """Writes segments. What QQ takes only alone (voice, video, documents) becomes a message of its own."""

    def __init__(self, ctx: Context, config: Media, memory: Memory) -> None:
        self._ctx = ctx
        self._config = config
        self._memory = memory

    async def pieces(self, body: Body, self_id: str) -> Sequence[tuple[Segment, ...] | Upload]:
        """The messages to be sent, in this order. Raises Rejected where a file is gone or too large."""
        pieces: list[tuple[Segment, ...] | Upload] = []
        together: list[Segment] = []
        for element in body:
            match element:
                case Voice() | Video():
                    pieces += [tuple(together)] * bool(together)
                    together = []
                    kind = "record" if isinstance(element, Voice) else "video"
                    pieces.append((Segment(kind, {"file": await self._file(element.media)}),))
                case File() if self._config.files == "upload":
                    pieces += [tuple(together)] * bool(together)
                    together = []
                    pieces.append(Upload(await self._file(element.media), element.name))
                case _:
                    together.append(await self._segment(element, self_id))
        return [*pieces, *[tuple(together)] * bool(together)]

    async def _segment(self, element: Element, self_id: str) -> Segment:
        match element:
            case Text(text=words):
                return text(words)
            case Image(media=media):
                return Segment("image", {"file": await self._file(media)})
            case Mention(id=id):
                return Segment("at", {"qq": id})
            case Quote(message=message) if id := self._memory.platform_id(self_id, message):
                return Segment("reply", {"id": id})
            case File(media=media):
                return text("\n".join(part for part in (plain_text((element,), self._ctx.locale), self._link(media)) if part))
        return text(plain_text((element,), self._ctx.locale))

    async def _file(self, media: str) -> str:
        """What the parameter `file` says: a web address, or the bytes."""
        if media.startswith(("https://", "http://")):
            return media
        if self._config.send_as == "url" and (link := self._link(media)):
            return link
        attachment = await self._attachment(media)
        if attachment.size > int(self._config.max_bytes):
            raise Rejected(f"the file has {attachment.size} bytes; media.max_bytes allows {int(self._config.max_bytes)}")
        data = b"".join([chunk async for chunk in self._ctx.media.read(attachment)])
        return f"base64://{base64.b64encode(data).decode()}"

    async def _attachment(self, media: str) -> Attachment:
        attachment = await self._ctx.media.get(media)
        if attachment is None:
            raise Rejected("a file of this message is not there any more")
        return attachment

    def _link(self, media: str) -> str:
        """An address of this hub's; "" where nobody outside knows where it is."""
        if media.startswith(("https://", "http://")):
            return media
        path = self._ctx.media.url_for(media, f"/{self._ctx.name}/media")
        return path if path.startswith("http") else self._ctx.public_url and self._ctx.public_url + path
