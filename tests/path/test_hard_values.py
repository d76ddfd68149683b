"""Messages at the edge of what can be stored: refused with a reason or answered, on both databases alike."""

from __future__ import annotations

from typing import Any

import pytest

from hub import Bot, NotReady, PluginConfig, Refused, Sent, Text, hookimpl
from hub.errors import StoreError
from hub.intents import Answer, SetAttributes, Turn
from hub.plugin import Inbound, Outbound, Sender
from hub.testing import EchoBot, FakeChannel, use
from hub.testing.fixtures import MakeHub
from tests.databases import both_databases

pytestmark = both_databases

NUL, HALF = "a\0b", "a\ud800b"


def inbound(**changes: Any) -> Inbound:
    return Inbound(**{"key": "k", "sender": Sender("u1"), "body": (Text("您好"),), **changes})


REFUSED = {
    "bad_key": [inbound(key=key) for key in ("", NUL, "k" * 301)],
    "bad_sender": [
        *(inbound(sender=Sender(name)) for name in ("", NUL, "u" * 301)),
        *(inbound(sender=Sender("u1", scope=scope)) for scope in (NUL, "s" * 101)),
        *(inbound(sender=Sender("u1", locale=locale)) for locale in (NUL, "l" * 21)),
        *(inbound(sender=Sender("u1", known_as=name, verified=True)) for name in (NUL, "u" * 301)),
    ],
    "bad_message": [
        *(inbound(address=address) for address in (NUL, "a" * 301)),
        *(inbound(client_id=name) for name in (NUL, "c" * 201)),
        *(inbound(at=at) for at in (-1, 2**63, 2**70)),
        *(inbound(body=(Text(text),)) for text in (HALF, "", "x" * 20_001)),
        inbound(sender=Sender(HALF)),
        inbound(key=HALF),
        inbound(sender=Sender("u1", attributes={"vip": object()})),
        inbound(context={"reply": HALF}),
    ],
}

ANSWERED = [
    inbound(body=(Text(NUL),)),
    inbound(body=(Text("x" * 20_000),)),
    inbound(key="k" * 300, sender=Sender("u" * 300, scope="s" * 100, locale="l" * 20), address="a" * 300),
    inbound(sender=Sender("u1", name="n" * 1000)),
    inbound(sender=Sender("u1", name=NUL, attributes={NUL: NUL}), context={NUL: NUL}, client_id="c" * 200, at=1),
]


async def test_what_cannot_be_stored_is_refused_at_the_door(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot)
    for code, messages in REFUSED.items():
        for message in messages:
            with pytest.raises(Refused) as refused:
                await kit.hub.path.accept("fake", message)
            assert (refused.value.status, refused.value.code) == (422, code), message
    assert not kit.hub.path.reception.in_flight
    assert await kit.rows("SELECT * FROM inbox") == []


@pytest.mark.parametrize("message", ANSWERED, ids=["NUL", "a long text", "long ids", "a long name", "NUL everywhere"])
async def test_what_is_accepted_is_answered(make_hub: MakeHub, message: Inbound) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot)
    await kit.hub.path.accept("fake", message)
    await kit.until(lambda: kit.world("fake").arrived, "an answer")
    known = Sender(message.sender.external_id, scope=message.sender.scope, name="n" * 500 + NUL, verified=True)
    await kit.hub.path.accept("fake", inbound(key="next", sender=known, address=message.address))
    await kit.until(lambda: len(kit.world("fake").arrived) == 2, "an answer to somebody known")
    assert kit.world("fake").arrived[0].body == message.body


class Talker(Bot[PluginConfig]):
    """Knows too much about everybody."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        """With NUL in it."""
        return Answer((*Answer.of(NUL).intents, SetAttributes({NUL: NUL}, name=NUL * 100, tier="t" * 100)))


class Shouting(FakeChannel):
    """A platform whose ids and errors are hard to keep."""

    async def send(self, message: Outbound) -> Sent:
        """Not at the first time."""
        if message.attempt == 1:
            raise NotReady(NUL + HALF, retry_after=0.001)
        await super().send(message)
        return Sent(NUL + "i" * 500)


async def test_what_plugins_say_is_made_to_fit(make_hub: MakeHub) -> None:
    kit = await make_hub(use(Shouting, "fake"), Talker)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("您好")
    await visitor.hears(NUL)

    async def noted() -> bool:
        rows = await kit.rows("SELECT external_id FROM message WHERE direction = 'out'")
        return [row["external_id"] for row in rows] == ["ab" + "i" * 197]

    await kit.until(noted, "the platform's id is kept as far as it fits")
    (person,) = await kit.rows("SELECT name, tier FROM person")
    assert person == {"name": ("ab" * 67)[:133], "tier": "t" * 50}


async def test_what_cannot_be_looked_for_is_not_there_or_an_error_of_its_own(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"))
    for sql, value in (("name = ?", HALF), ("name = ?", NUL), ("length(name) = ?", 2**70)):
        try:
            found = await kit.rows(f"SELECT * FROM datum WHERE {sql}", value)
        except StoreError as error:
            found = [] if type(error) is StoreError else [{"error": str(error)}]
        assert found == []
    assert await kit.hub.writable()
