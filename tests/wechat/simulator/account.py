"""One account on the platform: its settings, its customers, and what the platform keeps about them."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.wechat.simulator.crypto import Sealed

Kind = Literal["official", "miniprogram"]
UNAVAILABLE = "该公众号暂时无法提供服务，请稍后再试"
DAY = 24 * 3600.0
RULES: dict[str, tuple[int, float]] = {
    "message": (5, 2 * DAY), "click": (3, 60), "follow": (3, 60), "scan": (3, 60), "enter": (2, 60),
}  # fmt: skip
"""What a customer's action allows: messages, and for how many seconds."""


@dataclass
class Heard:
    """Something a customer got. `fields` are those of the reply or of the API call."""

    via: str
    kind: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Customer:
    """Somebody who talks to the account."""

    openid: str
    unionid: str = ""
    heard: list[Heard] = field(default_factory=list)
    typing: list[str] = field(default_factory=list)
    windows: dict[str, tuple[int, float]] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        """What they read, in order."""
        return [one.text for one in self.heard]


@dataclass
class File:
    """A temporary file: gone after `until`."""

    name: str
    data: bytes
    mime: str
    until: float
    kind: str = ""


@dataclass
class Account:
    """`callback` is where pushes go; `mode` plain, compatible or safe; `form` of bodies xml or json.

    `faults` are errcodes (negative HTTP statuses for ``http:503``) that the next calls of an API get; `calls` counts them.
    """

    appid: str
    secret: str
    token: str
    now: Callable[[], float]
    callback: str = ""
    kind: Kind = "official"
    mode: str = "plain"
    form: str = "xml"
    aes_key: str = ""
    original: str = "gh_0123456789ab"
    base: str = ""
    customers: dict[str, Customer] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    menus: list[Any] = field(default_factory=list)
    templates: list[dict[str, Any]] = field(default_factory=list)
    scenes: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    pushes: list[dict[str, Any]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    faults: dict[str, deque[int | str]] = field(default_factory=lambda: defaultdict(deque))
    gates: dict[str, Any] = field(default_factory=dict)
    refuse_all_tokens: bool = False
    human_until: dict[str, float] = field(default_factory=dict)
    _access: tuple[str, float] = ("", 0.0)
    _numbers: Any = field(default_factory=itertools.count)

    # -- customers ------------------------------------------------------------------------------

    def customer(self, openid: str) -> Customer:
        """The customer; new ones have a unionid of their own."""
        return self.customers.setdefault(openid, Customer(openid, f"union-{openid}"))

    def acted(self, openid: str, rule: str) -> None:
        """A customer's action opens its window anew."""
        most, seconds = RULES[rule]
        self.customer(openid).windows[rule] = (most, self.now() + seconds)

    def spend(self, openid: str) -> int:
        """One message to the customer: the errcode, 0 when it may go."""
        windows, now = self.customer(openid).windows, self.now()
        alive = {rule: (left, until) for rule, (left, until) in windows.items() if until > now}
        if not alive:
            return 45015
        usable = {rule: one for rule, one in alive.items() if one[0] > 0}
        if not usable:
            return 45047
        rule = min(usable, key=lambda name: usable[name][1])
        left, until = usable[rule]
        windows[rule] = (left - 1, until)
        return 0

    def gets(self, openid: str, via: str, fields: dict[str, Any]) -> Heard:
        """A message reaches the customer."""
        kind = str(fields.get("MsgType") or fields.get("msgtype") or "text")
        heard = Heard(via, kind, _words(kind, fields), fields)
        self.customer(openid).heard.append(heard)
        return heard

    # -- tokens ---------------------------------------------------------------------------------

    def number(self) -> int:
        """A number nobody had."""
        return next(self._numbers)

    def access_token(self) -> tuple[str, int]:
        """As stable_token answers: the same while it is good, another five minutes before its end."""
        token, until = self._access
        if until - self.now() <= 300:
            token, until = f"{self.appid}-token-{self.number()}".ljust(512, "x"), self.now() + 7200
            self._access = (token, until)
        return token, int(until - self.now())

    def expire_token(self) -> None:
        """The token is good no longer, whatever was said."""
        self._access = ("", 0.0)

    def token_error(self, token: str) -> int:
        """0 for the token that is good now."""
        known, until = self._access
        if self.refuse_all_tokens or not known or token != known:
            return 40001
        return 42001 if until <= self.now() else 0

    # -- files ----------------------------------------------------------------------------------

    def keep(self, name: str, data: bytes, mime: str, kind: str = "") -> str:
        """A temporary file for three days; its media id."""
        media_id = f"media-{self.number()}"
        self.files[media_id] = File(name, data, mime, self.now() + 3 * DAY, kind)
        return media_id

    def file(self, media_id: str) -> File | None:
        """The file, unless it is gone."""
        found = self.files.get(media_id)
        return found if found is not None and found.until > self.now() else None

    @property
    def sealed(self) -> Sealed:
        """How bodies are sealed."""
        return Sealed(self.aes_key, self.appid)


def _words(kind: str, fields: dict[str, Any]) -> str:
    """What the customer reads."""
    inner = fields.get(kind)
    if "touser" not in fields:
        if kind == "news":
            return "\n".join(_article(one) for one in fields["Articles"])
        return str(fields.get("Content", "")) if kind == "text" else f"[{kind}]"
    assert isinstance(inner, dict)
    if kind == "text":
        return str(inner["content"])
    if kind == "news":
        return "\n".join(_article(one) for one in inner["articles"])
    if kind == "link":
        return _article(inner)
    if kind == "msgmenu":
        lines = [inner.get("head_content", ""), *(f"{one['content']}" for one in inner["list"]), inner.get("tail_content", "")]
        return "\n".join(line for line in lines if line)
    return f"[{kind}]"


def _article(one: dict[str, Any]) -> str:
    named = {name.lower(): value for name, value in one.items()}
    return "\n".join(str(named[name]) for name in ("title", "description", "url") if named.get(name))
