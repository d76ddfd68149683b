"""What this channel says in words of its own, in Chinese and English."""

from __future__ import annotations

from typing import Final

from hub import worded

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "image_gone": ("[图片已过期]", "[picture no longer available]"),
    "voice_gone": ("[语音已过期]", "[voice message no longer available]"),
    "video_gone": ("[视频已过期]", "[video no longer available]"),
    "file_gone": ("[文件已过期]", "[file no longer available]"),
    "image_refused": ("[图片无法保存]", "[picture could not be kept]"),
    "voice_refused": ("[语音无法保存]", "[voice message could not be kept]"),
    "video_refused": ("[视频无法保存]", "[video could not be kept]"),
    "file_refused": ("[文件无法保存]", "[file could not be kept]"),
    "unsupported": ("[暂不支持的消息：{kind}]", "[unsupported message: {kind}]"),
    "mini_program": ("小程序 {appid} {path}", "Mini program {appid} {path}"),
    "business_card": ("[名片] {userid}", "[business card] {userid}"),
    "product": ("商品 {price} · {shop}", "Product {price} · {shop}"),
    "order": ("订单 {id} {state} {price} · {shop}", "Order {id} {state} {price} · {shop}"),
    "chat_record": ("[聊天记录] {title}", "[chat record] {title}"),
    "came_by_link": ("通过链接进入会话", "came by a link"),
    "handled": ("由企业微信的 {who} 接待", "Handled in WeCom by {who}"),
    "handled_over": ("企业微信中的会话已结束", "The session in WeCom has ended"),
    "recalled": ("客户撤回了一条消息：{text}", "The customer took a message back: {text}"),
    "recalled_unknown": ("客户撤回了一条消息", "The customer took a message back"),
    "staff_recalled": ("{who} 在企业微信撤回了一条消息", "{who} took a message back in WeCom"),
    "offline": ("接待人员 {who} 暂时无法在企业微信接待（{why}）", "{who} cannot serve in WeCom now ({why})"),
    "no_userid": (
        "{who} 没有对应的企业微信成员，会话留在企业微信的接待池",
        "{who} has no WeCom userid; the session stays in WeCom's queue",
    ),
    "please_wait": (
        "客服暂时不在线，已为您重新排队，请稍候。",
        "Nobody is available at the moment; you are back in the queue, please wait.",
    ),
    "still_handled": ("会话正由企业微信的 {who} 接待", "this session is handled in WeCom by {who}"),
    "still_waiting": ("会话在企业微信的接待池中排队", "this session waits in WeCom's queue"),
    "over": ("会话已结束，客户再次发消息后才能回复", "the session has ended; the customer has to write again"),
    "somebody": ("接待人员", "somebody"),
}


def words(key: str, locale: str, **values: str) -> str:
    """The sentence called `key` for a reader of `locale`."""
    return worded(_WORDS[key], locale, **values)
