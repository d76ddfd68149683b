"""A hub with the channel, the platform behind it, and words for what both sides do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hub import Body, plain_text
from hub.message import decode_body
from hub.testing import EchoBot, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_media import Media
from hub_wecom import WeCom
from tests.wecom.simulator import Account, Corp, Delivered, Platform, Pushed, Server

KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aQ"
OLD_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"
LOOPBACK = {"locale": "zh-CN", "allow_private_networks": ["127.0.0.0/8"]}


def corp_named(name: str, *accounts: str, **more: Any) -> Corp:
    """A corp with these accounts."""
    made = {account: Account() for account in accounts or ("wk1",)}
    return Corp(f"ww{name}", f"secret-of-{name}", f"token-{name}", KEY, accounts=made, **more)


def config_of(corp: Corp, server: Server, **more: Any) -> dict[str, Any]:
    """The YAML of an instance for `corp`."""
    return {
        "corp_id": corp.corp_id, "secret": corp.secret, "token": corp.token, "aes_key": corp.aes_key,
        "accounts": list(corp.accounts), "base_url": server.url, **more,
    }  # fmt: skip


def words(payload: dict[str, Any]) -> str:
    """A message of the platform's as a customer reads it."""
    kind = payload["msgtype"]
    content = payload[kind]
    if kind == "text":
        return str(content["content"])
    if kind == "msgmenu":
        return "\n".join([content["head_content"], *(item[item["type"]]["content"] for item in content["list"])])
    return f"[{kind}]"


class Stage:
    """One corp, one hub. `kit` is the hub's, `at` where its channel answers."""

    def __init__(self, server: Server, corp: Corp, kit: HubKit, clock: ManualClock | None) -> None:
        self.server = server
        self.corp = corp
        self.kit = kit
        self.clock = clock

    @property
    def at(self) -> str:
        """Where callbacks go; another place after a restart."""
        return f"{self.kit.url}/wecom"

    @property
    def channel(self) -> WeCom:
        """The running channel."""
        return self.kit.plugin("wecom", WeCom)

    # -- what is done -------------------------------------------------------------------------------

    async def push(self, account: str = "wk1", **how: Any) -> Pushed:
        """A callback."""
        return await self.server.push(self.at, self.corp, account, **how)

    async def says(self, text: str, customer: str = "wm1", account: str = "wk1", **more: Any) -> str:
        """A customer writes, and the hub hears of it; returns the msgid."""
        msgid = self.corp.says(account, customer, content=text, **more)
        assert (await self.push(account)).status == 200
        await self.settled()
        return msgid

    async def settled(self) -> None:
        """Nothing is under way in the hub."""
        await self.kit.settled(turning=0.05 if self.clock else 0)

    async def until(self, check: Any, what: str, turning: float = 0.5) -> Any:
        """Wait for it; a clock that stands still is turned."""
        return await self.kit.until(check, what, turning=turning if self.clock else 0)

    async def passes(self, seconds: float) -> None:
        """Time goes on."""
        assert self.clock is not None
        await self.clock.advance(seconds)

    # -- what is seen -------------------------------------------------------------------------------

    def sent(self, customer: str = "wm1", account: str = "wk1") -> list[Delivered]:
        """What a customer got."""
        return [one for one in self.corp.accounts[account].sent if one.customer == customer]

    def heard(self, customer: str = "wm1", account: str = "wk1") -> list[str]:
        """The same in words."""
        return [words(one.payload) for one in self.sent(customer, account)]

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """A look behind the curtain."""
        return await self.kit.rows(sql, *values)

    async def bodies(self, direction: str = "in") -> list[Body]:
        """What was said in this direction, in order."""
        found = await self.rows("SELECT body FROM message WHERE direction = ? ORDER BY id", direction)
        return [decode_body(row["body"]) for row in found]

    async def texts(self, direction: str = "in") -> list[str]:
        """The same as plain text."""
        return [plain_text(body) for body in await self.bodies(direction)]

    async def conversation(self) -> dict[str, Any]:
        """The latest conversation."""
        return (await self.rows("SELECT * FROM conversation ORDER BY id DESC LIMIT 1"))[0]

    async def count(self, name: str) -> int:
        """A number of the metrics page."""
        return int(self.kit.hub.counters.get(name, 0))

    async def channel_data(self, key: str, value: Any) -> None:
        """Write over a small durable value of the channel's."""
        await self.kit.hub.store.data("wecom").put(key, value)

    def dead(self) -> Any:
        """The dead letters' reasons."""
        return self.rows("SELECT error FROM outbox WHERE state = 2 ORDER BY id")


@asynccontextmanager
async def staged(
    make_hub: MakeHub, *more: Any, accounts: tuple[str, ...] = ("wk1",), manual: bool = True, bot: Any = EchoBot,
    corp_facts: dict[str, Any] | None = None, sections: dict[str, Any] | None = None, **config: Any,
) -> AsyncIterator[Stage]:  # fmt: skip
    """A stage. The clock stands still unless `manual` is False; `config` is the instance's."""
    clock = ManualClock() if manual else None
    facts = {"now": clock.now} if clock else {}
    corp = corp_named("corp", *accounts, **facts, **(corp_facts or {}))
    async with Server(Platform({corp.corp_id: corp})) as server:
        bots = (bot,) if bot is not None else ()
        channel = use(WeCom, "wecom", config_of(corp, server, **config))
        kit: HubKit = await make_hub(
            use(Media, "media"), channel, *bots, *more, clock=clock, serve=True, hub=LOOPBACK, **(sections or {})
        )
        stage = Stage(server, corp, kit, clock)
        await stage.until(lambda: corp.called("sync_msg"), "the first look into the log")
        yield stage
        # The hub ends before the platform does, as in life.
        await kit.stop()
