"""What stands for pieces of a message that the hub has no element for, in both languages."""

from __future__ import annotations

from typing import Final

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "face": ("表情", "face"),
    "mface": ("表情", "sticker"),
    "bface": ("表情", "sticker"),
    "sface": ("表情", "face"),
    "image": ("图片", "image"),
    "record": ("语音", "voice message"),
    "video": ("视频", "video"),
    "file": ("文件", "file"),
    "location": ("位置", "location"),
    "rps": ("猜拳", "rock paper scissors"),
    "dice": ("骰子", "dice"),
    "shake": ("窗口抖动", "nudge"),
    "poke": ("戳一戳", "poke"),
    "contact": ("推荐名片", "contact"),
    "music": ("音乐", "music"),
    "forward": ("合并转发", "forwarded messages"),
    "node": ("合并转发", "forwarded messages"),
    "xml": ("卡片消息", "card"),
    "json": ("卡片消息", "card"),
    "markdown": ("卡片消息", "card"),
    "redbag": ("红包", "red packet"),
    "gift": ("礼物", "gift"),
    "anonymous": ("匿名", "anonymous"),
    "empty": ("空消息", "empty message"),
    "more": ("消息太长，后面的内容未显示", "too long, the rest is left out"),
    "everybody": ("全体成员", "everybody"),
}


def word(name: str, locale: str) -> str:
    """The word called `name`; the name itself for what nobody knows."""
    return _WORDS.get(name, (name, name))[0 if locale.startswith("zh") else 1]


def label(name: str, locale: str, detail: str = "") -> str:
    """The same in brackets, with a detail: ``[表情 14]``."""
    return f"[{word(name, locale)} {detail}]" if detail else f"[{word(name, locale)}]"
