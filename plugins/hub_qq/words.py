"""What the channel says to the people who work here, in Chinese and English."""

from __future__ import annotations

from typing import Final

from hub import worded

WORDS: Final[dict[str, tuple[str, str]]] = {
    "message": ("回复客户的消息，第 {number} 条", "answer {number} to the customer's message"),
    "click": ("回复客户的按钮点击，第 {number} 条", "answer {number} to the customer's pressing a button"),
    "proactive": ("已不能作为回复发送，改为主动消息：{why}", "no answer was possible, sent of our own accord: {why}"),
    "earlier": ("平台说这条已经收到过", "the platform says that it has this one already"),
    "waiting": ("{why}；客户再次发来消息时自动补发", "{why}; it goes out when the customer writes again"),
    "unknown": (
        "平台没有回应，不知道是否已送达；为避免重复，没有再发",
        "the platform did not answer, so nobody knows whether it arrived; it was not sent again, to be safe",
    ),
    "too_large": ("文件超过 {most} MB，QQ 不收", "the file has more than {most} MB, which QQ does not take"),
    "gone": ("文件已不存在", "the file is gone"),
    "refused": ("平台拒绝了这条消息（{code}）：{why}", "the platform refused the message ({code}): {why}"),
    "busy": ("平台限流（{code}）", "the platform asks to slow down ({code})"),
    "no_answer": ("平台没有回应", "the platform did not answer"),
    "unreached": ("连不上平台：{why}", "the platform cannot be reached: {why}"),
    "credentials": ("平台不认 AppID 或 AppSecret（{code}）", "the platform refuses the AppID or the AppSecret ({code})"),
    "no_token": ("平台没有给出访问凭证", "the platform gave no access token"),
    "banned": ("网关不再接受这个机器人（{code}）", "the gateway does not take this bot any more ({code})"),
    "40034006": ("内容违规", "its content is not allowed"),
    "40034101": ("机器人不在群里", "the bot is not in the group"),
    "40034105": ("没有主动消息的权限", "the bot may not send of its own accord"),
    "40054002": ("机器人被禁言", "the bot is muted"),
    "40054003": ("机器人不在群里", "the bot is not in the group"),
    "40054004": ("客户不是好友", "the customer has not added the bot"),
    "40054007": ("内容太长", "it is too long"),
    "40054010": ("不允许发送链接", "links are not allowed"),
    "40054013": ("客户拒收消息", "the customer does not take messages"),
}


def word(locale: str, name: str, /, **facts: object) -> str:
    """The sentence `name` in `locale` (zh-CN, else English)."""
    return worded(WORDS[name], locale, **facts)


def reason(locale: str, code: str, said: str) -> str:
    """Why the platform refused: in our words where we have some, else in its own."""
    return word(locale, code) if code in WORDS else said
