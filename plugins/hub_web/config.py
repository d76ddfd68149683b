"""What the YAML may say about a web chat."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from hub import LocalText, OptionalText, PluginConfig, Size

IMAGES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
DOCUMENTS: Final = (
    "application/pdf",
    "text/plain",
    "application/zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")


def _origin(value: str) -> str:
    origin = value.rstrip("/").lower()
    if origin != "*" and not _ORIGIN.fullmatch(origin):
        raise ValueError("an origin is a scheme and a host, such as https://shop.example.com, or * for any site")
    return origin


Origin = Annotated[str, AfterValidator(_origin)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Part):
    """A question offered under the greeting."""

    label: LocalText = Field(description="What the visitor sees and, without a payload, says by pressing it.")
    payload: str = Field("", max_length=200, description="What the bot gets; hub:human asks for a person.")


class Uploads(_Part):
    """What visitors may send besides words."""

    max_bytes: Size = Field(10 * 1024 * 1024, ge=1, description="Largest file, such as 10MB.")
    types: tuple[str, ...] = Field(
        IMAGES + DOCUMENTS, description="MIME types that are taken, judged by the content; empty takes no files."
    )
    per_hour: int = Field(40, ge=1, description="Files one visitor may send in an hour.")
    bytes_per_hour: Size = Field(100 * 1024 * 1024, ge=1, description="The same in bytes.")


class Tokens(_Part):
    """How long things are good for, in seconds."""

    session: int = Field(3600, ge=60, le=86_400, description="A visitor's token.")
    renewal: int = Field(30 * 86_400, ge=3600, description="How long after its end a token may be renewed.")
    media: int = Field(6 * 3600, ge=60, le=7 * 86_400, description="The address of a picture or file.")


class WebConfig(PluginConfig):
    """One web chat."""

    title: OptionalText = Field(default={"zh-CN": "在线客服", "en": "Customer service"}, description="Shown above the chat.")
    greeting: OptionalText = Field(
        default={
            "zh-CN": "您好，很高兴为您服务。有什么可以帮您？",
            "en": "Hello, good to see you. How can we help?",
        },
        description="The first thing a visitor reads; an empty text leaves it out.",
    )
    questions: tuple[Question, ...] = Field((), max_length=8, description="Questions offered under the greeting.")
    allowed_origins: tuple[Origin, ...] = Field(
        (), description="Sites that may embed the chat, such as https://shop.example.com; the hub's own always may."
    )
    identity_secret: SecretStr = Field(
        SecretStr(""), description="Shared with the shop's server, which signs who a visitor is; empty: nobody does."
    )
    max_text: int = Field(4000, ge=1, le=20_000, description="Longest message, in characters.")
    messages_per_minute: int = Field(60, ge=0, description="Messages one visitor may send in a minute; 0: any number.")
    uploads: Uploads = Uploads()
    tokens: Tokens = Tokens()
