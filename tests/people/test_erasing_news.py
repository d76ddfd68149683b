"""Erasing reaches what channels told of somebody besides messages: that it happened stays, who it was and their words go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hub.testing import HubKit, use
from hub.testing.fixtures import MakeHub
from hub_people import People
from tests.onebot.stage import GROUP, HONG, MING, stage
from tests.people.kit import people_of
from tests.qq.kit import world
from tests.wechat.kit import staged

KNOWN = use(People, "people")


async def told(kit: HubKit, platform: str) -> list[tuple[str, dict[str, Any]]]:
    """What the log has of this platform."""
    rows = await kit.rows("SELECT kind, data FROM event WHERE kind LIKE ? ORDER BY id", f"{platform}.%")
    return [(row["kind"], json.loads(row["data"])) for row in rows]


async def erased(kit: HubKit, platform: str, id: str) -> None:
    """Erase whoever has this id there."""
    await kit.settled()
    (row,) = await kit.rows("SELECT person_id FROM identity WHERE platform = ? AND external_id = ?", platform, id)
    await people_of(kit).erasing.erase(row["person_id"], "eva", finish=True)


async def test_of_a_friend_on_qq_it_stays_that_somebody_came(make_hub: MakeHub) -> None:
    async with world(make_hub, bot=None, beside=[KNOWN]) as here:
        events = here.qq.events
        long = {"op": 0, "t": "NEW", "id": "N1", "d": {"user_openid": "U_1", "words": "长" * 4000}}
        for event in (events.friend_add("U_1"), events.friend_add("UX1"), events.friend_add("u_1"), long):
            await here.delivers(event)
        await here.says("你好", "U_1")
        before = await told(here.kit, "qq")
        await erased(here.kit, "qq", "U_1")
        after = await told(here.kit, "qq")
        nothing = {"instance": "qq"}
        assert after == [("qq.friend_add", nothing), *before[1:3], ("qq.new", nothing)]


async def test_of_a_request_by_onebot_it_stays_what_kind_it_was(make_hub: MakeHub) -> None:
    async with stage(make_hub, "reverse", KNOWN) as here:
        account = here.account
        for one in (MING, HONG, int(f"{MING}7")):
            asks = account.event("request", request_type="friend", user_id=one, comment=f"我是{one}", flag=f"f{one}")
            comes = account.event("notice", notice_type="group_increase", sub_type="invite", group_id=GROUP, user_id=one)
            await here.push(asks)
            await here.push(comes)
        await here.push(account.private(MING, "好"))
        await here.hears("好")

        async def all_told() -> list[tuple[str, dict[str, Any]]]:
            found = await told(here.kit, "onebot")
            return found if len(found) == 6 else []

        before = await here.kit.until(all_told, "six lines")
        await erased(here.kit, "onebot", str(MING))
        asked = {"instance": "onebot", "request_type": "friend"}
        came = {"instance": "onebot", "notice_type": "group_increase", "sub_type": "invite"}
        assert await told(here.kit, "onebot") == [("onebot.request", asked), ("onebot.notice", came), *before[2:]]


async def test_of_a_follower_on_wechat_it_stays_that_they_followed(tmp_path: Path) -> None:
    async with staged(tmp_path, KNOWN) as here:
        await here.event("subscribe", "o_1")
        await here.event("subscribe", "oX1")
        await here.says("你好", "o_1")
        # By now the hub knows whose it is.
        await here.event("VIEW", "o_1", EventKey="https://shop.example/orders/77")
        await here.settled()
        before = await told(here.kit, "wechat")
        await erased(here.kit, "wechat", "o_1")
        after = await told(here.kit, "wechat")
        nothing = {"instance": "wechat"}
        assert after == [("wechat.subscribe", nothing), before[1], ("wechat.view", nothing)]
        assert (await here.rows("SELECT count(*) AS n FROM wechat_customer WHERE name LIKE '%o!_1%' ESCAPE '!'"))[0]["n"] == 0
