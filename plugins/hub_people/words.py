"""What is said to people, in Chinese and English."""

from __future__ import annotations

from typing import Final

from hub import Conflict, Refused, worded

_SAID: Final[dict[str, tuple[str, str]]] = {
    "connected": ("已为您接通，会话会在这里继续。", "You are connected: our conversation goes on here."),
    "elsewhere": (
        "这个验证码请在您要换到的另一个渠道发送，在这里不用输入。",
        "Please write this code on the other channel you want to go on with; here it is not needed.",
    ),
    "same": ("{channel} · 同一位客户", "{channel} · same customer"),
    "same:claim": ("{channel} · 同一位客户（验证码确认）", "{channel} · same customer (shown by a code)"),
    "erased": ("（内容已应客户要求删除）", "(erased at the customer's request)"),
    "nobody": ("已删除的客户", "Erased customer"),
    # the page of a link
    "title": ("继续同一会话", "Go on with the same conversation"),
    "lead": ("请选择您要继续对话的方式，原来的客服会在那里为您服务。", "Choose where to go on; the same colleague serves you."),
    "chat": ("在网页聊天中继续", "Go on in the web chat"),
    "scan": ("用 {channel} 扫码，或在手机上点击", "Scan with {channel}, or press on your phone"),
    "over": ("此链接已使用或已过期，请向客服索取新的链接。", "This link was used or has expired. Please ask for a new one."),
    # the command line
    "people": ("客户数据", "the data of customers"),
    "erase": ("删除一位客户的个人数据，统计数字保留", "erase a customer's personal data; numbers stay"),
    "person_id": ("客户编号", "the customer's id"),
    "finish": ("先结束其进行中的会话", "end their open conversation first"),
    "done": (
        "已删除：消息 {messages} 条，身份 {identities} 个，文件 {files} 个",
        "erased: {messages} messages, {identities} identities, {files} files",
    ),
    "later": (
        "以下实例会在中枢运行时删除各自保存的数据：{instances}（hub people erasures 可查看进度）",
        "these erase what they keep themselves once they run: {instances} (hub people erasures tells how far they are)",
    ),
    "erasures": ("还有哪些实例未删除已删除客户的数据", "which instances have still to erase what they keep of erased customers"),
    "gone": ("不再等待这个不会再运行的实例", "do not wait any more for this instance, which will never run again"),
    "spared": ("不再等待 {instance}", "{instance} is not waited for any more"),
    "all_done": ("没有待完成的删除", "nothing is left to erase"),
    "duty": ("{at}  客户 {person}  {instance}", "{at}  customer {person}  {instance}"),
    "failed": ("  已尝试 {attempts} 次，最近一次：{error}", "  tried {attempts} times, the last: {error}"),
    "files_left": ("等待媒体存储删除的文件：{files} 个", "files the media store has still to erase: {files}"),
}  # fmt: skip


def words(code: str, locale: str, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    return worded(_SAID[code], locale, **facts)


_REFUSED: Final[dict[str, tuple[int, str, str]]] = {
    "not_found": (404, "没有这条记录，或您无权查看。", "There is no such thing, or you may not see it."),
    "open_conversation": (
        409,
        "客户有进行中的会话，请先结束会话。",
        "The customer has an open conversation; end it first.",
    ),
    "decided": (409, "这一项已经有人处理过了。", "Somebody has decided this already."),
    "closed": (409, "会话已结束。", "This conversation is closed."),
    "too_many_claims": (
        503,
        "等待使用的验证码太多，请过几分钟再试。",
        "Too many codes are waiting to be used; try again in a few minutes.",
    ),
    "same_person": (409, "这两位已经是同一位客户。", "These are one person already."),
    "undone": (409, "这两位客户已经分开了。", "These people have parted already."),
    "erased": (409, "合并时带来的数据已被删除，无法再分开。", "What this merge joined was erased since."),
}


def refused(code: str, locale: str) -> Refused:
    """The refusal `code` in `locale`."""
    status, chinese, english = _REFUSED[code]
    return Refused(status, code, worded((chinese, english), locale))


def changed(locale: str) -> Conflict:
    """Somebody else was faster with these people."""
    said = "刚刚有人改动了这些客户，请再试一次。", "Somebody has just changed these people; try again."
    return Conflict(worded(said, locale))
