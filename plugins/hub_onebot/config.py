"""What the YAML may say about a OneBot channel."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from hub import PluginConfig, Size

SHORTEST_SECRET: Final = 8
SIGNED_MAX_AGE: Final = 600.0
"""Seconds a signed event is good for where the YAML does not say."""


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int), Field(min_length=1, max_length=64)]
"""An id of the platform; numbers are taken too."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Groups(_Part):
    """What happens in groups."""

    answer: Literal["mention", "all", "nobody"] = Field(
        "mention", description="Who is heard: who mentions the account (or replies to it), everybody, nobody."
    )
    conversation: Literal["member", "group"] = Field(
        "member", description="Each member has a conversation of their own, or the whole group has one."
    )
    only: tuple[Id, ...] = Field((), description="Ids of the groups that are served; empty: all.")
    address_by: Literal["at", "reply", "nothing"] = Field(
        "at", description="How an answer shows whom it is for: by naming them, by replying to their message, not at all."
    )


class Media(_Part):
    """Pictures, voice, video and files."""

    max_bytes: Size = Field(10 * 1024 * 1024, ge=1, description="Largest file either way, such as 10MB.")
    seconds: float = Field(10, gt=0, le=60, description="How long fetching one may take.")
    send_as: Literal["base64", "url"] = Field(
        "base64", description="In the message itself, or as a link to this hub (needs hub.public_url)."
    )
    files: Literal["link", "upload"] = Field(
        "link", description="Documents: as a link in a text (needs hub.public_url), or by the action upload_private_file."
    )


class OneBotConfig(PluginConfig):
    """One OneBot v11 channel."""

    transport: Literal["reverse", "forward", "http"] = Field(
        description="The implementation dials us (reverse), we dial it (forward), or it posts events and we call its HTTP API."
    )
    access_token: SecretStr = Field(
        SecretStr(""), description="The implementation's access token; reverse cannot be without one."
    )
    secret: SecretStr = Field(SecretStr(""), description="Signs the events of HTTP (X-Signature); http cannot be without it.")
    url: str = Field("", description="Forward: where the implementation listens, such as ws://127.0.0.1:3001.")
    sockets: Literal["one", "two"] = Field("one", description="Forward: one socket at the url, or /api and /event below it.")
    api_root: str = Field("", description="HTTP: root of the implementation's API, such as http://127.0.0.1:3000.")
    self_ids: tuple[Id, ...] = Field((), description="The accounts that are served; empty: any.")
    groups: Groups = Groups()
    media: Media = Media()
    own_messages: Literal["ignore", "keep"] = Field(
        "ignore", description="What the account's owner writes in the app: left out, or kept as an agent's message."
    )
    message_format: Literal["array", "string"] = Field("array", description="How messages are sent: segments or CQ codes.")
    max_age: float | None = Field(
        None, gt=0, description="Seconds after which an event is refused as stale; by default 600 over HTTP, any age on sockets."
    )
    max_event_bytes: Size = Field(4 * 1024 * 1024, ge=1024, description="Largest event or answer on a socket.")
    call_timeout: float = Field(15, gt=0, le=25, description="Seconds the implementation has to answer a call.")
    silence: float = Field(60, ge=5, description="Seconds without any sign of life after which a socket is given up.")
    per_second: float = Field(2, ge=0, description="Messages sent in a second; 0: any number. Accounts are banned for haste.")
    max_text: int = Field(4000, ge=100, le=20_000, description="Longest message, in characters.")

    @field_validator("access_token", "secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"should have at least {SHORTEST_SECRET} characters")
        return value

    @field_validator("url")
    @classmethod
    def _is_socket(cls, value: str) -> str:
        if value and not value.startswith(("ws://", "wss://")):
            raise ValueError("should begin with ws:// or wss://")
        return value.rstrip("/")

    @field_validator("api_root")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("should begin with http:// or https://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> OneBotConfig:
        needs = {"reverse": ("access_token",), "forward": ("url",), "http": ("secret", "api_root")}[self.transport]
        given = {
            "access_token": self.access_token.get_secret_value(), "secret": self.secret.get_secret_value(),
            "url": self.url, "api_root": self.api_root,
        }  # fmt: skip
        missing = [name for name in needs if not given[name]]
        if missing:
            raise ValueError(f"transport {self.transport} needs {' and '.join(missing)}")
        return self

    @property
    def oldest(self) -> float:
        """How many seconds old an event may be; 0 for any age."""
        return self.max_age or (SIGNED_MAX_AGE if self.transport == "http" else 0)
