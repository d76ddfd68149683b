"""What ``hub new`` says, in Chinese and English."""

from __future__ import annotations

from typing import Final

from hub import worded

WORDS: Final[dict[str, tuple[str, str]]] = {
    "new": ("生成一个可以直接运行的插件项目", "write a plugin to begin with: a project that works"),
    "channel": ("渠道：Webhook 收消息，HTTP 接口发消息", "a channel: a webhook brings messages, an HTTP API takes them"),
    "bot": ("机器人：回答客户，或转给人工", "a bot: answers customers, or hands over to people"),
    "crm": ("CRM：识别客户，并同步发生的一切", "a CRM: says who a customer is, and is told what happens"),
    "survey": ("问卷：会话结束后邀请客户评价", "a survey: asks customers how it was when a conversation ends"),
    "name": ("插件名，如 doorbell 或 my-shop", "the plugin's name, such as doorbell or my-shop"),
    "title": ("给人看的名称，默认同插件名", "the name for people to read; the plugin's name when left out"),
    "to": ("在此目录下新建项目目录，默认当前目录", "the folder the project's folder is made in; the present one when left out"),
    "bad_name": (
        "插件名 {name!r} 不合规：以小写字母开头，只含小写字母、数字和单个连字符，最多 40 个字符，如 my-shop",
        "{name!r} is no name for a plugin: small letters, digits and single hyphens, a letter first, at most 40, such as my-shop",
    ),
    "taken": ("已经安装了名为 {name} 的插件，请换一个名字", "there is a plugin called {name} already: choose another name"),
    "reserved": ("{name} 是配置文件的保留项，请换一个名字", "{name} is a section of the configuration: choose another name"),
    "exists": ("{folder} 已经存在，没有改动任何文件", "{folder} exists already; nothing was written"),
    "no_folder": ("{folder} 不是一个目录", "{folder} is no folder"),
    "bad_title": ("名称应为一行、最多 60 个字符", "a title is one line of at most 60 characters"),
    "written": ("已生成 {folder}（{count} 个文件）。接下来：", "{folder} is written ({count} files). Go on with:"),
}


def word(locale: str, code: str, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    return worded(WORDS[code], locale, **facts)
