"""From the platform's text to words: without the bot's own name, other names and faces as people read them."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Collection
from typing import Final

import msgspec

from hub import Element, Mention, Quote, Text
from hub_qq.events import Said

_NAMED: Final = re.compile(r"<@!?([0-9A-Za-z_-]+)>")
_FACE: Final = re.compile(r"<faceType=\d+[^<>]*?(?:ext=\"([0-9A-Za-z+/=_-]*)\")?>")
_EMOJI: Final = re.compile(r"<emoji:\d+>")
FACE: Final = "[表情]"


class _Ext(msgspec.Struct):
    text: str = ""


def words_of(said: Said, ours: Collection[str]) -> tuple[Element, ...]:
    """What was said, as elements; nothing where nothing is left. `ours` are the ids the bot goes by.

    A message that only names the bot is a `Mention` of it: that asks for something too.
    """
    known = {one.id: one for one in said.mentions}
    named_us = False

    def name(found: re.Match[str]) -> str:
        nonlocal named_us
        id = found[1]
        if id in ours or (id in known and known[id].ours):
            named_us = True
            return " "
        return f"@{known[id].name or id}" if id in known else f"@{id}"

    text = _EMOJI.sub(FACE, _FACE.sub(_face, _NAMED.sub(name, said.text)))
    if said.place.scene in ("channel", "dms"):
        text = html.unescape(text)
    alone = said.place.scene in ("group", "channel")
    if alone or named_us:
        text = text.strip()
    quote = (Quote("", said.quoted),) if said.quoted else ()
    if text.strip():
        return (*quote, Text(text))
    # In a group the name is not in the text: whoever writes nothing else has called the bot.
    called = alone and said.named and not said.files
    return (*quote, Mention(next(iter(ours), ""))) if called else ()


def _face(found: re.Match[str]) -> str:
    """A face has its name with it, as base64 of JSON."""
    packed = found[1]
    if not packed:
        return FACE
    try:
        text = msgspec.json.decode(base64.b64decode(packed + "=" * (-len(packed) % 4)), type=_Ext).text
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return FACE
    return f"[{text.strip('[]/')}]" if text else FACE
