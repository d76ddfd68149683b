"""A real hub with a WeChat account on the simulated platform, both on one clock that is turned by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from hub import Allowance, Answer, Bot, PluginConfig, Turn, hookimpl, plain_text, say
from hub.intents import HandOver
from hub.testing import HubKit, use
from hub.testing.clock import ManualClock
from hub_media import Media
from hub_wechat import WeChat
from tests.wechat.simulator import Account, Platform
from tests.wechat.simulator import Answer as Tried

T = TypeVar("T")
AES_KEY: Final = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_KEY: Final = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"
PNG: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c636060606000000005000156a1e3b90000000049454e44ae426082"
)
NETWORKS: Final = ["127.0.0.0/8", "::1/128"]


class Talker(Bot[PluginConfig]):
    """Repeats what it hears; waits as long as it is told ("wait 8"), says two things ("two"), fetches people ("人工")."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer | None:
        text = plain_text(turn.message.body)
        if text == "人工":
            return Answer((HandOver("asked"),))
        if text == "two":
            return Answer((say("one"), say("two")))
        if text.startswith("wait "):
            await self.ctx.clock.sleep(float(text.removeprefix("wait ")))
        return Answer.of(f"echo:{text}")


class Stage:
    """The hub `kit`, the `platform` and its accounts by instance name."""

    def __init__(self, kit: HubKit, platform: Platform, clock: ManualClock, accounts: dict[str, Account]) -> None:
        self.kit = kit
        self.platform = platform
        self.clock = clock
        self.accounts = accounts

    @property
    def account(self) -> Account:
        return self.accounts["wechat"]

    @property
    def channel(self) -> WeChat:
        return self.kit.plugin("wechat", WeChat)

    async def turning(self, work: Coroutine[Any, Any, T], *, step: float = 0.25, at_most: float = 400) -> T:
        """Do `work` while the clock is turned, a little at a time, as long as it takes."""
        task = asyncio.ensure_future(work)
        began = self.clock.now()
        while not task.done():
            # What goes over sockets takes some turns of the loop; the clock goes on when nothing more happens.
            for _ in range(40):
                await asyncio.sleep(0.0005)
                if task.done():
                    return task.result()
            assert self.clock.now() - began < at_most, "it takes too long"
            await self.clock.advance(step)
        return task.result()

    async def says(self, text: str, openid: str = "u1", name: str = "wechat", **more: Any) -> list[Tried]:
        return await self.turning(self.platform.says(self.accounts[name], openid, text, **more))

    async def event(self, event: str, openid: str = "u1", name: str = "wechat", **more: Any) -> list[Tried]:
        return await self.turning(self.platform.event(self.accounts[name], openid, event, **more))

    async def settled(self) -> None:
        await self.kit.settled(turning=0.25)

    def heard(self, openid: str = "u1", name: str = "wechat") -> list[tuple[str, str]]:
        return [(one.via, one.text) for one in self.accounts[name].customer(openid).heard]

    async def hears(self, text: str, openid: str = "u1", name: str = "wechat") -> str:
        """Wait until the customer has this text; tells by which way it came."""
        await self.kit.until(
            lambda: any(got == text for _, got in self.heard(openid, name)), f"{openid} hears {text!r}", turning=0.25
        )
        return next(via for via, got in self.heard(openid, name) if got == text)

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return await self.kit.rows(sql, *values)

    async def bodies(self) -> list[str]:
        """What customers said, as it is stored."""
        return [row["body"] for row in await self.rows("SELECT body FROM message WHERE direction = 'in' ORDER BY id")]

    async def bodies_stored(self) -> int:
        """How many messages are stored, worked on or not."""
        return len(await self.rows("SELECT id FROM inbox"))

    async def no_jobs(self) -> bool:
        """Did all jobs run that are to run once?"""
        return not await self.rows("SELECT name FROM timer WHERE seconds = 0 AND cron = ''")

    async def left(self, openid: str = "u1", name: str = "wechat") -> Allowance:
        """What may still be sent, as the workbench is told."""
        channel = self.kit.plugin(name, WeChat)
        dossier = await channel.ctx.dossier(openid, self.accounts[name].appid)
        assert dossier is not None
        (leg,) = (leg for leg in dossier.legs.values() if leg.channel == name)
        return await channel.allowance(leg)

    async def events(self, kind: str) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM event WHERE kind = ? ORDER BY id", kind)

    async def dead(self) -> list[str]:
        """Why messages could not be delivered."""
        return [row["error"] for row in await self.rows("SELECT error FROM outbox WHERE state = 2 ORDER BY id")]

    def counted(self, name: str) -> int:
        return int(self.kit.hub.counters[name])


def account(platform: Platform, name: str = "wechat", **more: Any) -> Account:
    appid = f"wx-{name}"
    made = Account(appid, f"secret-of-{name}", "tokenOfTheTests", platform.clock.now, **more)
    return platform.add(made)


def config_of(account: Account, platform: Platform, **more: Any) -> dict[str, Any]:
    settings = {
        "account": account.kind, "app_id": account.appid, "secret": account.secret, "token": account.token,
        "mode": account.mode, "aes_key": account.aes_key, "api_url": platform.url,
    }  # fmt: skip
    return {**settings, **more}


@asynccontextmanager
async def staged(
    folder: Path, *more: Any, settings: dict[str, Any] | None = None, also: dict[str, dict[str, Any]] | None = None,
    talker: type[Bot[Any]] = Talker, sections: dict[str, Any] | None = None, **options: Any,
) -> AsyncIterator[Stage]:  # fmt: skip
    """A stage with the account ``wechat``; `options` are the account's, `settings` the channel's, `also` further accounts."""
    clock = ManualClock()
    async with Platform(clock) as platform:
        accounts = {"wechat": account(platform, **options)}
        uses = [use(WeChat, "wechat", config_of(accounts["wechat"], platform, **(settings or {})))]
        for name, about in (also or {}).items():
            accounts[name] = account(platform, name, **about)
            uses.append(use(WeChat, name, config_of(accounts[name], platform)))
        everything = {"hub": {"allow_private_networks": NETWORKS}, **(sections or {})}
        uses += [use(Media, "media"), use(talker, "talker"), *more]
        kit = HubKit(folder, *uses, clock=clock, serve=True, sections=everything)
        async with kit:
            for name, one in accounts.items():
                one.callback = f"{kit.url}/{name}/callback"
            yield Stage(kit, platform, clock, accounts)


async def all_of(*work: Awaitable[T]) -> list[T]:
    return list(await asyncio.gather(*work))
