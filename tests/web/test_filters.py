"""An outbound filter holds for web visitors too: live, in snapshots, replays and history they see what it left."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.hooks.gate import Gate
from tests.web.chat import CONFIG, Site, Socket, open_site, text

SECRETS = ("4111111111111111", "forbidden")


@pytest.fixture
async def filtered(tmp_path: Path) -> AsyncIterator[Site]:
    """A web chat whose bot repeats what it hears, and a filter that looks at what goes out only."""
    async with open_site(tmp_path, f"{CONFIG}  - use: gate\n", gate=OutboundGate) as site:
        yield site


class OutboundGate(Gate):
    """Lets everything in."""

    def judge(self, message: Any, where: str) -> Any:
        return None if where == "in" else super().judge(message, where)


async def created(socket: Socket) -> dict[str, Any]:
    while True:
        event = await socket.frame("event")
        if event["kind"] == "message.created":
            message: dict[str, Any] = event["data"]["message"]
            return message


def ours(state: dict[str, Any]) -> str:
    """All that our side is seen to have said."""
    return json.dumps([message for message in state["messages"] if message["direction"] != "in"], ensure_ascii=False)


async def test_a_changed_message_is_seen_changed_everywhere(filtered: Site) -> None:
    page = await filtered.begin()
    async with page.socket() as socket:
        cursor = socket.welcome["cursor"]
        await socket.do("send", text("4111111111111111"), "one")
        assert (await created(socket))["direction"] == "in"
        live = await created(socket)
        assert live["body"] == [{"type": "text", "text": "echo: ***"}]
        assert live["state"] == "sent"
    async with page.socket(cursor) as again:
        assert [(await created(again))["body"][0]["text"] for _ in range(2)] == ["4111111111111111", "echo: ***"]
    assert SECRETS[0] not in ours(await page.snapshot())
    await page.do("send", text("hello"))
    await page.said(4)
    history = await page.do("history", {"before": (await page.snapshot())["messages"][-1]["id"]})
    assert [message["body"][0]["text"] for message in history[1]["messages"]][:2] == ["4111111111111111", "echo: ***"]


async def test_a_message_that_was_kept_back_is_seen_nowhere(filtered: Site) -> None:
    page = await filtered.begin()
    async with page.socket() as socket:
        cursor = socket.welcome["cursor"]
        await socket.do("send", text("forbidden"), "one")
        assert [(await created(socket))["direction"] for _ in range(2)] == ["in", "system"]
    state = await page.until(lambda found: found["conversation"]["owner"]["kind"] == "queue")
    assert len(state["messages"]) == 2
    assert SECRETS[1] not in ours(state)
    async with page.socket(cursor) as again:
        assert [(await created(again))["direction"] for _ in range(2)] == ["in", "system"]
    assert await kept_back(filtered) == ["echo: forbidden"]


async def kept_back(site: Site) -> list[str]:
    rows = await site.hub.store.reader.all("SELECT body FROM message WHERE direction = 'note' AND state = 'failed'")
    return [json.loads(row["body"])[0]["text"] for row in rows]


async def test_a_bots_line_needs_no_news_to_count_as_sent(filtered: Site) -> None:
    page = await filtered.begin()
    async with page.socket() as socket:
        await socket.do("send", text("hello"), "one")
        assert [(await created(socket))["state"] for _ in range(2)] == ["received", "sent"]
    assert {message["state"] for message in (await page.snapshot())["messages"]} <= {"received", "sent", "delivered"}
    assert await site_kinds(filtered) == {"conversation.opened", "message.created"}


async def site_kinds(site: Site) -> set[str]:
    return {event.kind for event in await site.hub.reading.events(0, 500) if event.conversation_id}
