"""The simulator is right before it judges us: a bot on an adapter we did not write works with it, by webhook and by gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.qq.peer import peer
from tests.qq.simulator import QQPlatform
from tests.qq.simulator.signing import key_of

pytestmark = pytest.mark.slow

SECRET: Final = "DG5g3B4j9X2KOErG"
PROOF: Final = (
    "87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d0"
    "1bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706"
)


def test_the_signature_is_the_one_of_the_documents() -> None:
    assert key_of(SECRET).sign(b"1725442341" + b"Arq0D5A61EgUu4OxUvOp").hex() == PROOF


@pytest.fixture
async def qq() -> AsyncIterator[QQPlatform]:
    async with QQPlatform(secret=SECRET) as platform:
        yield platform


async def test_a_bot_of_somebody_else_works_by_webhook(qq: QQPlatform) -> None:
    async with peer(qq, SECRET, gateway=False) as port:
        qq.webhook = f"http://127.0.0.1:{port}/qq/webhook"
        assert await qq.verify()
        answer = await qq.push({"op": 13, "d": {"plain_token": "Arq0D5A61EgUu4OxUvOp", "event_ts": "1725442341"}})
        assert answer.json()["signature"] == PROOF
        forged = await qq.push(qq.events.c2c("U0", "假的"), signature="00" * 64)
        assert forged.status == 403

        said = qq.events.c2c("U1", "你好")
        assert (await qq.push(said)).status == 200
        first = await qq.hears("c2c:U1", "收到：你好")
        second = await qq.hears("c2c:U1", "还有什么")
        assert [one.body["msg_id"] for one in (first, second)] == [said["d"]["id"]] * 2
        assert [one.body["msg_seq"] for one in (first, second)] == [1, 2]

        await qq.push(qq.events.group("G1", "M1", " /查单 123"))
        await qq.hears("group:G1", "收到：/查单 123")
        await qq.push(qq.events.channel("C1", "910", "你好"))
        await qq.hears("channel:C1", "收到：你好")
        await qq.push(qq.events.direct("D1", "910", "在吗"))
        await qq.hears("dms:D1", "收到：在吗")

        await qq.push(qq.events.c2c("U1", "图片"))
        await qq.api.until(lambda: any(one.body.get("msg_type") == 7 for one in qq.api.sent))
        assert [one["type"] for one in qq.api.uploads.values()] == [1]

        await qq.push(qq.events.friend_add("U2"))
        assert (await qq.hears("c2c:U2", "欢迎：FRIEND_ADD")).passive
        click = qq.events.click("U1", "order:1")
        await qq.push(click)
        await qq.hears("c2c:U1", "欢迎：INTERACTION_CREATE")
        assert qq.api.clicks == {click["d"]["id"]: 0}
        assert not [one for one in qq.api.tried if one.code]


async def test_a_bot_of_somebody_else_works_by_gateway_and_comes_back(qq: QQPlatform) -> None:
    async with peer(qq, SECRET, gateway=True):
        await qq.gateway.until(lambda: qq.gateway.session is not None, 60)
        assert qq.gateway.identified[0]["intents"] & 1 << 25
        await qq.deliver(qq.events.c2c("U1", "你好"))
        await qq.hears("c2c:U1", "收到：你好")

        await qq.gateway.cut()
        await qq.deliver(qq.events.c2c("U1", "断线时"))
        await qq.hears("c2c:U1", "收到：断线时")
        assert (len(qq.gateway.identified), len(qq.gateway.resumed)) == (1, 1)

        await qq.gateway.asks_to_reconnect()
        await qq.gateway.until(lambda: len(qq.gateway.resumed) == 2)
        await qq.gateway.forgets()
        await qq.gateway.until(lambda: len(qq.gateway.identified) == 2)
        await qq.deliver(qq.events.group("G1", "M1", " 新的一次"))
        await qq.hears("group:G1", "收到：新的一次")
