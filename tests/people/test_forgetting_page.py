"""What supervisors are told of who has still to forget whom; and the journal, page by page."""

from __future__ import annotations

from pathlib import Path

from hub_people import People
from hub_people.merging import Why
from tests.databases import Databases, both_databases
from tests.desk.kit import open_house
from tests.people.shop import Shop
from tests.people.test_api import people_of, person_of, writes

CONFIG = """
hub: {{locale: en, database: "{database}"}}
teams: [{{id: front, name: Front desk}}]
service: {{first_owner: queue}}
people: {{}}
plugins: [{{use: toy, required: true}}, {{use: desk, required: true}}, {{use: shop}}]
"""


@both_databases
async def test_supervisors_see_what_is_outstanding(tmp_path: Path, hub_databases: Databases) -> None:
    config = CONFIG.format(database=hub_databases(tmp_path / "data"))
    async with open_house(tmp_path, config=config, people=People, shop=Shop) as house:
        ada, sue = await house.person("ada", "agent", "front"), await house.person("sue", "supervisor")
        person = await person_of(house, await writes(house, "toy", "anna", "one"))
        shop = house.hub.registry.get("shop")
        assert isinstance(shop, Shop)
        shop.broken = True
        status, answer = await sue.post(f"/api/people/{person}/erase", {"finish": True})
        assert (status, answer["erased"]["waiting"]) == (200, ["shop"])
        assert (await sue.get(f"/api/people/{person}"))[1]["erasing"] == ["shop"]
        _, told = await sue.get("/api/people/erasures")
        [erasure] = told["erasures"]
        [waiting] = erasure["waiting"]
        assert (told["files"], told["days"], erasure["person"]) == (0, 180, str(person))
        assert waiting.pop("next_at") > erasure["at"]
        assert waiting == {"instance": "shop", "state": "running", "attempts": 1, "error": "RuntimeError"}
        await house.hub.registry.stop("shop")
        _, told = await sue.get("/api/people/erasures")
        assert told["erasures"][0]["waiting"][0]["state"] == "stopped"
        assert (await ada.get("/api/people/erasures"))[0] == 403


@both_databases
async def test_the_journal_is_read_page_by_page(tmp_path: Path, hub_databases: Databases) -> None:
    config = CONFIG.format(database=hub_databases(tmp_path / "data"))
    async with open_house(tmp_path, config=config, people=People, shop=Shop) as house:
        sue = await house.person("sue", "supervisor")
        one = await person_of(house, await writes(house, "toy", "anna", "one"))
        for name in ("anne", "ann"):
            other = await person_of(house, await writes(house, "toy", name, "two"))
            await people_of(house).register.merge(one, other, Why("sue", "agent"))
        status, first = await sue.get(f"/api/people/{one}/links", limit=1)
        assert (status, first["more"], len(first["links"])) == (200, True, 1)
        status, second = await sue.get(f"/api/people/{one}/links", limit=1, before=first["links"][0]["id"])
        assert (status, second["more"], len(second["links"])) == (200, False, 1)
        assert int(second["links"][0]["id"]) < int(first["links"][0]["id"])
