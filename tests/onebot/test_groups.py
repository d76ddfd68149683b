"""Groups: who is heard, whose conversation it is, and how an answer shows whom it is for."""

from __future__ import annotations

from typing import Any

import pytest

from hub import Mention, Quote, Text
from hub.testing.fixtures import MakeHub
from tests.onebot.account import segment
from tests.onebot.stage import GROUP, HONG, ME, MING, stage

AT: dict[str, Any] = segment("at", qq=str(ME))


def words(text: str) -> dict[str, Any]:
    return segment("text", text=text)


async def conversations(one: Any) -> list[tuple[str, str]]:
    """Each leg: the address and the name of whose conversation it is."""
    await one.kit.settled()
    sql = (
        "SELECT leg.address, person.name FROM leg JOIN conversation ON conversation.id = leg.conversation_id"
        " JOIN person ON person.id = conversation.person_id ORDER BY leg.id"
    )
    return [(row["address"], row["name"]) for row in await one.kit.rows(sql)]


async def test_who_mentions_us_is_heard_and_named_in_the_answer(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        await one.push(one.account.group(GROUP, MING, "随便聊聊"))
        await one.push(one.account.group(GROUP, MING, [segment("at", qq="all"), words(" 都来")]))
        await one.push(one.account.group(GROUP, MING, [AT, words(" 我的快递呢 ")], card="群里的小明"))
        assert await one.hears("我的快递呢", GROUP, "group") == f"[CQ:at,qq={MING}] 我的快递呢 "
        assert await one.bodies() == [(Text("我的快递呢 "),)]
        assert await conversations(one) == [(f"{ME}/group/{GROUP}/{MING}", "群里的小明")]
        assert one.counted("onebot_not_for_us") == 2


async def test_members_have_conversations_of_their_own(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        await one.push(one.account.group(GROUP, MING, [AT, words("一")], name="小明"))
        await one.push(one.account.group(GROUP, HONG, [words("二"), AT], name="小红"))
        await one.push(one.account.private(MING, "三", name="小明"))
        await one.hears("三")
        assert await conversations(one) == [
            (f"{ME}/group/{GROUP}/{MING}", "小明"), (f"{ME}/group/{GROUP}/{HONG}", "小红"), (f"{ME}/private/{MING}", "小明"),
        ]  # fmt: skip
        assert len(await one.kit.rows("SELECT id FROM person")) == 2


async def test_a_group_has_one_conversation_that_tells_who_spoke(make_hub: MakeHub) -> None:
    async with stage(make_hub, groups={"conversation": "group", "address_by": "reply"}) as one:
        first = one.account.group(GROUP, MING, [AT, words("一")], name="小明", group_name="邻居群")
        second = one.account.group(GROUP, HONG, [AT, words("二")], name="小红", group_name="邻居群")
        await one.push(first)
        await one.hears("一", GROUP, "group")
        await one.push(second)
        await one.hears("二", GROUP, "group")
        assert await conversations(one) == [(f"{ME}/group/{GROUP}", "邻居群")]
        rows = await one.kit.rows("SELECT author_id, author_name FROM message WHERE direction = 'in' ORDER BY id")
        assert [(row["author_id"], row["author_name"]) for row in rows] == [(str(MING), "小明"), (str(HONG), "小红")]
        answers = one.account.texts(str(GROUP), "group")
        assert answers == [f"[CQ:reply,id={first['message_id']}]一", f"[CQ:reply,id={second['message_id']}]二"]


async def test_everybody_is_heard_where_the_yaml_says_so(make_hub: MakeHub) -> None:
    async with stage(make_hub, groups={"answer": "all", "only": [GROUP], "address_by": "nothing"}) as one:
        await one.push(one.account.group(30009, MING, [AT, words("别的群")]))
        await one.push(one.account.group(GROUP, MING, "不用点名"))
        assert await one.hears("不用点名", GROUP, "group") == "不用点名"
        assert one.account.texts("30009", "group") == []


async def test_nobody_is_heard_where_the_yaml_says_so(make_hub: MakeHub) -> None:
    async with stage(make_hub, groups={"answer": "nobody"}) as one:
        await one.push(one.account.group(GROUP, MING, [AT, words("在吗")]))
        await one.push(one.account.private(MING, "私下呢"))
        await one.hears("私下呢")
        assert one.account.texts(str(GROUP), "group") == []


async def test_a_reply_to_us_is_a_mention_and_quotes_what_we_said(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        await one.push(one.account.group(GROUP, MING, [AT, words("第一句")]))
        await one.hears("第一句", GROUP, "group")
        await one.bodies(1, "out")
        ours = str(one.account.told[0].message_id)
        await one.push(one.account.group(GROUP, MING, [segment("reply", id=ours), words("这句什么意思")]))
        quote, said = (await one.bodies(2))[1]
        assert isinstance(quote, Quote)
        sent = await one.kit.rows("SELECT id FROM message WHERE direction = 'out' ORDER BY id")
        assert (quote.message, quote.text, said) == (str(sent[0]["id"]), "第一句", Text("这句什么意思"))


@pytest.mark.parametrize("message", [[AT], [AT, words("  ")]])
async def test_our_name_alone_is_what_was_said(make_hub: MakeHub, message: Any) -> None:
    async with stage(make_hub) as one:
        await one.push(one.account.group(GROUP, MING, message))
        assert await one.bodies() == [(Mention(str(ME)),)]


async def test_a_stranger_from_a_group_is_answered_through_it(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        await one.push(one.account.private(MING, "临时会话", sub_type="group", group_id=GROUP))
        await one.hears("临时会话")
        call = next(call for call in one.account.calls if call["action"] == "send_private_msg")
        assert (call["params"]["user_id"], call["params"]["group_id"]) == (MING, GROUP)
