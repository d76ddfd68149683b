"""A message as the platform's own messages: by the API, or as the answer to a push."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from wechatpy import replies

from hub import Body, Buttons, Card, Element, Image, Text, Video, Voice, plain_text
from hub_wechat.client import Api
from hub_wechat.config import Account
from hub_wechat.forms import Form, cdata, write
from hub_wechat.pushes import Push
from hub_wechat.uploads import Uploads

MAX_TEXT: Final = 500
"""Characters: the platform takes 2048 bytes, and a character has up to four."""

MENU_ID: Final = 64
"""Longest payload that comes back from a menu message."""

KINDS: Final = {
    "official": frozenset({"text", "image", "voice", "video", "card", "buttons"}),
    "miniprogram": frozenset({"text", "image", "card"}),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of the platform's: `kind` is text, image, voice, video, card or menu; `attachment` ours behind `media_id`."""

    kind: str
    text: str = ""
    media_id: str = ""
    attachment: str = ""
    card: Card | None = None
    buttons: Buttons | None = None


class Pieces:
    """Turns bodies into pieces."""

    def __init__(self, account: Account, uploads: Uploads, locale: str) -> None:
        self._account = account
        self._uploads = uploads
        self._locale = locale

    async def of(self, body: Body) -> Sequence[Piece]:
        """The pieces of a body, in order; files are given to the platform first."""
        return [piece for element in body for piece in await self._of(element)]

    async def _of(self, element: Element) -> Sequence[Piece]:
        match element:
            case Image() | Voice() | Video():
                return await self._file(element)
            case Card(url=url, title=title) if url and title:
                return [Piece("card", card=element)]
            case Buttons(buttons=buttons) if _pressable(element) and self._account == "official":
                return [Piece("menu", buttons=element)] if buttons else []
            case Text(text=text):
                return _texts(text)
            case _:
                return _texts(plain_text((element,), self._locale))

    async def _file(self, element: Image | Voice | Video) -> Sequence[Piece]:
        label, media = plain_text((element,), self._locale), element.media
        if media.startswith(("https://", "http://")):
            return _texts(f"{label} {media}")
        kind = type(element).__name__.lower()
        media_id = await self._uploads.media_id(media, kind)
        return [Piece(kind, media_id=media_id, attachment=media)] if media_id else _texts(label)


def _texts(text: str) -> Sequence[Piece]:
    return [Piece("text", text[start : start + MAX_TEXT]) for start in range(0, len(text), MAX_TEXT)]


def _pressable(buttons: Buttons) -> bool:
    """Can all of it be a menu message, whose lines come back when they are pressed?"""
    return all(not one.url and len(one.payload or one.label) <= MENU_ID for one in buttons.buttons)


async def by_api(api: Api, account: Account, openid: str, piece: Piece) -> None:
    """Send a piece as a customer-service message."""
    message, card = api.message, piece.card
    if piece.kind == "text":
        await message.send_text(openid, piece.text)
    elif piece.kind == "menu" and piece.buttons is not None:
        lines = [{"id": one.payload or one.label, "content": one.label} for one in piece.buttons.buttons]
        await message.send_msg_menu(openid, {"head_content": piece.buttons.text, "list": lines, "tail_content": ""})
    elif card is not None:
        article = {"title": card.title, "description": card.text, "url": card.url, "image": _picture(card)}
        await (message.send_articles(openid, [article]) if account == "official" else message.send_link(openid, article))
    else:
        send = {"image": message.send_image, "voice": message.send_voice, "video": message.send_video}[piece.kind]
        await send(openid, piece.media_id)


def _picture(card: Card) -> str:
    return card.image if card.image.startswith(("https://", "http://")) else ""


# -- answers to pushes ------------------------------------------------------------------------------


class _Transfer(replies.TransferCustomerServiceReply):  # type: ignore[misc]
    """To WeChat's own desk, to one of its accounts where `kf_account` is given."""

    def render(self) -> str:
        account = str(getattr(self, "kf_account", ""))
        info = f"<TransInfo><KfAccount><![CDATA[{cdata(account)}]]></KfAccount></TransInfo>" if account else ""
        return str(super().render()).replace("</xml>", f"{info}</xml>")


def passive_kind(piece: Piece) -> bool:
    """Can the answer to a push be this?"""
    return piece.kind != "menu"


def answer_of(piece: Piece, push: Push, form: Form, now: float) -> str:
    """The body of an answer that carries a piece; texts survive whatever is in them."""
    if form == "json":
        return write({**_head(push, now), **_json(piece)}, form)
    common: dict[str, Any] = {"source": cdata(push.account), "target": cdata(push.openid), "time": int(now)}
    card = piece.card
    if piece.kind == "text":
        return str(replies.TextReply(content=cdata(piece.text), **common).render())
    if card is not None:
        article = {"title": card.title, "description": card.text, "url": card.url, "image": _picture(card)}
        articles = [{name: cdata(value) for name, value in article.items()}]
        return str(replies.ArticlesReply(articles=articles, **common).render())
    if piece.kind == "video":
        return str(replies.VideoReply(video={"media_id": cdata(piece.media_id)}, **common).render())
    reply = {"image": replies.ImageReply, "voice": replies.VoiceReply}[piece.kind]
    return str(reply(**{piece.kind: cdata(piece.media_id)}, **common).render())


def transfer_of(kf_account: str, push: Push, form: Form, now: float) -> str:
    """The body of an answer that gives the customer to WeChat's own desk."""
    if form == "json":
        info = {"TransInfo": {"KfAccount": kf_account}} if kf_account else {}
        return write({**_head(push, now), "MsgType": "transfer_customer_service", **info}, form)
    common = {"source": cdata(push.account), "target": cdata(push.openid), "time": int(now)}
    return _Transfer(kf_account=kf_account, **common).render()


def _head(push: Push, now: float) -> dict[str, Any]:
    return {"ToUserName": push.openid, "FromUserName": push.account, "CreateTime": int(now)}


def _json(piece: Piece) -> dict[str, Any]:
    card = piece.card
    if piece.kind == "text":
        return {"MsgType": "text", "Content": piece.text}
    if card is not None:
        article = {"Title": card.title, "Description": card.text, "PicUrl": _picture(card), "Url": card.url}
        return {"MsgType": "news", "ArticleCount": 1, "Articles": [article]}
    return {"MsgType": piece.kind, piece.kind.capitalize(): {"MediaId": piece.media_id}}
