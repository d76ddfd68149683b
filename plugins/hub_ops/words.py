"""What the command line says, in Chinese and English."""

from __future__ import annotations

from typing import Final

from hub import worded

WORDS: Final[dict[str, tuple[str, str]]] = {
    # check, schema, plugins
    "check": ("检查配置，一次列出全部问题", "check a configuration and list everything that is wrong with it"),
    "schema": ("输出配置的 JSON Schema，供编辑器使用", "print the JSON schema of the configuration, for editors"),
    "plugins": ("列出已安装的插件", "list the installed plugins"),
    "file": ("YAML 配置文件", "the YAML configuration"),
    "named": ("同时列出此配置中的实例", "also list the instances of this configuration"),
    "output": ("写入此文件，默认输出到标准输出", "write to this file instead of standard output"),
    "checked": ("配置正确：{files} 个文件，实例：{instances}", "all is right: {files} file(s), instances: {instances}"),
    "left_out": ("未包含：{why}", "left out: {why}"),
    "head_name": ("插件", "PLUGIN"),
    "head_family": ("类别", "FAMILY"),
    "head_version": ("版本", "VERSION"),
    "head_requires": ("要求 hub", "REQUIRES HUB"),
    "head_state": ("状态", "STATE"),
    "head_instances": ("实例", "INSTANCES"),
    "head_summary": ("说明", "SUMMARY"),
    "usable": ("可用", "usable"),
    "unfit": ("不符", "unfit"),
    "broken": ("损坏", "broken"),
    # explain, dead-letters
    "explain": ("说明一条消息或一个会话的全部经过", "tell everything that happened to a message or a conversation"),
    "dead-letters": ("未能送达的消息", "messages that could not be delivered"),
    "list": ("列出未能送达的消息", "list them"),
    "retry": ("重新发送", "try one again from the start"),
    "drop": ("放弃发送", "give one up"),
    "any_id": ("消息或会话的编号", "a message's or a conversation's number"),
    "any_kind": ("编号属于什么，可省略", "what the number is of; may be left out"),
    "letter_id": ("消息编号", "the message's number"),
    "nothing": ("没有编号为 {id} 的消息或会话", "there is no message and no conversation {id}"),
    "no_letter": (
        "{id} 不在未能送达的消息之中，全部列于：hub dead-letters list",
        "{id} is none of what could not be delivered: hub dead-letters list shows all",
    ),
    "count": ("共 {count} 条未能送达", "{count} dead letter(s)"),
    "retried": ("{id} 将重新发送", "{id} will be tried again"),
    "dropped": ("已放弃 {id}", "{id} is given up"),
    "message": ("消息 {text}", "message {text}"),
    "waypoint": (
        "{queue}：渠道 {channel}，{state}，已尝试 {attempts} 次",
        "{queue}: channel {channel}, {state}, {attempts} attempt(s)",
    ),
    "conversation": ("会话 {id}，客户 {person} {name}", "conversation {id} with person {person} {name}"),
    "owner": ("{status}，归属 {owner}，原因 {reason}", "{status}, owned by {owner}, reason {reason}"),
    "leg": ("接入 {id}：渠道 {channel}，地址 {address}", "leg {id}: channel {channel}, address {address}"),
    "attempts": ("已尝试 {count} 次", "{count} attempt(s)"),
}


def word(locale: str, code: str, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    return worded(WORDS[code], locale, **facts)
