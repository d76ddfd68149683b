"""What a plugin is: a class with a configuration, a life and, by its family, something it does.

The life of an instance is one async context manager, `Plugin.run`: what stands before ``yield`` starts it,
what stands after ends it. Everything it takes it takes from its `Context`, which gives it all back.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Literal, TypeVar

from msgspec import field
from pydantic import BaseModel, ConfigDict

from hub.errors import Refused, Unsupported
from hub.message import Body, files_of
from hub.records import Attachment, Author, Leg, Record

if TYPE_CHECKING:
    from aiohttp import web

    from hub.config.models import HubConfig
    from hub.context import Context


class PluginConfig(BaseModel):
    """Base of every plugin's configuration: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


C = TypeVar("C", bound=PluginConfig)


class Plugin(Generic[C]):
    """The base of all plugins.

    `Config` is the pydantic model of the instance's ``config`` in the YAML. `requires_hub` is a PEP 440
    specifier checked before anything starts. `needs` names plugin families (classes) that must be running first.
    `tables` names the module with the plugin's own Tortoise models (see `hub.tables`), such as ``hub_desk.tables``, or several
    modules: those of libraries it uses too.
    """

    Config: ClassVar[type[PluginConfig]] = PluginConfig
    requires_hub: ClassVar[str] = ""
    needs: ClassVar[tuple[type[Plugin[Any]], ...]] = ()
    tables: ClassVar[str | tuple[str, ...]] = ()

    def __init__(self, config: C, ctx: Context) -> None:
        self.config = config
        self.ctx = ctx

    @classmethod
    def misfits(cls, config: C, settings: HubConfig, locale: str) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """What is wrong with a valid configuration beside the rest of the document: where in `config`, and a sentence."""
        return ()

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

    `keys` are ids by which other channels may know them as well, by kind: ``{"unionid": …, "phone": …}``. They are for those who
    implement `recognise`.
    """

    external_id: str
    name: str = ""
    scope: str = ""
    verified: bool = False
    locale: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    known_as: str = ""
    keys: dict[str, str] = field(default_factory=dict)


class Inbound(Record, frozen=True):
    """A message from a customer, verified and parsed.

    `key` is the channel's own name for it, unique within the instance: the same key twice is one message. `address` is where
    an answer goes (the sender's id where empty). `context` comes back with the next `Outbound` (reply tokens, windows).
    `at` is the platform's time in milliseconds, 0 for now. `client_id` is shown to the sender's other pages.

    `author` is who said it, where that is not the sender: somebody in a group that is the sender, or of kind ``agent`` somebody
    who answered the sender in the platform's own program. Such an answer is kept as one of ours and not delivered again.
    """

    key: str
    sender: Sender
    body: Body
    address: str = ""
    at: int = 0
    context: dict[str, Any] = field(default_factory=dict)
    client_id: str = ""
    author: Author | None = None


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
    """It went out. `external_id` is the platform's id; `state` says more where the platform does.

    `via` is how, in a word of the channel's (``passive``, ``api``), where it has several ways; `detail` why. Both are kept for
    those who look at the conversation later.
    """

    external_id: str = ""
    state: Literal["sent", "delivered"] = "sent"
    via: str = ""
    detail: str = ""


class Allowance(Record, frozen=True):
    """What may still be sent: `left` messages (None: any number) `until` then (milliseconds; None: always).

    `why` is a word for the platform's rule that says so, such as ``message``: the customer's last one allows it.
    """

    left: int | None = None
    until: int | None = None
    why: str = ""


_OPTIONAL: Final = ("typing", "recall", "mark_read", "was_sent", "allowance", "invitation")


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

    async def allowance(self, leg: Leg) -> Allowance:
        """What the platform still lets us send on this leg."""
        raise Unsupported(self.ctx.name, "allowance")

    async def invitation(self, scene: str, seconds: float) -> str:
        """An address, also for a QR code, that brings customers here for `seconds`, or longer.

        Who comes by it brings `scene` to the hub, word for word, as a `Choice` with that payload.
        """
        raise Unsupported(self.ctx.name, "invitation")

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


class MediaStore(Plugin[C]):
    """A plugin that keeps the files people send, and hands them out again; others reach it by `Context.media`.

    Where the facts about a file (`Attachment`) and its bytes are, is the plugin's business. Of two that run, the first of the
    YAML is asked.
    """

    async def keep(
        self, chunks: AsyncIterable[bytes], *, owner: str, name: str, declared: str = "",
        max_bytes: int, types: Collection[str],
    ) -> Attachment:
        """Keep a file of one of the MIME `types` with at most `max_bytes` bytes; `owner` may then send it.

        What it is, its content tells; `declared` is what the sender says. Raises Refused for a file that is not taken. Then,
        and when it cannot be kept (StoreUnavailable), nothing is left.
        """
        raise Unsupported(self.ctx.name, "keep")

    async def multipart(self, request: web.Request, *, owner: str, max_bytes: int, types: Collection[str]) -> Attachment:
        """`keep` the file of a request's multipart field ``file``."""
        raise Unsupported(self.ctx.name, "multipart")

    async def get(self, id: str) -> Attachment | None:
        """The file of this id; None for whatever is no id of a file."""
        raise Unsupported(self.ctx.name, "get")

    def read(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes, in pieces, for channels that pass them on. Raises Refused (404) when they are gone."""
        raise Unsupported(self.ctx.name, "read")

    async def response(self, request: web.Request, attachment: Attachment) -> web.StreamResponse:
        """The file as an answer of which a browser runs nothing. Raises Refused (404) when the bytes are gone."""
        raise Unsupported(self.ctx.name, "response")

    def url_for(self, id: str, prefix: str, lifetime: float = 3600) -> str:
        """An address that works for `lifetime` seconds for whoever has it.

        Below `prefix` with a `token` that `check_link` knows, or anywhere else on the web.
        """
        raise Unsupported(self.ctx.name, "url_for")

    def check_link(self, id: str, token: str) -> bool:
        """Is this the token of an address `url_for` made for this file, and not too old?"""
        raise Unsupported(self.ctx.name, "check_link")

    async def erase(self, id: str) -> None:
        """Keep the file and what is known of it no longer; harmless when there is none."""
        raise Unsupported(self.ctx.name, "erase")

    async def check_body(self, body: Body, owner: str) -> None:
        """Raise Refused 422 `unknown_media` unless each file of the message is `owner`'s, or a web address."""
        for media in files_of(body):
            attachment = await self.get(media)
            if attachment is None or attachment.owner != owner:
                raise Refused(422, "unknown_media", "the message names a file that was not uploaded by its sender")


def family_of(plugin: type[Plugin[Any]]) -> str:
    """The plugin's family: channel, bot, crm, survey, media or plugin."""
    families = (Channel, "channel"), (Bot, "bot"), (Crm, "crm"), (Survey, "survey"), (MediaStore, "media")
    return next((name for family, name in families if issubclass(plugin, family)), "plugin")
