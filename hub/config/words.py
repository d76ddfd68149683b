"""What a check of a configuration says, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from hub.config.tree import Place, problem
from hub.errors import Problem

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    # reading
    "unreadable": ("无法读取文件：{why}", "cannot be read: {why}"),
    "too_big": ("文件超过 {limit} 字节", "the file is larger than {limit} bytes"),
    "no_utf8": ("文件不是 UTF-8 编码", "the file is not UTF-8"),
    "syntax": ("YAML 语法错误：{why}", "not valid YAML: {why}"),
    "too_deep": ("嵌套超过 {limit} 层", "nested more than {limit} deep"),
    "too_many": ("文档超过 {limit} 个值（包括引用展开的）", "more than {limit} values, counting those that aliases repeat"),
    "no_mapping": ("整个文档应是“键: 值”的形式", "the document should be a mapping of keys to values"),
    "duplicate": ("键 {key} 重复，首次出现在 {first}", "the key {key} stands here twice, first at {first}"),
    "odd_key": ("键必须是文本", "a key must be a plain text"),
    "merge_key": ("不支持合并键 <<", "the merge key << is not supported"),
    "merge_key_hint": ("请用 include 引入公共文件", "put what is common into a file and include it"),
    "unknown_tag": ("未知标签 {tag}", "unknown tag {tag}"),
    "unknown_tag_hint": ("只支持 !file", "the only tag is !file"),
    "tag_on_scalar": ("!file 后应是一个文件路径", "!file takes the path of a file"),
    # substitution
    "unset": ("环境变量 {name} 未设置", "the environment variable {name} is not set"),
    "unset_hint": ("请设置它，或写成 ${{{name}:-默认值}}", "set it, or write ${{{name}:-default}}"),
    "bad_variable": ("${{ 之后应是变量名和 }}", "after ${{ a variable's name and }} should follow"),
    "bad_variable_hint": ("如需原样的 ${{，请写 $${{", "for a plain ${{ write $${{"),
    "bad_file": ("无法读取 {file}:{why}", "cannot read {file}: {why}"),
    # including
    "include_kind": ("include 应是文件路径或其列表", "include takes a path or a list of paths"),
    "include_cycle": ("循环引入：{chain}", "files include each other in a circle: {chain}"),
    "include_many": ("引入的文件超过 {limit} 个", "more than {limit} files are included"),
    "clash": ("{path} 与 {other} 处的值冲突", "{path} says something else at {other}"),
    "clash_hint": ("只保留其中一处", "keep it in one of the two places"),
    # plugins
    "unknown_plugin": ("没有名为 {name} 的插件", "there is no plugin called {name}"),
    "install": ("请安装：pip install 'frontdesk-hub[{extra}]'", "install it: pip install 'frontdesk-hub[{extra}]'"),
    "known_plugins": ("已安装：{names}", "installed are: {names}"),
    "no_plugins": ("尚未安装任何插件", "no plugin is installed"),
    "same_name": ("实例名 {name} 已用于 {other}", "the instance name {name} is taken at {other}"),
    "same_name_hint": ("用 as 另起一个名字", "give this one another name with `as`"),
    "bad_name": (
        "实例名 {name} 应由小写字母开头，只含小写字母、数字、_ 和 -",
        "the instance name {name} should start with a small letter and hold only small letters, digits, _ and -",
    ),
    "bad_name_hint": ("用 as 起一个名字", "give it a name with `as`"),
    # sections
    "same_team": ("团队 {name} 已在 {other} 定义", "the team {name} is already defined at {other}"),
    "unknown_team": ("没有名为 {name} 的团队", "there is no team called {name}"),
    # pydantic
    "missing": ("缺少必填项", "is required"),
    "extra_forbidden": ("未知的键", "unknown key"),
    "did_you_mean": ("是否想写 {word}？", "did you mean {word}?"),
    "known_keys": ("可用的键：{names}", "known keys: {names}"),
    "no_keys": ("这里不接受任何键", "nothing can be set here"),
    "string_type": ("应为文本", "should be a text"),
    "quote_it": ("请加引号", "put it in quotes"),
    "int_type": ("应为整数", "should be a whole number"),
    "float_type": ("应为数字", "should be a number"),
    "bool_type": ("应为 true 或 false", "should be true or false"),
    "list_type": ("应为列表", "should be a list"),
    "dict_type": ("应为“键: 值”的形式", "should be a mapping of keys to values"),
    "literal_error": ("应为 {expected} 之一", "should be {expected}"),
    "greater_than": ("应大于 {gt}", "should be greater than {gt}"),
    "greater_than_equal": ("应不小于 {ge}", "should be at least {ge}"),
    "less_than": ("应小于 {lt}", "should be less than {lt}"),
    "less_than_equal": ("应不大于 {le}", "should be at most {le}"),
    "string_too_short": ("至少需要 {min_length} 个字符", "should have at least {min_length} characters"),
    "string_too_long": ("最多 {max_length} 个字符", "should have at most {max_length} characters"),
    "string_pattern_mismatch": ("应符合格式 {pattern}", "should match {pattern}"),
    "too_short": ("至少需要 {min_length} 项", "should have at least {min_length} items"),
    "too_long": ("最多 {max_length} 项", "should have at most {max_length} items"),
    "duration": ("应为时长，如 30s、10m、72h、7d", "should be a duration like 30s, 10m, 72h or 7d"),
    "size": ("应为大小，如 512KB、10MB、1GB", "should be a size like 512KB, 10MB or 1GB"),
    "timezone": ("不是有效的时区名", "is no time zone's name"),
    "timezone_hint": ("例如 Asia/Shanghai", "such as Asia/Shanghai"),
    "ip_any_network": ("应为网段，如 10.2.0.0/16", "should be a network like 10.2.0.0/16"),
    "web_url": ("应为 http:// 或 https:// 开头的地址", "should be an address that starts with http:// or https://"),
    "database": ("应为 postgres:// 开头的地址，或留空使用 SQLite", "should start with postgres://, or be empty for SQLite"),
    "no_text": ("至少要有一种语言的文本", "should have a text in at least one language"),
    "placeholder": ("{found} 不是可用的占位符", "{found} is no placeholder that can be used here"),
}
_SAME_AS: Final = {
    **dict.fromkeys(("int_parsing", "int_from_float", "int_parsing_size"), "int_type"),
    **dict.fromkeys(("tuple_type", "set_type", "frozen_set_type"), "list_type"),
    **dict.fromkeys(("model_type", "model_attributes_type", "mapping_type"), "dict_type"),
    "float_parsing": "float_type", "bool_parsing": "bool_type", "enum": "literal_error",
}


def say(locale: str, code: str, /, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    chinese = locale.startswith("zh")
    if chinese and "expected" in facts:
        facts["expected"] = str(facts["expected"]).replace(" or ", "、").replace(", ", "、")
    return SENTENCES[_SAME_AS.get(code, code)][not chinese].format(**facts)


def has(code: str) -> bool:
    """Whether there is a sentence for this kind of pydantic error."""
    return _SAME_AS.get(code, code) in SENTENCES


def fault(locale: str, place: Place, code: str, /, hint: str = "", **facts: Any) -> Problem:
    """What is wrong at `place`: the sentence `code`, and as a hint ``code_hint`` where there is none better."""
    if not hint and f"{code}_hint" in SENTENCES:
        hint = say(locale, f"{code}_hint", **facts)
    return problem(place, say(locale, code, **facts), (facts["key"],) if "key" in facts else (), hint)


def did_you_mean(locale: str, word: str, known: Iterable[str]) -> str:
    """A hint with the known word that resembles `word`, or nothing."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return say(locale, "did_you_mean", word=close[0]) if close else ""
