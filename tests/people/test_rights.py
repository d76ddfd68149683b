"""What another team may not decide about a customer; what is rejected stays so; what the interface says of itself."""

from __future__ import annotations

from pathlib import Path

from hub_people import People
from tests.desk.kit import open_house
from tests.people.test_interface import PEOPLE, candidates, writes


async def test_another_team_decides_nothing_and_what_is_rejected_is_asked_no_more(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=PEOPLE, people=People) as house:
        ada, back = await house.person("ada"), await house.person("bob", "agent", "back")
        eva = await house.person("eva", "supervisor")
        _, anna = await writes(house, "anna", keys={"phone": "13800138000"})
        _, other = await writes(house, "other", keys={"phone": "+86 138 0013 8000"})
        [question] = await candidates(house, ada, anna)
        path = f"/api/people/candidates/{question['id']}"
        for decision in ("confirm", "reject"):
            assert (await back.post(f"{path}/{decision}"))[0] == 404
        assert await candidates(house, ada, other) != []
        assert (await ada.post(f"{path}/reject"))[0] == 200
        assert await candidates(house, ada, anna) == await candidates(house, ada, other) == []
        assert (await ada.post(f"{path}/confirm"))[0] == 404
        status, _ = await eva.post(f"/api/people/{anna}/merge", {"other": str(other)})
        assert status == 200
        _, now = await eva.get(f"/api/people/{anna}")
        [conflict] = now["conflicts"]
        assert (await back.post(f"/api/people/conflicts/{conflict['id']}", {"choice": "take"}))[0] == 404
        status, told = await eva.post(f"/api/people/{anna}/merge", {"other": str(other)})
        assert (status, told["error"]["code"]) == (409, "same_person")


async def test_the_description_of_the_interface_has_every_route(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=PEOPLE, people=People) as house:
        ours = [route for route in house.hub.routes.all() if route.path.startswith(("/api/people", "/c/"))]
        eva = await house.person("eva", "supervisor")
        status, told = await eva.get("/api/openapi.json")
        assert (status, len(ours)) == (200, 13)
        assert [one.path for one in ours if one.method.lower() not in told["paths"].get(one.path, {})] == []
