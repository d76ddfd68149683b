"""What the YAML may say about a WeChat account."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)  # fmt: skip

from hub import OptionalText, PluginConfig, Size

Account = Literal["official", "miniprogram"]
Mode = Literal["plain", "compatible", "safe"]

AES_KEY: Final = re.compile(r"[A-Za-z0-9+/]{43}")
TOKEN: Final = re.compile(r"[A-Za-z0-9]{3,32}")


def _aes_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if text and not AES_KEY.fullmatch(text):
        raise ValueError("an EncodingAESKey has 43 letters and digits, as the platform shows it")
    return value


def _token(value: SecretStr) -> SecretStr:
    if not TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("a token has 3 to 32 letters and digits, the same as on the platform")
    return value


def _secret(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("the AppSecret is missing")
    return value


AesKey = Annotated[SecretStr, AfterValidator(_aes_key)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MenuItem(_Part):
    """A button of the menu: it says something (`key`), opens a page (`url`) or a mini-program, or has `items` below it."""

    name: Name
    key: str = Field("", max_length=128, description="The payload that bots get when it is pressed.")
    url: str = Field("", max_length=1024, pattern=r"^(https?://.+)?$")
    app_id: str = Field("", description="A mini-program to open; `page` is where, `url` for phones that cannot.")
    page: str = ""
    items: tuple[MenuItem, ...] = Field((), max_length=5)

    @model_validator(mode="after")
    def _one_thing(self) -> MenuItem:
        things = [bool(self.key), bool(self.items), bool(self.app_id), bool(self.url and not self.app_id)]
        if sum(things) != 1:
            raise ValueError("a button of the menu has exactly one of key, url, app_id, items")
        if self.app_id and not (self.page and self.url):
            raise ValueError("a button that opens a mini-program needs page and url as well")
        if any(item.items for item in self.items):
            raise ValueError("a menu has two levels")
        return self


class Template(_Part):
    """A template message (`kind: template`) or subscribe message (`kind: subscribe`) with its words.

    `data` are the template's fields; ``{name}`` in a text is filled in. `on` sends it by itself when such an event happens
    in a customer's conversation on this account.
    """

    id: str = Field(min_length=1, max_length=100, description="The template's id on the platform.")
    kind: Literal["template", "subscribe"] = "template"
    data: dict[str, str]
    url: str = Field("", pattern=r"^(https?://.+)?$")
    app_id: str = ""
    page: str = ""
    on: tuple[str, ...] = Field((), description="Events of the log, such as conversation.closed.")


class Transfer(_Part):
    """Customers who are to talk to people do so in WeChat's own desk (网页版客服)."""

    account: str = Field("", max_length=100, description="KfAccount: whom they get; empty: anybody.")


class Media(_Part):
    """Pictures, voice and video from customers."""

    max_bytes: Size = Field(20 * 1024 * 1024, ge=1, description="Larger ones are not fetched.")
    types: tuple[str, ...] = Field(
        (
            "image/png", "image/jpeg", "image/gif", "image/webp", "audio/amr", "audio/mpeg", "video/mp4", "application/pdf",
            "text/plain", "application/zip",
        ),
        description="MIME types that are kept, judged by the content.",
    )  # fmt: skip


class WeChatConfig(PluginConfig):
    """One account."""

    account: Account = Field("official", description="official: 公众号/服务号; miniprogram: 小程序客服.")
    app_id: str = Field(pattern=r"^[A-Za-z0-9_-]{3,64}$", description="AppID.")
    secret: Annotated[SecretStr, AfterValidator(_secret)] = Field(description="AppSecret.")
    token: Annotated[SecretStr, AfterValidator(_token)] = Field(description="The token of the server's settings.")
    mode: Mode = Field("plain", description="How messages are encrypted: 明文 plain, 兼容 compatible, 安全 safe.")
    aes_key: AesKey = Field(SecretStr(""), description="EncodingAESKey.")
    previous_aes_key: AesKey = Field(SecretStr(""), description="The one before, while the platform changes over.")
    replay_window: int = Field(300, ge=10, le=86_400, description="Seconds after which a signed push is refused as a replay.")
    welcome: OptionalText = Field(
        default={}, description="Said to new followers, and to those who enter the customer service of a mini-program."
    )
    unionid: bool = Field(True, description="Ask the platform for the unionid of new customers.")
    transfer_customer_service: Transfer | None = None
    menu: tuple[MenuItem, ...] | None = Field(
        None, max_length=3, description="Published at start when it changed; an empty list takes the menu away."
    )
    templates: dict[str, Template] = Field(default_factory=dict)
    media: Media = Media()
    api_url: str = Field("https://api.weixin.qq.com", pattern=r"^https?://[^/]+$", description="Where the platform's API is.")

    @model_validator(mode="after")
    def _fits(self) -> WeChatConfig:
        if self.mode != "plain" and not self.aes_key.get_secret_value():
            raise ValueError(f"mode {self.mode} needs aes_key")
        if self.account == "miniprogram" and self.menu is not None:
            raise ValueError("menu: a mini-program has none")
        if self.account == "miniprogram" and any(one.kind == "template" for one in self.templates.values()):
            raise ValueError("templates: a mini-program sends subscribe messages only")
        return self

    @property
    def aes_keys(self) -> tuple[str, ...]:
        """The keys that open messages, the current one first."""
        keys = (self.aes_key.get_secret_value(), self.previous_aes_key.get_secret_value())
        return tuple(key for key in keys if key)

    def label_of(self, key: str) -> str:
        """What the button with this key is called; "" where the menu has none."""
        top = self.menu or ()
        items = [*top, *(item for one in top for item in one.items)]
        return next((item.name for item in items if item.key == key), "")
