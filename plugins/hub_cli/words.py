"""What the command line says."""

from __future__ import annotations

from typing import Final

from hub import worded

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "hub": ("前台：由插件组成的客服中枢", "Frontdesk: a hub for customer service made of plugins"),
    "serve": ("启动服务", "start the hub"),
    "file": ("YAML 配置文件", "the YAML configuration"),
    "host": ("监听地址（默认 127.0.0.1）", "address to listen on (default 127.0.0.1)"),
    "port": ("监听端口（默认 8080）", "port to listen on (default 8080)"),
    "bad_port": ("端口应为 0 到 65535 之间的整数", "a port is a whole number from 0 to 65535"),
    "data": ("数据目录（默认 var）", "folder for what is stored (default var)"),
    "config": ("YAML 配置文件：其中的数据库、班组和对外地址", "the YAML configuration: its database, teams and public address"),
    "brought_by": ("由 {module} 提供", "brought by {module}"),
    "word_twice": ("命令 {name} 由多方提供：{both}", "the word {name} is brought by several: {both}"),
    "word_broken": ("命令 {name}（{module}）无法使用：{why}", "the word {name} ({module}) cannot be used: {why}"),
    "no_command": ("没有设置 command", "it sets no command"),
    "missing": ("缺少参数：{names}", "the following arguments are required: {names}"),
    "unknown": ("没有这样的参数：{said}", "there are no such arguments: {said}"),
    "no_choice": ("{name} 不能是 {said}，可选：{choices}", "{name} cannot be {said}; there are {choices}"),
    "no_integer": ("{name} 应为整数，而不是 {said}", "{name} is a whole number, not {said}"),
    "no_value": ("{name} 之后缺少值", "{name} is followed by a value"),
    "not_both": ("{name} 与 {other} 只能写一个", "{name} and {other}: only one of them may be given"),
    "one_of": ("应写其中一个：{names}", "one of these is required: {names}"),
    "of_one": ("{name} 有误：{why}", "{name} is wrong: {why}"),
    "meant": ("（是否想写 {word}？）", " (did you mean {word}?)"),
    "see_help": ("用法见：{prog} --help", "how it is written: {prog} --help"),
    "problems": ("共 {count} 个问题", "{count} problem(s)"),
    "failed": ("失败：{why}", "failed: {why}"),
    "ready": ("{name}已启动：{url}", "{name} is ready: {url}"),
    "stopping": ("正在停止……再按一次 Ctrl+C 立即退出", "stopping … press Ctrl+C again to exit at once"),
    "stopped": ("已停止", "stopped"),
    "no_address": ("无法监听 {host}:{port}：{why}", "cannot listen on {host}:{port}: {why}"),
    "no_store": ("无法打开数据目录 {data}：{why}", "cannot open the data in {data}: {why}"),
    "no_start": ("启动失败：{why}", "could not start: {why}"),
}


def word(locale: str, code: str, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English), with the `facts` in it."""
    return worded(SENTENCES[code], locale, **facts)
