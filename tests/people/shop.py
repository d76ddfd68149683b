"""A plugin that keeps customers in a table of its own, and forgets them when it is told; and a process in which it never does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from hub import Identity, Inbound, Person, Plugin, PluginConfig, hookimpl
from hub.tables import Change
from hub.testing import HubKit, use
from hub_people import People
from hub_wecom.tables import Statements

KEPT = "SELECT name FROM wecom_customer ORDER BY name"


class Shop(Plugin[PluginConfig]):
    """Who bought something: their name by their id. While it is `broken` it forgets nobody."""

    tables: ClassVar[str] = "hub_wecom.tables"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.broken = False
        self.asked: list[int] = []

    @hookimpl
    async def arriving(self, inbound: Inbound, identity: Identity) -> None:
        change = Change()
        change.write(Statements.put_customer, (identity.external_id, inbound.sender.name, "", "", 0))
        await self.ctx.commit(change)

    @hookimpl
    async def person_erased(self, person: Person, identities: Sequence[Identity]) -> None:
        self.asked.append(int(self.ctx.clock.now()))
        if self.broken:
            raise RuntimeError(f"no answer about {identities[0].external_id}")
        change = Change()
        for identity in identities:
            change.write(Statements.drop_customer, (identity.external_id,))
        await self.ctx.commit(change)


class Hanging(Shop):
    """Says that it was asked, and never answers."""

    @hookimpl
    async def person_erased(self, person: Person, identities: Sequence[Identity]) -> None:
        sys.stdout.write("asked\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


async def kept(kit: HubKit) -> list[str]:
    """Whom the shop knows, by name."""
    return [row["name"] for row in await kit.rows(KEPT)]


async def _erase(data: Path, database: str) -> None:
    # Only a process needs it: this module is imported by the tests beside it.
    from tests.people.kit import Customer, WeChat, people_of

    async with HubKit(data, use(WeChat, "wechat"), use(People, "people"), use(Hanging, "shop"), database=database) as kit:
        one = Customer(kit, "wechat", "w", name="小雨")
        await one.says("你好")
        await people_of(kit).erasing.erase((await one.person()).id, "sun", finish=True)


if __name__ == "__main__":
    asyncio.run(_erase(Path(sys.argv[1]), sys.argv[2]))
