"""What a plugin is: a class with a configuration, a life and, by its family, something it does.

The life of an instance is one async context manager, `Plugin.run`: what stands before ``yield`` starts it,
what stands after ends it. Everything it takes it takes from its `Context`, which gives it all back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Literal, TypeVar

from msgspec import field
from pydantic import BaseModel, ConfigDict

from hub.errors import Unsupported
from hub.message import Body
from hub.records import Record

if TYPE_CHECKING:
    from hub.context import Context


class PluginConfig(BaseModel):
    """Base of every plugin's configuration: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


C = TypeVar("C", bound=PluginConfig)


class Plugin(Generic[C]):
    """The base of all plugins.

    `Config` is the pydantic model of the instance's ``config`` in the YAML. `requires_hub` is a PEP 440
    specifier checked before anything starts. `needs` names plugin families (classes) that must be running first.
    """

    Config: ClassVar[type[PluginConfig]] = PluginConfig
    requires_hub: ClassVar[str] = ""
    needs: ClassVar[tuple[type[Plugin[Any]], ...]] = ()

    def __init__(self, config: C, ctx: Context) -> None:
        self.config = config
        self.ctx = ctx

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Start, ``yield`` while running, stop.

        Raise NotReady to be tried again later, AuthFailed or ConfigError to stay stopped until the
        configuration changes.
        """
        yield


class Limits(Record, frozen=True):
    """What a platform allows.

    `kinds` are the element types it can show, `max_text` the longest text (0: none), `per_second` how many
    messages it takes in a second (0: any number), `window` how many seconds after the customer's last message it
    still delivers (0: always). `resend_safe` says that the platform (or the adapter) drops a second copy of the same
    `Outbound.key`; otherwise a message whose fate is unknown is not sent again by itself.
    """

    kinds: frozenset[str] = frozenset({"text"})
    max_text: int = 0
    per_second: float = 0
    window: float = 0
    concurrency: int = 16
    resend_safe: bool = True


class Sender(Record, frozen=True):
    """Who wrote, as the channel knows them.

    `scope` is where `external_id` is valid; the instance's name where it is left empty. `verified` only when the platform
    vouches for the id. `name`, `locale` and `attributes` are written to a new person and fill gaps of a known one.

    `known_as` is another id of theirs in the same scope, from before the platform vouched for them: if nobody has `external_id`
    yet, it is linked to the person with that id, unless somebody else was recognised in that person already.
    """

    external_id: str
    name: str = ""
    scope: str = ""
    verified: bool = False
    locale: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    known_as: str = ""


class Inbound(Record, frozen=True):
    """A message from a customer, verified and parsed.

    `key` is the channel's own name for it, unique within the instance: the same key twice is one message. `address` is where
    an answer goes (the sender's id where empty). `context` comes back with the next `Outbound` (reply tokens, windows).
    `at` is the platform's time in milliseconds, 0 for now. `client_id` is shown to the sender's other pages.
    """

    key: str
    sender: Sender
    body: Body
    address: str = ""
    at: int = 0
    context: dict[str, Any] = field(default_factory=dict)
    client_id: str = ""


class Accepted(Record, frozen=True):
    """The message is stored. `duplicate` when it already was; `message_id` is the same both times."""

    message_id: int
    at: int
    duplicate: bool = False


class Outbound(Record, frozen=True):
    """A message to deliver, already in the elements and lengths the channel declares.

    `key` is the same at every attempt (the provider's idempotency key where it has one), `attempt` counts from 1,
    `context` is what the customer's last message brought, `author` whom the customer hears.
    """

    message_id: int
    conversation_id: int
    address: str
    body: Body
    key: str
    attempt: int = 1
    context: dict[str, Any] = field(default_factory=dict)
    author: str = ""
    part: int = 0
    parts: int = 1


class Sent(Record, frozen=True):
    """It went out. `external_id` is the platform's id; `state` says more where the platform does."""

    external_id: str = ""
    state: Literal["sent", "delivered"] = "sent"


_OPTIONAL: Final = ("typing", "recall", "mark_read", "was_sent")


class Channel(Plugin[C]):
    """A way to talk to customers: brings messages in by `Context.accept`, takes them out by `send`.

    What it can do is computed from the methods it overrides (`features`) and the `limits` it declares; the hub turns a
    message into what the channel can show before it calls `send`.
    """

    platform: ClassVar[str] = ""
    title: ClassVar[str] = ""

    @property
    def limits(self) -> Limits:
        """What the platform allows; may depend on the configuration."""
        return Limits()

    async def send(self, message: Outbound) -> Sent:
        """Deliver one message.

        Raise NotReady to have it tried again (`retry_after` where the platform says when), Rejected when it never
        will be delivered. Any other error counts as "unknown outcome".
        """
        raise Unsupported(self.ctx.name, "send")

    async def was_sent(self, message: Outbound) -> Sent | None:
        """Did an earlier attempt arrive? Asked before a message of unknown outcome is sent again."""
        raise Unsupported(self.ctx.name, "was_sent")

    async def typing(self, address: str, on: bool, author: str) -> None:
        """Show the customer that somebody is typing."""
        raise Unsupported(self.ctx.name, "typing")

    async def recall(self, message: Outbound, external_id: str) -> None:
        """Take a delivered message back."""
        raise Unsupported(self.ctx.name, "recall")

    async def mark_read(self, address: str, message_id: int) -> None:
        """Tell the customer that we read up to this message."""
        raise Unsupported(self.ctx.name, "mark_read")

    @classmethod
    def features(cls) -> frozenset[str]:
        """The optional methods this channel implements, by name."""
        return frozenset(name for name in ("send", *_OPTIONAL) if getattr(cls, name) is not getattr(Channel, name))


class Bot(Plugin[C]):
    """A plugin that answers customers; implements the hook `answer`."""


class Crm(Plugin[C]):
    """A plugin that knows customers; implements `crm_lookup` and `crm_changes`."""


class Survey(Plugin[C]):
    """A plugin that asks customers how it was; implements `survey_offer` and `survey_answered`."""


def family_of(plugin: type[Plugin[Any]]) -> str:
    """The plugin's family: channel, bot, crm, survey or plugin."""
    for family in (Channel, Bot, Crm, Survey):
        if issubclass(plugin, family):
            return family.__name__.lower()
    return "plugin"
