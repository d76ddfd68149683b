"""What the YAML may say about a QQ bot."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from hub import PluginConfig, Size

IMAGES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
OTHERS: Final = (
    "video/mp4", "audio/wav", "audio/amr", "audio/mpeg", "application/pdf", "application/zip", "text/plain",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)  # fmt: skip
GROUPS_AND_SINGLE: Final = 1 << 25
INTERACTIONS: Final = 1 << 26
DIRECT_MESSAGES: Final = 1 << 12
CHANNELS: Final = 1 << 30

_HTTP: Final = r"^https?://[^\s/]+(/\S*)?$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hosts(_Part):
    """Where the platform answers. Its documents name api.sgroup.qq.com and bots.qq.com as well."""

    api: str = Field("https://api.bot.qq.com", pattern=_HTTP, description="Start of all addresses of the API.")
    token: str = Field(
        "https://api.bot.qq.com/app/getAppAccessToken", pattern=_HTTP, description="Where access tokens are given out."
    )
    gateway: str = Field(
        "", pattern=r"^(wss?://\S+)?$", description="The gateway's address; empty: the one the API names."
    )


class Groups(_Part):
    """How groups and guild channels are served."""

    conversation: Literal["member", "group"] = Field(
        "member", description="Whose a conversation is: each member's own, or one for the whole group."
    )
    need_mention: bool = Field(True, description="Whether only messages that name the bot are heard.")


class Windows(_Part):
    """How long and how often a message may be answered, in seconds."""

    c2c: int = Field(3600, ge=1, description="In a single chat.")
    group: int = Field(300, ge=1, description="In a group.")
    channel: int = Field(300, ge=1, description="In a guild's channel, and in its direct messages.")
    replies: int = Field(5, ge=1, le=100, description="Answers to one message.")


class Files(_Part):
    """Files that customers send."""

    max_bytes: Size = Field(10 * 1024 * 1024, ge=1, description="Largest file that is fetched.")
    types: tuple[str, ...] = Field(IMAGES + OTHERS, description="MIME types that are kept, judged by the content.")
    seconds: float = Field(
        2.0, gt=0, le=20, description="How long fetching may hold a message up; later its link is kept instead."
    )


class Welcome(_Part):
    """Said once, without a conversation; an empty text says nothing."""

    friend: str = Field("", max_length=1000, description="To somebody who adds the bot.")
    group: str = Field("", max_length=1000, description="To a group the bot is added to.")


class QQConfig(PluginConfig):
    """One QQ bot."""

    app_id: str = Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z_-]+$", description="The bot's AppID.")
    secret: SecretStr = Field(min_length=8, description="The bot's AppSecret.")
    transport: Literal["webhook", "gateway"] = Field(
        "webhook", description="How events come: pushed to /<instance>/webhook, or by a WebSocket we open."
    )
    hosts: Hosts = Hosts()
    replay_window: int = Field(300, ge=5, description="Seconds a signed push stays good for; older ones are refused.")
    groups: Groups = Groups()
    windows: Windows = Windows()
    when_closed: Literal["drop", "proactive", "wait"] = Field(
        "wait",
        description="An answer the platform does not take any more: given up, sent as a message of our own accord, or sent "
        "when the customer writes again.",
    )
    proactive: bool = Field(False, description="Whether the bot may send of its own accord (the platform grants it).")
    buttons: bool = Field(False, description="Whether the bot may send buttons (the platform grants it).")
    markdown: bool = Field(False, description="Whether the bot may send Markdown; cards then get a heading and a link.")
    intents: int = Field(
        GROUPS_AND_SINGLE | INTERACTIONS | DIRECT_MESSAGES | CHANNELS, ge=1, description="Events asked of the gateway."
    )
    files: Files = Files()
    welcome: Welcome = Welcome()
    max_text: int = Field(2000, ge=1, le=20_000, description="Longest text in characters; longer ones go in parts.")
    per_second: float = Field(0, ge=0, description="Messages the bot sends in a second at most; 0: any number.")
    timeout: float = Field(10, ge=5, le=25, description="Seconds the platform has to answer a request.")

    @model_validator(mode="after")
    def _allowed(self) -> QQConfig:
        if self.when_closed == "proactive" and not self.proactive:
            raise ValueError("when_closed: proactive needs proactive: true, which says that the platform grants it")
        if self.buttons and not self.markdown:
            raise ValueError("buttons stand under a Markdown text: buttons: true needs markdown: true")
        return self
