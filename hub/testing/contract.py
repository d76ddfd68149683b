"""The contract of channels: tests that the author of a channel plugin inherits.

::

    class TestDoorbell(ChannelContract):
        plugin = Doorbell

        def config(self) -> dict[str, Any]:
            return {"secret": "s3cret"}

Each test has a hub of its own that answers over HTTP at ``kit.url``. The tests of a tier are those a channel needs to
be called bronze, silver or gold; pytest says at its end which one was reached.
"""

# ruff: noqa: D102 - a test's name is its sentence
from __future__ import annotations

import asyncio
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import pytest

from hub.config import load
from hub.errors import ConfigError, Unsupported
from hub.finding import installed, load_plugin
from hub.message import Text, decode_body, plain_text
from hub.plugin import Allowance, Channel, Outbound, Sent
from hub.records import Conversation, Leg
from hub.testing import contract_bot as bot
from hub.testing.actors import AgentActor
from hub.testing.kit import HubKit, use
from hub.testing.tiers import tier

if TYPE_CHECKING:
    from hub.testing.fixtures import MakeHub  # it needs pytest-asyncio, which not everybody has

Answered = tuple[int, str | None]
"""The status of an answer and its ``Retry-After`` header."""

_OPTIONAL: Final = ("typing", "recall", "mark_read", "was_sent", "allowance", "invitation")
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
_MISSING: Final = object()
_BEAT: Final = 0.05
"""Seconds between two looks of the watchdog in the plugin `ops`."""


class ChannelContract(ABC):
    """Inherit, fill in what is abstract, and name the class ``Test…``.

    `instance` is the name in the YAML of the instance that is talked to. One test changes it, so take addresses from
    it and do not write them out.
    """

    plugin: ClassVar[type[Channel[Any]]]
    instance: str = "contract"
    long_inbound: ClassVar[int] = 1000
    """Characters of the longest text this channel's customers may send, if that is less than 1000."""

    # -- what the author gives ------------------------------------------------------------------

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """A right configuration, as in the YAML."""

    @abstractmethod
    def wrong_configs(self) -> list[dict[str, Any]]:
        """Configurations that differ from `config` in what is wrong with them, and in nothing else."""

    @abstractmethod
    def secrets(self) -> list[str]:
        """The texts of `config` that nobody may ever read."""

    @abstractmethod
    async def deliver(self, kit: HubKit, text: str, key: str, sender: str) -> Answered:
        """Send what the platform sends when `sender` writes `text`; the same `key` is the same message again."""

    @abstractmethod
    async def deliver_forged(self, kit: HubKit) -> int:
        """The same from somebody who is not the platform; returns the status."""

    @abstractmethod
    async def deliver_malformed(self, kit: HubKit) -> int:
        """Send, as the platform, something that is no message; returns the status."""

    @abstractmethod
    async def deliver_oversized(self, kit: HubKit) -> int:
        """Send, as the platform, more than anybody should take; returns the status."""

    @abstractmethod
    async def received(self, kit: HubKit, sender: str) -> list[str]:
        """What `sender` got so far, in order: texts as they are, everything else as plain text."""

    # -- words the tests are made of ------------------------------------------------------------

    async def opened(self, make_hub: MakeHub, *more: Any, gate: asyncio.Event | None = None, **settings: Any) -> HubKit:
        """A hub that serves, with the channel, a `ContractBot`, the instances in `more`, and `settings` of the YAML's ``hub``."""
        settings = {"locale": "zh-CN", "allow_private_networks": list(_LOOPBACK), **settings}
        talker = use(bot.ContractBot, "bot", gate=gate or asyncio.Event())
        channel = use(self.plugin, self.instance, self.config())
        kit: HubKit = await make_hub(channel, talker, *more, serve=True, hub=settings)
        self.running(kit)
        return kit

    def running(self, kit: HubKit) -> Channel[Any]:
        """The channel. Raises AssertionError where it does not run."""
        return kit.plugin(self.instance, self.plugin)

    async def says(self, kit: HubKit, text: str, key: str = "k1", sender: str = "u1") -> None:
        """Deliver, and see it acknowledged."""
        kit.transcript.append(f"{sender} says: {text[:80]}")
        status, _ = await self.deliver(kit, text, key, sender)
        assert 200 <= status < 300, kit.explain(f"the message {key!r} was answered with {status}")

    async def hears(self, kit: HubKit, text: str, sender: str = "u1") -> str:
        """Wait until the customer has a message with this text; returns the whole message."""

        async def look() -> str:
            return next((got for got in await self.received(kit, sender) if text in got), "")

        found: str = await kit.until(look, f"{sender} hears {text!r}")
        return found

    async def hears_line(self, kit: HubKit, code: str, **values: str) -> None:
        """Wait for a line of the house, in the customer's language or the hub's."""
        lines = [kit.hub.texts.line(code, locale, **values) for locale in ("zh-CN", "en")]

        async def look() -> bool:
            return any(line in got for got in await self.received(kit, "u1") for line in lines)

        await kit.until(look, f"u1 hears {lines[0]!r}")

    async def arrived(self, kit: HubKit) -> int:
        """How many messages of this instance are stored, worked on or not."""
        rows = await kit.rows("SELECT count(*) AS number FROM inbox WHERE channel = ?", self.instance)
        return int(rows[0]["number"])

    async def heard(self, kit: HubKit) -> list[str]:
        """What the hub understood the customers to say, once it has nothing left to do."""
        await kit.settled()
        rows = await kit.rows("SELECT body FROM message WHERE direction = 'in' ORDER BY id")
        return [plain_text(decode_body(row["body"])) for row in rows]

    async def conversation(self, kit: HubKit) -> Conversation:
        """The only conversation."""
        await kit.settled()
        rows = await kit.rows("SELECT id FROM conversation")
        assert len(rows) == 1, kit.explain(f"there should be one conversation, not {len(rows)}")
        found = await kit.hub.reading.conversation(rows[0]["id"])
        assert found is not None
        return found

    async def served(self, kit: HubKit) -> AgentActor:
        """An agent who took over the conversation of u1."""
        await self.says(kit, bot.FETCH_A_PERSON, "k-person")
        agent = kit.agent("刘芳")
        await agent.takes_over((await self.conversation(kit)).id)
        return agent

    # -- messages come in -----------------------------------------------------------------------

    @tier("bronze")
    async def test_a_message_is_stored_before_it_is_acknowledged(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await self.says(kit, "你好")
        assert await self.arrived(kit) == 1, "it was acknowledged, but is not in the store"

    @tier("bronze")
    async def test_nothing_is_acknowledged_while_nothing_can_be_stored(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await self.says(kit, "早", "k0")
        await kit.settled()
        async with kit.store_down():
            status, _ = await self.deliver(kit, "你好", "k1", "u1")
        assert status >= 500, f"the platform was answered {status} and will not send the message again"
        await self.says(kit, "你好", "k1")
        assert await self.heard(kit) == ["早", "你好"]

    @tier("bronze")
    @pytest.mark.parametrize("text", ["你好", "👩‍👩‍👧‍👦 好 🇨🇳", "مرحبا بكم", "一\n二"], ids=["words", "emoji", "rtl", "lines"])
    async def test_a_text_arrives_as_it_was_written(self, make_hub: MakeHub, text: str) -> None:
        kit = await self.opened(make_hub)
        await self.says(kit, text)
        assert await self.heard(kit) == [text]

    @tier("bronze")
    async def test_a_long_text_arrives_whole(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        text = bot.speech(self.long_inbound)
        await self.says(kit, text)
        assert await self.heard(kit) == [text]

    @tier("bronze")
    async def test_a_text_of_nothing_but_spaces_is_refused(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        status, _ = await self.deliver(kit, " \n\t ", "k1", "u1")
        assert 400 <= status < 500, f"answered with {status}"
        assert await self.arrived(kit) == 0

    @tier("bronze")
    async def test_a_message_delivered_three_times_is_handled_once(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        for _ in range(3):
            await self.says(kit, "你好")
        heard = await self.heard(kit)
        assert heard == ["你好"], f"the hub heard {heard}"
        assert await self.received(kit, "u1") == ["你好"]

    @tier("bronze")
    async def test_a_message_delivered_five_times_at_once_is_handled_once(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await self.says(kit, "早", "k0")
        await asyncio.gather(*(self.says(kit, "你好") for _ in range(5)))
        heard = await self.heard(kit)
        assert heard == ["早", "你好"], f"the hub heard {heard}"
        assert await self.received(kit, "u1") == ["早", "你好"]

    @tier("bronze")
    async def test_twenty_messages_keep_their_order(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        texts = [f"第{number}条" for number in range(20)]
        for text in texts:
            await self.says(kit, text, text)
        assert await self.heard(kit) == texts
        assert await self.received(kit, "u1") == texts

    @tier("bronze")
    async def test_two_senders_are_two_persons(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await self.says(kit, "一", "k1", "u1")
        await self.says(kit, "二", "k2", "u2")
        await kit.settled()
        assert len(await kit.rows("SELECT id FROM person")) == 2
        assert (await self.received(kit, "u1"), await self.received(kit, "u2")) == (["一"], ["二"])

    @tier("bronze")
    async def test_one_sender_is_one_person(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        for number in range(3):
            await self.says(kit, "你好", f"k{number}")
        await kit.settled()
        assert len(await kit.rows("SELECT id FROM person")) == 1

    @tier("bronze")
    async def test_a_forged_message_is_refused_and_not_stored(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        status = await self.deliver_forged(kit)
        assert status in (401, 403), f"answered with {status}"
        assert await self.arrived(kit) == 0

    @tier("bronze")
    async def test_a_malformed_message_is_refused_and_not_stored(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        status = await self.deliver_malformed(kit)
        assert 400 <= status < 500, f"answered with {status}"
        assert await self.arrived(kit) == 0

    @tier("bronze")
    async def test_an_oversized_message_is_refused_and_not_stored(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        status = await self.deliver_oversized(kit)
        assert status in (413, 422), f"answered with {status}"
        assert await self.arrived(kit) == 0

    @tier("silver")
    async def test_a_busy_hub_says_when_to_come_back(self, make_hub: MakeHub) -> None:
        gate = asyncio.Event()
        kit = await self.opened(make_hub, gate=gate, limits={"in_flight": 1})
        try:
            await self.says(kit, bot.WAIT)
            await kit.until(kit.plugin("bot", bot.ContractBot).config.asked.is_set, "the bot is asked")
            status, retry_after = await self.deliver(kit, "你好", "k2", "u2")
        finally:
            gate.set()
        assert status == 503, f"answered with {status}"
        assert int(retry_after or 0) > 0, f"Retry-After is {retry_after!r}"
        await kit.settled()
        await self.says(kit, "你好", "k2", "u2")
        await self.hears(kit, "你好", "u2")

    # -- messages go out ------------------------------------------------------------------------

    @tier("bronze")
    async def test_the_answer_reaches_the_customer(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await self.says(kit, "你好 👋")
        assert await self.hears(kit, "你好 👋") == "你好 👋"

    @tier("silver")
    async def test_what_an_agent_says_reaches_the_customer(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        agent = await self.served(kit)
        await agent.says("我来帮您。")
        await self.hears(kit, "我来帮您。")

    @tier("silver")
    async def test_a_note_does_not_reach_the_customer(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        agent = await self.served(kit)
        await agent.notes("老客户")
        await agent.says("我来帮您。")
        await self.hears(kit, "我来帮您。")
        await kit.settled()
        assert not [got for got in await self.received(kit, "u1") if "老客户" in got]

    @tier("silver")
    async def test_the_customer_is_told_of_a_handover_and_of_who_joins(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await self.served(kit)
        await self.hears_line(kit, "handed_over")
        await self.hears_line(kit, "joined", name="刘芳")

    @tier("silver")
    async def test_a_card_can_be_read(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await self.says(kit, bot.SHOW_CARD)
        got = await self.hears(kit, bot.CARD.title)
        assert bot.CARD.text in got
        assert bot.CARD.url in got

    @tier("silver")
    async def test_buttons_can_be_read(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await self.says(kit, bot.SHOW_BUTTONS)
        got = await self.hears(kit, bot.BUTTONS.text)
        assert all(button.label in got for button in bot.BUTTONS.buttons)

    @tier("silver")
    async def test_a_long_answer_arrives_whole_in_pieces_the_platform_takes(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        most = self.running(kit).limits.max_text
        length = min(most * 5 // 2, 20_000) if most else 5000
        await self.says(kit, f"{bot.SPEAK}{length}")
        await kit.settled()
        got = await self.received(kit, "u1")
        assert "".join(got) == bot.speech(length)
        assert not most or max(map(len, got)) <= most

    # -- what it declares -----------------------------------------------------------------------

    @tier("gold")
    def test_the_features_are_the_methods_it_overrides(self) -> None:
        own = {name for cls in self.plugin.__mro__[: self.plugin.__mro__.index(Channel)] for name in vars(cls)}
        declared, real = self.plugin.features(), own & {"send", *_OPTIONAL}
        assert declared == real, f"it declares {sorted(declared)}, but has {sorted(real)}"
        assert "send" in own, "a channel has to send"

    @tier("gold")
    async def test_what_it_does_not_declare_is_unsupported(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        channel, message = self.running(kit), Outbound(1, 1, "nobody", (Text("你好"),), "1")
        ways: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
            "typing": lambda: channel.typing("nobody", True, "刘芳"),
            "recall": lambda: channel.recall(message, "1"),
            "mark_read": lambda: channel.mark_read("nobody", 1),
            "was_sent": lambda: channel.was_sent(message),
            "allowance": lambda: channel.allowance(Leg(1, 1, self.instance, "nobody", 1)),
            "invitation": lambda: channel.invitation("scene", 600),
        }
        for name in set(_OPTIONAL) - self.plugin.features():
            with pytest.raises(Unsupported):
                await ways[name]()

    @tier("gold")
    async def test_what_it_declares_works(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        channel, features = self.running(kit), self.plugin.features()
        await self.says(kit, "你好")
        await self.hears(kit, "你好")
        conversation = await self.conversation(kit)
        leg = (await kit.hub.reading.legs(conversation.id))[0]
        asked, answer = await kit.hub.reading.messages(conversation.id)
        about = (answer.id, conversation.id, leg.address, answer.body, f"{answer.id}")
        sent = Outbound(*about, attempt=2, context=leg.context)
        if "typing" in features:
            for on in (True, False):
                await channel.typing(leg.address, on, "刘芳")
        if "mark_read" in features:
            await channel.mark_read(leg.address, asked.id)
        if "was_sent" in features:
            assert isinstance(await channel.was_sent(sent), Sent)
        if "allowance" in features:
            assert isinstance(await channel.allowance(leg), Allowance)
        if "recall" in features:
            await channel.recall(sent, answer.external_id)

    # -- configuration and secrets --------------------------------------------------------------

    @tier("bronze")
    async def test_a_wrong_configuration_is_refused_by_the_name_of_the_key(self, make_hub: MakeHub, tmp_path: Path) -> None:
        assert self.wrong_configs(), "give at least one"
        for wrong in self.wrong_configs():
            complaint = await self._complaint(make_hub, tmp_path, wrong)
            keys = self._keys(wrong)
            assert any(re.search(rf"\b{re.escape(key)}\b", complaint) for key in keys), f"{keys}: {complaint}"
            assert not [secret for secret in self.secrets() if secret in complaint], "a secret is in the complaint"

    def _keys(self, wrong: dict[str, Any]) -> set[str]:
        right = self.config()
        return {key for key in {*wrong, *right} if wrong.get(key, _MISSING) != right.get(key, _MISSING)}

    async def _complaint(self, make_hub: MakeHub, folder: Path, wrong: dict[str, Any]) -> str:
        """What is said about a configuration: when it is read, or at the latest when the instance starts."""
        document = folder / "hub.yaml"
        entry = {"use": self.instance, "config": wrong}
        document.write_text(json.dumps({"plugins": [entry]}, ensure_ascii=False, default=str), encoding="utf-8")
        try:
            load(document, env={}, plugins={self.instance: self.plugin})
        except ConfigError as error:
            return str(error)
        kit: HubKit = await make_hub(use(self.plugin, self.instance, wrong))
        status = kit.hub.registry.status()[0]
        assert status.state == "failed", f"nobody says what is wrong with {sorted(self._keys(wrong))}"
        return status.reason

    @tier("bronze")
    def test_no_secret_is_in_the_printed_configuration(self) -> None:
        printed = repr(self.plugin.Config.model_validate(self.config()))
        assert not [secret for secret in self.secrets() if secret in printed]

    @tier("bronze")
    async def test_no_secret_is_in_the_log(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await self.says(kit, "你好")
        await self.hears(kit, "你好")
        for trouble in (self.deliver_forged, self.deliver_malformed, self.deliver_oversized):
            await trouble(kit)
        await kit.hub.registry.stop(self.instance)
        assert kit.logged(), "the hub logs what it does"
        assert not [secret for secret in self.secrets() if secret in kit.log_text], "a secret is in the log"

    # -- its life -------------------------------------------------------------------------------

    @tier("bronze")
    async def test_a_stopped_channel_holds_nothing(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        ctx = self.running(kit).ctx
        await self.says(kit, "你好")
        await kit.settled()
        await kit.hub.registry.stop(self.instance)
        assert ctx.held() == ()
        kept = [route.path for route in kit.hub.routes.all() if route.owner == self.instance]
        assert not kept, f"it keeps {kept}"
        status, _ = await self.deliver(kit, "在吗", "k2", "u1")
        assert status == 404, f"its address still answers, with {status}"

    @tier("bronze")
    async def test_stopping_twice_does_no_harm(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await kit.hub.registry.stop(self.instance)
        await kit.hub.registry.stop(self.instance)
        states = {one.name: one.state for one in kit.hub.registry.status()}
        assert states[self.instance] == "stopped"

    @tier("bronze")
    async def test_a_stopped_channel_can_be_started_again(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        await self.says(kit, "一", "k1")
        await kit.settled()
        await kit.hub.registry.stop(self.instance)
        await kit.hub.registry.start(self.instance)
        await self.says(kit, "二", "k2")
        await self.hears(kit, "二")

    @tier("silver")
    async def test_two_instances_do_not_share_messages(self, make_hub: MakeHub) -> None:
        first, self.instance = self.instance, "second"
        second = use(self.plugin, self.instance, self.config())
        self.instance = first
        kit = await self.opened(make_hub, second)
        for name, text in ((first, "一"), (second.name, "二")):
            self.instance = name
            await self.says(kit, text, "k1", "u1")
            await self.hears(kit, text, "u1")
            assert await self.arrived(kit) == 1
        await kit.settled()
        for name, text in ((first, "一"), (second.name, "二")):
            self.instance = name
            assert await self.received(kit, "u1") == [text]

    @tier("gold")
    async def test_it_does_not_block_the_loop(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub, use(load_plugin("ops", installed()), "ops"))
        for number in range(5):
            await self.says(kit, f"第{number}条", f"k{number}")
        await self.hears(kit, "第4条")
        loop = asyncio.get_running_loop()
        last = loop.time() + 2 * _BEAT
        await kit.until(lambda: loop.time() > last, "the watchdog's next look")
        # A machine that is busy with something else stops everybody; then no package stands on the stack but the hub's.
        blocked = [
            line for line in kit.logged() if line["event"].startswith("event loop") and line.get("package") != "hub"
        ]
        assert not [line for line in blocked if line.get("instance") == self.instance], kit.explain("it blocked the loop")
