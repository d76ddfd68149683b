"""What the command line says, in Chinese and English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "hub": ("前台：由插件组成的客服中枢", "Frontdesk: a hub for customer service made of plugins"),
    # commands
    "serve": ("启动服务", "start the hub"),
    "check": ("检查配置，一次列出全部问题", "check a configuration and list everything that is wrong with it"),
    "schema": ("输出配置的 JSON Schema，供编辑器使用", "print the JSON schema of the configuration, for editors"),
    "plugins": ("列出已安装的插件", "list the installed plugins"),
    # arguments
    "file": ("YAML 配置文件", "the YAML configuration"),
    "named": ("同时列出此配置中的实例", "also list the instances of this configuration"),
    "host": ("监听地址（默认 127.0.0.1）", "address to listen on (default 127.0.0.1)"),
    "port": ("监听端口（默认 8080）", "port to listen on (default 8080)"),
    "bad_port": ("端口应为 0 到 65535 之间的整数", "a port is a whole number from 0 to 65535"),
    "data": ("数据目录（默认 var）", "folder for what is stored (default var)"),
    "output": ("写入此文件，默认输出到标准输出", "write to this file instead of standard output"),
    # words of plugins
    "brought_by": ("由 {module} 提供", "brought by {module}"),
    "word_twice": ("命令 {name} 由多方提供：{both}", "the word {name} is brought by several: {both}"),
    "word_broken": ("命令 {name}（{module}）无法使用：{why}", "the word {name} ({module}) cannot be used: {why}"),
    "no_command": ("没有设置 command", "it sets no command"),
    # results
    "problems": ("共 {count} 个问题", "{count} problem(s)"),
    "failed": ("失败：{why}", "failed: {why}"),
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
}


def word(locale: str, code: str, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    return WORDS[code][not locale.startswith("zh")].format(**facts)
