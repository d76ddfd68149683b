"""The callback address: who is let in, and what is counted."""

from __future__ import annotations

from hub.testing.fixtures import MakeHub
from tests.wecom.kit import KEY, OLD_KEY, Stage, staged
from tests.wecom.simulator import Seal

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><ToUserName>&c;</ToUserName></xml>'
)


async def asked(stage: Stage, *, key: str = KEY, token: str = "", receiver: str = "", age: float = 0) -> tuple[int, str]:
    """The console's check of the address."""
    corp = stage.corp
    seal = Seal(token or corp.token, key, receiver or corp.corp_id)
    word, at = seal.encrypt("1616140317555161061"), str(int(corp.now() - age))
    query = {"msg_signature": seal.sign(at, "n", word), "timestamp": at, "nonce": "n", "echostr": word}
    async with stage.server.session.get(f"{stage.at}/callback", params=query) as answer:
        return answer.status, await answer.text()


async def test_the_console_gets_its_word_back(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        assert await asked(stage) == (200, "1616140317555161061")
        assert (await asked(stage, token="another"))[0] == 401
        assert (await asked(stage, receiver="wwother"))[0] == 403
        assert (await asked(stage, age=3600))[0] == 403
        async with stage.server.session.get(f"{stage.at}/callback") as answer:
            assert answer.status == 401


async def test_the_key_before_is_accepted_while_it_is_configured(make_hub: MakeHub) -> None:
    async with staged(make_hub, previous_aes_key=OLD_KEY) as stage:
        stage.corp.says("wk1", "wm1", content="旧钥匙")
        assert (await stage.push(key=OLD_KEY)).status == 200
        await stage.settled()
        assert await stage.texts() == ["旧钥匙"]


async def test_callbacks_that_are_too_old_or_from_the_future_are_refused_and_counted(make_hub: MakeHub) -> None:
    async with staged(make_hub, callback_window=60) as stage:
        stage.corp.says("wk1", "wm1", content="你好")
        for age in (61, 100_000, -61):
            assert (await stage.push(age=age)).status == 403
        assert await stage.count("wecom_stale") == 3
        assert await stage.texts() == []
        assert (await stage.push(age=59)).status == 200


async def test_wrong_signatures_are_refused_and_counted(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        good = Seal(stage.corp.token, KEY, stage.corp.corp_id)
        sealed, at = good.encrypt("<xml/>"), str(int(stage.corp.now()))
        body = f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode()
        wrong = {"msg_signature": "0" * 40, "timestamp": at, "nonce": "n"}
        for query in ({}, wrong, {**wrong, "msg_signature": good.sign(at, "m", sealed)}):
            assert (await stage.server.post(stage.at, query, body)).status == 401
        assert await stage.count("wecom_bad_signature") == 3
        soon = {"msg_signature": good.sign("soon", "n", sealed), "timestamp": "soon", "nonce": "n"}
        assert (await stage.server.post(stage.at, soon, body)).status == 403


async def test_malformed_bodies_and_entities_are_refused(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        for body in (b"", b"{}", b"<xml/>", b"<xml><Encrypt/></xml>", LAUGHS.encode(), b"\xff\xfe"):
            assert (await stage.server.post(stage.at, {}, body)).status == 400
        for inside in (LAUGHS, "", "{}", "<xml><ToUserName>"):
            assert (await stage.server.push_text(stage.at, stage.corp, inside)).status == 400
        assert (await stage.server.post(stage.at, {}, b"x" * 100_000)).status == 413


async def test_a_callback_that_names_another_corp_inside_is_refused(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        news = "<xml><ToUserName>wwother</ToUserName><MsgType>event</MsgType><Event>kf_msg_or_event</Event></xml>"
        assert (await stage.server.push_text(stage.at, stage.corp, news)).status == 403


async def test_other_events_and_other_accounts_are_answered_and_counted(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        calls = len(stage.corp.called("sync_msg"))
        news = f"<xml><ToUserName>{stage.corp.corp_id}</ToUserName><MsgType>event</MsgType><Event>change_contact</Event></xml>"
        assert (await stage.server.push_text(stage.at, stage.corp, news)).text == "success"
        stage.corp.accounts["wk9"] = stage.corp.accounts["wk1"]
        assert (await stage.push("wk9")).text == "success"
        assert (await stage.count("wecom_other_callbacks"), await stage.count("wecom_other_accounts")) == (1, 1)
        assert len(stage.corp.called("sync_msg")) == calls


async def test_a_callback_that_does_not_name_the_account_wakes_all(make_hub: MakeHub) -> None:
    async with staged(make_hub, accounts=("wk1", "wk2")) as stage:
        stage.corp.says("wk2", "wm1", content="你好")
        assert (await stage.push("")).status == 200
        await stage.settled()
        assert await stage.texts() == ["你好"]
