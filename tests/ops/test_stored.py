"""`hub explain` and `hub dead-letters`, with what a hub that really ran has stored."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub import Channel, Inbound, Outbound, PluginConfig, Rejected, Sender, Sent, Text
from hub.config import HubConfig, LoadedConfig
from hub.hub import Hub
from hub.life import InstanceSpec
from hub_cli import main


class Mail(Channel[PluginConfig]):
    """Takes anything in; refuses to send what the house says."""

    async def send(self, message: Outbound) -> Sent:
        raise Rejected("the mailbox is full", code="552")


CONFIG = LoadedConfig(HubConfig(), (InstanceSpec("mail", "mail", Mail, PluginConfig(), Path(), 0),))


async def dead_letter(data: Path) -> tuple[int, int, int]:
    """Run a hub until a message went out in vain: the ids of what came in, the dead letter, and the conversation."""
    async with Hub(CONFIG, data) as hub:
        await hub.registry.until("mail", "running")
        channel = hub.registry.get("mail")
        assert channel is not None
        accepted = await channel.ctx.accept(Inbound("k1", Sender("ann@example.com", "Ann"), (Text("我的包裹在哪?"),)))
        async with asyncio.timeout(20):
            while not await hub.path.dead.all():
                await asyncio.sleep(0)
        (letter,) = await hub.path.dead.all()
        return accepted.message_id, letter.id, letter.conversation_id


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, int, int]:
    data = tmp_path_factory.mktemp("data")
    return data, *asyncio.run(dead_letter(data))


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def test_explain_a_conversation(stored: tuple[Path, int, int, int], capsys: pytest.CaptureFixture[str]) -> None:
    data, came, letter, conversation = stored
    assert main(["explain", "conversation", str(conversation), "--data", str(data)]) == 0
    told = capsys.readouterr().out
    assert main(["explain", str(conversation), "--data", str(data)]) == 0
    out = capsys.readouterr().out
    assert out == told
    assert f"conversation {conversation} with person " in out
    assert "Ann" in out
    assert "channel mail, address ann@example.com" in out
    assert "我的包裹在哪?" in out
    assert out.index(str(came)) < out.index(str(letter))
    assert "owned by queue front" in out


def test_explain_a_message(stored: tuple[Path, int, int, int], capsys: pytest.CaptureFixture[str]) -> None:
    data, _, letter, conversation = stored
    assert main(["explain", str(letter), "--data", str(data), "--locale", "zh-CN"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"消息 {letter} system ")
    assert "outbox：渠道 mail，dead，已尝试 0 次" in out
    assert "the mailbox is full" in out
    assert f"会话 {conversation}，" in out


def test_what_is_not_there(stored: tuple[Path, int, int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "12345", "--data", str(stored[0])]) == 1
    assert capsys.readouterr().err == "failed: there is no message and no conversation 12345\n"
    assert main(["explain", "1", "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"failed: there is nothing stored in {tmp_path}\n"
    assert main(["dead-letters", "drop", "12345", "--data", str(stored[0])]) == 1
    assert capsys.readouterr().err == (
        "failed: 12345 is none of what could not be delivered: hub dead-letters list shows all\n"
    )
    assert main(["dead-letters", "drop", "1", "--data", str(tmp_path / "new")]) == 1
    assert capsys.readouterr().err == f"failed: there is nothing stored in {tmp_path / 'new'}\n"
    for number in (str(2**63), f"-{2**64}", "0"):
        for words, why in ((["explain"], "there is no message"), (["dead-letters", "retry"], "is none of what")):
            assert main([*words, "--data", str(stored[0]), "--", number]) == 1
            assert why in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_dead_letters_are_listed_tried_again_and_given_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, letter, _ = asyncio.run(dead_letter(tmp_path))
    where = ["--data", str(tmp_path)]
    assert main(["dead-letters", "list", *where]) == 0
    line, count = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{letter}  ")
    assert "out  mail  0 attempt(s)  the mailbox is full: " in line
    assert count == "1 dead letter(s)"
    assert main(["dead-letters", "retry", str(letter), *where]) == 0
    assert capsys.readouterr().out == f"{letter} will be tried again\n"
    assert main(["dead-letters", "list", *where]) == 0
    assert capsys.readouterr().out == "0 dead letter(s)\n"
    assert main(["dead-letters", "drop", str(letter), *where]) == 1


def test_a_running_hub_is_looked_at_but_not_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def while_running(*arguments: str) -> int:
        async with Hub(LoadedConfig(HubConfig()), tmp_path):
            return await asyncio.to_thread(main, [*arguments, "--data", str(tmp_path)])

    assert asyncio.run(while_running("dead-letters", "list")) == 0
    assert asyncio.run(while_running("dead-letters", "retry", "1")) == 1
    assert "another hub" in capsys.readouterr().err
