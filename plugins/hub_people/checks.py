"""What cannot be meant in a policy, told with its place when the document is loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from hub import worded
from hub_people.config import Key, PeopleConfig

Found = tuple[tuple[str | int, ...], str]
"""Where in the configuration, and a sentence."""

BROUGHT: Final = ("unionid", "phone", "email")
"""Kinds that the channels of this project bring by themselves; a kind of one's own is brought by the signed claim ``keys``."""

ALIKE: Final = 0.8


def misfits_of(config: PeopleConfig, instances: Collection[str], locale: str) -> Iterator[Found]:
    """Keys that are there twice, that are probably misspelt, or that only count from channels which are not there.

    Without other `instances` in the document, which is then a part of one, nothing is said about channels.
    """
    seen: set[str] = set()
    for at, key in enumerate(config.keys):
        if key.kind in seen:
            told = f"密钥种类 {key.kind} 已经列出过", f"the key {key.kind} is there twice"
            yield ("keys", at, "kind"), worded(told, locale)
        seen.add(key.kind)
        yield from ((("keys", at, *way), said) for way, said in _of_key(key, instances, locale))


def _of_key(key: Key, instances: Collection[str], locale: str) -> Iterator[Found]:
    if key.kind not in BROUGHT and key.form is None and (near := _near(key.kind, BROUGHT, ALIKE)):
        chinese = f"没有渠道带来 {key.kind}（是否想写 {near}？如果确实叫这个名字，请写明它的 form）"
        english = f"no channel brings {key.kind} (did you mean {near}? A kind that is really called so says its form)"
        yield ("kind",), worded((chinese, english), locale)
    if "sources" in key.model_fields_set and not key.sources:
        told = "没有列出任何渠道；所有渠道都算数时请去掉 from", "names no channel; leave it out where all of them count"
        yield ("from",), worded(told, locale)
    for place, name in enumerate(key.sources):
        if instances and name not in instances:
            near = _near(name, instances, 0.6)
            chinese = f"没有名为 {name} 的实例" + (f"（是否想写 {near}？）" if near else "")
            english = f"there is no instance {name}" + (f" (did you mean {near}?)" if near else "")
            yield ("from", place), worded((chinese, english), locale)


def _near(word: str, known: Iterable[str], alike: float) -> str:
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=alike)), "")
