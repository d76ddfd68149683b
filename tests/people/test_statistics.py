"""What is counted is the same before somebody is erased and after: talks, waits, reports by queue, traces, surveys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hub import Agent, Plugin, PluginConfig, SetAttributes, Survey, SurveyAnswer, hookimpl
from hub.house import Scene
from hub.records import SYSTEM
from hub.testing import FakeChannel, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_people import People
from hub_routing import Routing
from hub_routing.reports import Outcomes
from hub_routing.simulate.export import Export
from tests.databases import both_databases
from tests.people.kit import people_of
from tests.routing.live import Service

TEAMS = [{"id": "front", "name": {"zh-CN": "前台", "en": "Front desk"}}]
POLICY = {
    "agents": {"capacity": 20, "cost": {"web": 20}},
    "queues": {"front": {"sla": {"answer": {"within": "20s", "target": 0.9}}}},
    "experiment": {"name": "pairing-1", "policy_b": "plugin.first", "split": 1},
}
COUNTS = (
    "SELECT status, owner_kind, team, reason, count(*) AS n, sum(closed_at - opened_at) AS took FROM conversation"
    " GROUP BY status, owner_kind, team, reason ORDER BY status, owner_kind, team, reason",
    "SELECT direction, author_kind, author_id, state, count(*) AS n FROM message"
    " GROUP BY direction, author_kind, author_id, state ORDER BY direction, author_kind, author_id, state",
    "SELECT channel, count(*) AS n FROM leg GROUP BY channel ORDER BY channel",
    "SELECT kind, count(*) AS n FROM event WHERE kind <> 'person.erased' GROUP BY kind ORDER BY kind",
    "SELECT queue, rule, channel, chosen, arm, count(*) AS n FROM routing_decision GROUP BY queue, rule, channel, chosen, arm"
    " ORDER BY queue, rule, channel, chosen, arm",
    # How long each first answer took.
    "SELECT conversation_id, min(CASE WHEN author_kind = 'agent' THEN at END) - min(CASE WHEN direction = 'in' THEN at END)"
    " AS wait FROM message GROUP BY conversation_id ORDER BY conversation_id",
)


class First(Plugin[PluginConfig]):
    """Takes the first it is shown."""

    @hookimpl
    async def pick_agent(self, candidates: Sequence[Agent]) -> int | None:
        return candidates[0].id


class Stars(Survey[PluginConfig]):
    """Stores what it is told."""


async def statistics(house: Service) -> dict[str, Any]:
    """Everything a report may stand on, and the reports there are."""
    kit, now = house.kit, int(house.kit.clock.now() * 1000)
    outcomes = Outcomes(kit.hub.store.reader, 0)
    await outcomes.read()
    await outcomes.ends()
    trace = [json.loads(line) async for line in Export(kit.hub.store.reader).lines(0, now + 1)]
    surveys = await kit.rows("SELECT data FROM event WHERE kind = 'survey.answered' ORDER BY id")
    answers = [json.loads(row["data"]) for row in surveys]
    return {
        "counts": [await kit.rows(sql) for sql in COUNTS],
        "cases": {id: (case.queue, case.wait, case.handling, case.left, case.in_time) for id, case in outcomes.cases.items()},
        "queues": await house.routing.queues("en"),
        "experiment": await house.routing.experiment(1),
        "trace": trace,
        "surveys": [(one["survey"], one["by"], one["score"], one["answers"].get("stars")) for one in answers],
    }


async def served(house: Service, name: str, clock: ManualClock) -> Any:
    """Somebody waits seven seconds, is answered after three more, and goes; they are gold since."""
    kit = house.kit
    await house.state("liu", "away")
    visitor = await house.comes(name)
    id = (await visitor.is_with("queue")).id
    await kit.until(lambda: id in house.routing.dispatcher.router.tasks, "routing knows them")
    await clock.advance(7)
    await house.state("liu", "online")
    await house.with_agent(visitor, "liu")
    agent = kit.agent("liu")
    agent._conversation = id
    await clock.advance(3)
    await agent.says("您好")

    async def note(scene: Scene) -> None:
        scene.apply((SetAttributes({"city": "北京"}, tier="gold"),), SYSTEM)

    await kit.hub.path.in_conversation(id, "liu", note)
    await clock.advance(60)
    await agent.closes("refund")
    await kit.settled()
    answers = {"stars": 4, "again": True, "why": "小雨说很好", "phone": 13800138000}
    about = await visitor.conversation()
    await kit.plugin("stars", Stars).ctx.survey_answered(
        SurveyAnswer("stars", f"t-{id}", id, about.person_id, answers, 0.8, "住在幸福路")
    )
    return visitor


@both_databases
async def test_they_are_as_before(make_hub: MakeHub) -> None:
    clock = ManualClock()
    kit: HubKit = await make_hub(
        use(FakeChannel, "web"), use(Routing, "routing", POLICY), use(First, "first"), use(People, "people"),
        use(Stars, "stars"),
        clock=clock, service={"first_owner": "queue"}, teams=TEAMS,
    )  # fmt: skip
    house = Service(kit)
    await house.agent("liu")
    erased = [await served(house, name, clock) for name in ("u1", "u1", "u2")]
    await served(house, "u3", clock)
    # One left before anybody came.
    await house.state("liu", "away")
    left = await house.comes("u4")
    id = (await left.is_with("queue")).id
    await kit.until(lambda: id in house.routing.dispatcher.router.tasks, "routing knows them")
    await clock.advance(30)
    boss = kit.agent("boss", role="admin")
    boss._conversation = id
    await boss.closes()
    await kit.until(lambda: id not in house.routing.dispatcher.router.tasks, "they left")
    await kit.settled()
    before = await statistics(house)
    assert [wait for _, wait, *_ in before["cases"].values()] == [7.0, 7.0, 7.0, 7.0, None]
    assert before["queues"][0]["today"]["answered"] == 4
    assert before["experiment"][0]["arms"]["b"]["cases"] == 5
    assert [one["tier"] for one in before["trace"]] == ["", "gold", "", "", ""]
    assert before["surveys"] == [("stars", "stars", 0.8, 4)] * 4
    people = {(await visitor.conversation()).person_id for visitor in (*erased, left)}
    assert len(people) == 3
    for person in people:
        await people_of(kit).erasing.erase(person, "sun")
    assert await statistics(house) == before
    told = str(await kit.rows("SELECT data FROM event WHERE kind = 'survey.answered' ORDER BY id LIMIT 3"))
    assert [word for word in ("小雨", "13800138000", "幸福路", "t-") if word in told] == []
