"""The simulator is right by the documents' vectors and by programs of others: only then it may judge our channel."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from wechatpy import WeChatClient
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, WeChatClientException

from tests.wechat.peers import nonebot, npm_wechat
from tests.wechat.simulator import UNAVAILABLE, Account, Platform
from tests.wechat.simulator.bodies import to_xml
from tests.wechat.simulator.crypto import Sealed, signature

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TEXTS = ["你好 😀", "<b>&amp; ]]> 一\n二", "x" * 31, "x" * 32, "好" * 600]


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    async with Platform() as world:
        yield world


def add(platform: Platform, **more: Any) -> Account:
    return platform.add(Account("wx0123456789", "the-secret", "AAAAA", platform.clock.now, aes_key=AES_KEY, **more))


@pytest.mark.parametrize(("stamp", "nonce", "expected"), [
    ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
    ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
])
def test_signatures_are_those_of_the_documents(stamp: str, nonce: str, expected: str) -> None:
    assert signature("AAAAA", stamp, nonce) == expected


@pytest.mark.parametrize("text", TEXTS)
def test_what_the_simulator_seals_wechatpy_opens_and_the_other_way_round(text: str) -> None:
    theirs, ours = WeChatCrypto("AAAAA", AES_KEY, "wx1"), Sealed(AES_KEY, "wx1")
    sealed = ours.seal(text)
    signed = signature("AAAAA", "1", "2", sealed)
    assert theirs.decrypt_message({"Encrypt": sealed}, signed, "1", "2") == text
    _, _, rest = theirs.encrypt_message(text, "2", "1").partition("<Encrypt><![CDATA[")
    assert ours.open(rest.partition("]]>")[0]) == text
    with pytest.raises(InvalidAppIdException):
        WeChatCrypto("AAAAA", AES_KEY, "wx2").decrypt_message({"Encrypt": sealed}, signed, "1", "2")


async def test_an_app_on_npm_wechat_is_served(platform: Platform) -> None:
    account = add(platform, mode="safe")
    async with npm_wechat(token=account.token, appid=account.appid, aes_key=AES_KEY) as app, aiohttp.ClientSession() as session:
        url = f"http://{app.url}"
        for text in TEXTS:
            async with session.post(f"{url}/seal", data=text.encode()) as answer:
                theirs = await answer.json(content_type=None)
            assert account.sealed.open(theirs["sealed"]) == text
            assert signature(account.token, "1714036504", "1514711492", theirs["sealed"]) == theirs["signature"]
            async with session.post(f"{url}/open", data=account.sealed.seal(text)) as answer:
                assert await answer.json(content_type=None) == {"message": text, "id": account.appid}
        for mode in ("safe", "plain"):
            account.callback, account.mode = f"{url}/{mode}", mode
            await _talk_with_npm(platform, account, f"u-{mode}")


async def _talk_with_npm(platform: Platform, account: Account, openid: str) -> None:
    if account.mode == "plain":
        assert await platform.check_url(account, "echo 1") == (200, "echo 1")
    for text in ("你好 😀", "<b>& c"):
        await platform.says(account, openid, text)
    assert account.customer(openid).texts == ["text:你好 😀", "text:<b>& c"]
    # It hears this as it was said; its own answer does not survive it, and that is seen.
    await platform.says(account, openid, "]]>")
    assert account.customer(openid).texts[-1] == UNAVAILABLE
    await platform.says(account, openid, "news")
    assert account.customer(openid).texts[-1] == "标题\n说明\nhttps://example.com/"
    (answer,) = await platform.event(account, openid, "subscribe")
    assert answer.reply == {}
    (answer,) = await platform.says(account, openid, "人工")
    assert answer.reply is not None
    assert answer.reply["TransInfo"] == {"KfAccount": "kf2001@desk"}
    assert await platform.says(account, openid, "在吗") == [], "WeChat's own desk serves now"
    body, sealed = platform.body(account, platform.fields(account, openid, "text", Content="x", MsgId=1))
    query = {**platform.query(account, sealed), "signature": "0" * 40, "msg_signature": "0" * 40}
    assert (await platform.post(account, body, query)).status == 401


async def test_an_app_on_nonebot_is_served(platform: Platform) -> None:
    passive = add(platform)
    by_api = platform.add(Account("wx9876543210", "another-secret", "BBBBB", platform.clock.now))
    mini = platform.add(Account("wx5555555555", "third-secret", "CCCCC", platform.clock.now, kind="miniprogram", form="json"))
    bots = [
        {"appid": one.appid, "token": one.token, "secret": one.secret, "approve": one is by_api,
         "type": "miniprogram" if one is mini else "official"}
        for one in (passive, by_api, mini)
    ]  # fmt: skip
    async with nonebot(api=platform.url, bots=bots) as app:
        url = f"http://{app.url}"
        for account, via in ((passive, "passive"), (by_api, "api"), (mini, "api")):
            account.callback = f"{url}/wxmp/revice/{account.appid}"
            assert await platform.check_url(account, "echo-7") == (200, "echo-7")
            await platform.says(account, "u1", "你好 😀")
            async with asyncio.timeout(30):
                while not account.customer("u1").heard:
                    await asyncio.sleep(0.01)
            heard = account.customer("u1").heard[0]
            assert (heard.via, heard.text) == (via, "nonebot:你好 😀")
            body, _ = platform.body(account, platform.fields(account, "u1", "text", Content="x", MsgId=1))
            forged = {**platform.query(account), "signature": "0" * 40}
            assert (await platform.post(account, body, forged)).status == 403


async def test_wechatpys_own_client_is_served(platform: Platform) -> None:
    account = add(platform)
    account.acted("u1", "message")

    def work() -> None:
        client = WeChatClient(account.appid, account.secret, access_token=account.access_token()[0], auto_retry=False)
        client.API_BASE_URL = f"{platform.url}/cgi-bin/"
        client.message.send_text("u1", "你好")
        media_id = client.media.upload("image", ("a.png", io.BytesIO(b"\x89PNG..."), "image/png"))["media_id"]
        client.message.send_image("u1", media_id)
        assert client.media.download(media_id).content == b"\x89PNG..."
        client.menu.create({"button": [{"type": "click", "name": "查件", "key": "track"}]})
        assert client.qrcode.create({"expire_seconds": 60})["url"].startswith("http://weixin.qq.com/q/")
        assert client.user.get("u1")["unionid"] == "union-u1"
        assert client.message.send_template("u1", "T1", {"thing": {"value": "x"}})["errcode"] == 0
        for _ in range(3):
            client.message.send_text("u1", "还有")
        with pytest.raises(WeChatClientException) as used_up:
            client.message.send_text("u1", "太多")
        assert used_up.value.errcode == 45047
        account.expire_token()
        with pytest.raises(WeChatClientException) as expired:
            client.user.get("u1")
        assert expired.value.errcode == 40001

    await asyncio.to_thread(work)
    assert account.customer("u1").texts == ["你好", "[image]", "还有", "还有", "还有"]


async def test_the_simulator_finds_wrong_answers(platform: Platform) -> None:
    account = add(platform, mode="safe")
    fields = platform.fields(account, "u1", "text", Content="x", MsgId=1)
    for wrong in ("<xml>", '{"MsgType": "text"}', to_xml({"MsgType": "text", "Content": "plain in safe mode"})):
        with pytest.raises((ValueError, KeyError)):
            platform.reply(account, wrong, sealed=True)
    sealed = Sealed(AES_KEY, "somebody else").seal(to_xml(fields))
    signed = {"Encrypt": sealed, "MsgSignature": signature(account.token, "1", "2", sealed), "TimeStamp": 1, "Nonce": "2"}
    with pytest.raises(ValueError, match="another account"):
        platform.reply(account, to_xml(signed), sealed=True)
