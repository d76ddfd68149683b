"""What goes out: each piece once, and honest about what nobody can know."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from hub import AuthFailed, File, Image, NotReady, Outbound, Rejected, Text, Video, Voice
from hub.testing.fixtures import MakeHub
from tests.onebot.account import Plan
from tests.onebot.stage import GROUP, HONG, ME, MING, Stage, stage

TO: Final = f"{ME}/private/{MING}"
PNG: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def outbound(*body: Any, address: str = TO, key: str = "1", **more: Any) -> Outbound:
    return Outbound(1, 1, address, body, key, **more)


async def kept(one: Stage, data: bytes, mime: str) -> str:
    async def chunks() -> AsyncIterator[bytes]:
        yield data

    media = one.channel.ctx.media
    return (await media.keep(chunks(), owner="x", name="a", max_bytes=10_000, types=[mime])).id


async def dead(one: Stage) -> str:
    """Why the first message was given up."""
    rows = await one.kit.until(lambda: one.kit.rows("SELECT error FROM message WHERE state = 'failed'"), "it is given up")
    return str(rows[0]["error"])


@pytest.mark.parametrize(("transport", "via"), [("reverse", "ws"), ("forward", "ws"), ("http", "http")])
async def test_how_it_went_out_is_told(make_hub: MakeHub, transport: str, via: str) -> None:
    async with stage(make_hub, transport) as one:
        if transport == "forward":
            await one.kit.until(lambda: one.account.calls, "the hub asks who it is")
        await one.push(one.account.private(MING, "你好"))
        await one.hears("你好")
        await one.bodies(1, "out")
        (event,) = await one.kit.rows("SELECT data FROM event WHERE kind = 'message.sent_via'")
        assert f'"{via}"' in event["data"]
        (row,) = await one.kit.rows("SELECT external_id FROM message WHERE direction = 'out'")
        assert row["external_id"] == str(one.account.told[0].message_id)


@pytest.mark.parametrize("transport", ["reverse", "http"])
async def test_a_line_that_is_cut_is_an_unknown_outcome_and_nothing_is_doubled(make_hub: MakeHub, transport: str) -> None:
    async with stage(make_hub, transport) as one:
        one.account.plans.append(Plan(when="cut"))
        await one.push(one.account.private(MING, "你好"))
        assert (await dead(one)).startswith("unknown outcome, not sent again")
        await one.kit.settled()
        assert one.account.texts(str(MING)) == ["你好"]


async def test_what_was_certainly_not_sent_goes_when_the_account_is_back(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        await one.push(one.account.private(MING, "一"))
        await one.hears("一")
        await (await one.connected()).socket.close()
        with pytest.raises(NotReady, match="not connected"):
            await one.channel.send(outbound(Text("二")))
        await one.simulator.dial(one.url)
        await one.push(one.account.heartbeat(online=False))
        await one.push(one.account.private(HONG, "你们还在吗"))
        await one.kit.until(lambda: one.kit.logged("the account is offline"), "it is known")
        with pytest.raises(NotReady, match="offline"):
            await one.channel.send(outbound(Text("二")))
        await one.push(one.account.heartbeat(online=True))
        await one.hears("你们还在吗", HONG)


async def test_a_refusal_is_told_in_its_own_words(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        one.account.plans.append(Plan("failed", 100, "对方不是好友"))
        await one.push(one.account.private(MING, "你好"))
        assert await dead(one) == "send_private_msg was refused: 对方不是好友 (100)"


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [(503, NotReady, "503"), (429, NotReady, "429"), (502, Rejected, "unknown outcome"), (400, Rejected, "400")],
)
async def test_what_http_says(make_hub: MakeHub, status: int, error: type[Exception], words: str) -> None:
    async with stage(make_hub, "http") as one:
        one.account.plans.append(Plan(http=status))
        with pytest.raises(error, match=words):
            await one.channel.send(outbound(Text("你好")))


async def test_http_with_a_wrong_token_or_no_server(make_hub: MakeHub) -> None:
    async with stage(make_hub, "http", access_token="a-token-of-old") as one:
        with pytest.raises(AuthFailed, match="access_token"):
            await one.channel.send(outbound(Text("你好")))
    async with stage(make_hub, "http", api_root="http://127.0.0.1:9") as one:
        with pytest.raises(NotReady, match="cannot be reached"):
            await one.channel.send(outbound(Text("你好")))


async def test_voice_and_video_go_alone_and_each_piece_once(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        body = (Text("听"), Voice("https://a.example/v.amr"), Text("看"), Video("https://a.example/v.mp4"))
        one.account.plans.extend([Plan(), Plan("failed", 1, "太快了")])
        with pytest.raises(Rejected):
            await one.channel.send(outbound(*body))
        sent = await one.channel.send(outbound(*body, attempt=2))
        assert one.account.texts(str(MING)) == [
            "听", "[CQ:record,file=https://a.example/v.amr]", "看", "[CQ:video,file=https://a.example/v.mp4]",
        ]  # fmt: skip
        assert sent.external_id == ",".join(str(told.message_id) for told in one.account.told)
        await one.channel.recall(outbound(*body), sent.external_id)
        assert one.account.recalled == sent.external_id.split(",")
        with pytest.raises(Rejected, match="no id"):
            await one.channel.recall(outbound(*body), "")


async def test_pictures_go_as_bytes_or_as_links(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        picture = await kept(one, PNG, "image/png")
        await one.channel.send(outbound(Text("看图"), Image(picture)))
        assert one.account.texts(str(MING)) == [f"看图[CQ:image,file=base64://{base64.b64encode(PNG).decode()}]"]
        with pytest.raises(Rejected, match="not there any more"):
            await one.channel.send(outbound(Image("0" * 32), key="2"))
    async with stage(make_hub, media={"max_bytes": 10}) as one:
        with pytest.raises(Rejected, match=r"media\.max_bytes"):
            await one.channel.send(outbound(Image(await kept(one, PNG, "image/png"))))


async def test_links_to_this_hub_can_be_opened(make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(make_hub, media={"send_as": "url"}) as one:
        monkeypatch.setattr(type(one.channel.ctx), "public_url", property(lambda _: one.kit.url))
        await one.channel.send(outbound(Image(await kept(one, PNG, "image/png"))))
        link = one.account.told[0].message[0]["data"]["file"]
        async with one.simulator.session.get(link) as answer:
            assert (answer.status, await answer.read()) == (200, PNG)
        async with one.simulator.session.get(link + "0") as answer:
            assert answer.status == 403
        await one.channel.send(outbound(File(await kept(one, b"words", "text/plain"), "合同.txt"), key="2"))
        assert one.account.texts(str(MING))[1].startswith(f"[文件] 合同.txt\n{one.kit.url}/onebot/media/")


async def test_documents_can_be_uploaded(make_hub: MakeHub) -> None:
    async with stage(make_hub, media={"files": "upload"}) as one:
        document = await kept(one, b"words", "text/plain")
        await one.channel.send(outbound(File(document, "合同.txt")))
        await one.channel.send(outbound(File(document, "合同.txt"), address=f"{ME}/group/{GROUP}/{MING}", key="2"))
        file = f"base64://{base64.b64encode(b'words').decode()}"
        assert one.account.uploads == [
            {"user_id": MING, "file": file, "name": "合同.txt"}, {"group_id": GROUP, "file": file, "name": "合同.txt"},
        ]  # fmt: skip


async def test_messages_can_be_sent_as_strings(make_hub: MakeHub) -> None:
    async with stage(make_hub, message_format="string") as one:
        await one.push(one.account.private(MING, "a&#91;CQ:b&#93;,&amp;"))
        assert await one.hears("CQ:b") == "a&#91;CQ:b&#93;,&amp;"


async def test_each_http_call_has_a_connection_of_its_own(make_hub: MakeHub) -> None:
    async with stage(make_hub, "http") as one:
        for number in range(3):
            await one.channel.send(outbound(Text("你好"), key=str(number)))
        assert len(set(one.simulator.callers)) == 3


# -- what the owner of the account says in the app --------------------------------------------------


async def test_what_the_owner_writes_is_kept_as_an_agents_message(make_hub: MakeHub) -> None:
    async with stage(make_hub, own_messages="keep") as one:
        await one.push(one.account.private(MING, "你好"))
        await one.hears("你好")
        id = one.account.told[0].message_id
        await one.push(one.account.private(ME, "你好", post_type="message_sent", target_id=MING, message_id=id))
        await one.push(one.account.private(ME, "我是店主", name="店主", post_type="message_sent", target_id=MING))
        assert await one.bodies(2, "out") == [(Text("你好"),), (Text("我是店主"),)]
        assert one.account.texts(str(MING)) == ["你好"], "it is not delivered again"
        (row,) = await one.kit.rows("SELECT author_kind, author_id, state FROM message WHERE author_name = '店主'")
        assert row == {"author_kind": "agent", "author_id": str(ME), "state": "sent"}
        await one.push(one.account.private(ME, "给谁？", post_type="message_sent"))
        await one.push(one.account.private(MING, "谢谢"))
        await one.hears("谢谢")
        assert len(await one.bodies(3, "out")) == 3


async def test_the_report_of_our_own_message_may_come_before_the_answer(make_hub: MakeHub) -> None:
    async with stage(make_hub, own_messages="keep") as one:
        one.account.plans.append(Plan(when="held"))
        await one.push(one.account.private(MING, "你好"))
        await one.kit.until(lambda: one.simulator.held, "it is asked")
        id = one.account.told[0].message_id
        await one.push(one.account.private(ME, "你好", post_type="message_sent", target_id=MING, message_id=id))
        await one.simulator.let_go()
        await one.kit.until(lambda: one.counted("onebot_own"), "it is known again")
        assert await one.bodies(1, "out") == [(Text("你好"),)]


async def test_the_report_of_a_message_that_was_only_accepted_says_that_it_is_delivered(make_hub: MakeHub) -> None:
    async with stage(make_hub, own_messages="keep") as one:
        one.account.plans.append(Plan("async", 1))
        await one.push(one.account.private(MING, "你好"))
        await one.bodies(1, "out")
        await one.push(one.account.private(ME, "你好", post_type="message_sent", target_id=MING))
        rows = "SELECT id FROM message WHERE direction = 'out' AND state = 'delivered'"
        await one.kit.until(lambda: one.kit.rows(rows), "it is delivered")
        assert await one.bodies(1, "out") == [(Text("你好"),)]
