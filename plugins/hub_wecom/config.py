"""What the YAML may say about one corp's customer service accounts."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator

from hub import PluginConfig, Size

BASE_URL: Final = "https://qyapi.weixin.qq.com"


def _key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    try:
        right = len(text) == 43 and len(base64.b64decode(f"{text}=")) == 32
    except binascii.Error:
        right = False
    if text and not right:
        raise ValueError("an EncodingAESKey has 43 letters and digits, as the admin console shows it")
    return value


AesKey = Annotated[SecretStr, AfterValidator(_key)]
Account = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class MenuItem(BaseModel):
    """One line of the welcome menu: a choice, or with `url` a link."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(min_length=1, max_length=40, description="What the customer sees.")
    payload: str = Field("", max_length=40, description="What the bots get; the label where it is empty.")
    url: str = Field("", pattern=r"^(https?://.*)?$", description="A page to open instead.")


class Welcome(BaseModel):
    """What somebody reads who enters for the first time in two days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1, max_length=300, description="The words.")
    menu: tuple[MenuItem, ...] = Field((), max_length=10, description="Choices under them.")


class WeComConfig(PluginConfig):
    """One corp: its credentials, its accounts, and who serves."""

    corp_id: str = Field(pattern=r"^[0-9A-Za-z_-]{4,64}$", description="The corp's id (企业ID), such as ww0123456789abcdef.")
    secret: SecretStr = Field(min_length=1, description="Secret of the application that may call 微信客服.")
    token: SecretStr = Field(min_length=1, description="Token of the callback, as set in the admin console.")
    aes_key: AesKey = Field(min_length=1, description="EncodingAESKey of the callback.")
    previous_aes_key: AesKey = Field(SecretStr(""), description="The key before it, accepted while the console changes over.")
    accounts: tuple[Account, ...] = Field(
        min_length=1, max_length=100, description="The customer service accounts (open_kfid) the hub serves."
    )
    served_by: Literal["hub", "wecom"] = Field(
        "hub", description="Where people serve: at the hub's workbench, or in the WeCom program."
    )
    servicers: dict[str, str] = Field(
        default_factory=dict, description="WeCom userids of the hub's agents, by login: who is who on both sides."
    )
    team: str = Field("", description="Team whose queue shows what is handled in WeCom; empty: the default team.")
    welcome: Welcome | None = Field(None, description="Greets whoever enters, where the platform allows it.")
    voice: Literal["amr", "silk"] = Field("amr", description="Format of voice messages; media stores play amr.")
    max_bytes: Size = Field(20 * 1024 * 1024, ge=1, description="Largest file taken from a customer.")
    poll_every: float = Field(
        60, ge=10, le=3600, description="Seconds between looks without a callback; the platform limits them strictly."
    )
    callback_window: float = Field(300, ge=10, le=3600, description="Seconds a callback's timestamp may differ from the clock.")
    catch_up: float = Field(
        600, ge=0, le=259_200, description="How old messages may be that are answered at the very first start, in seconds."
    )
    base_url: str = Field(BASE_URL, pattern=r"^https?://[^/]+$", description="Where the platform's interface is.")

    @field_validator("accounts")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("each account is listed once")
        return value
