"""What the plugin `ops` serves: true numbers, and a document of every route."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub.errors import StoreUnavailable
from tests.desk.kit import House, open_house
from tests.ops.kit import WITH_OPS


async def samples(desk: House) -> dict[tuple[str, ...], float]:
    status, page = await desk.anonymous().get("/metrics")
    assert status == 200
    families = text_string_to_metric_families(page.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


async def test_metrics_count_what_happens(desk: House) -> None:
    before = await samples(desk)
    assert before["hub_info", desk.hub.version] == 1
    assert before["hub_instance_up", "toy", "toy"] == 1
    assert before["hub_instance_state", "toy", "toy", "running"] == 1
    assert before["hub_messages_received_total",] == 0
    ada = await desk.person("root", "admin")
    page, _ = await ada.desk()
    number = str(await desk.conversation())
    await page.do("take", conversation=number)
    await page.do("send", conversation=number, body=[{"type": "text", "text": "hi"}])
    await page.do("send", conversation=number, body=[{"type": "text", "text": "refuse me"}])
    await page.event("message.changed", lambda data: data["state"] == "failed")
    await desk.until(lambda: desk.hub.counters["sent"] >= 1)
    after = await samples(desk)
    assert after["hub_messages_received_total",] == 1
    assert after["hub_messages_sent_total",] >= 1
    assert after["hub_sockets",] == 1
    assert after["hub_agents_connected", "offline"] == 1
    assert after["hub_dead_letters",] == 1
    assert after["hub_dead_letters_made_total", "out"] == 1
    assert after["hub_calls_total", "send", "toy"] >= 2
    assert after["hub_events_published_total",] > 0
    assert after["hub_store_changes_total",] >= after["hub_store_groups_total",] > before["hub_store_groups_total",]
    assert after["hub_event_log_position",] == desk.hub.store.committer.position
    assert after["hub_http_requests_total", "ops", "200"] == 1


async def test_two_hubs_do_not_share_numbers(desk: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    await desk.conversation()
    async with open_house(tmp_path_factory.mktemp("other"), config=WITH_OPS) as other:
        assert (await samples(other))["hub_messages_received_total",] == 0
    assert (await samples(desk))["hub_messages_received_total",] == 1


async def test_metrics_do_without_the_store(desk: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ("hub_outbox_due",) in await samples(desk)

    async def broken(*_: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(desk.hub.store.reader, "value", broken)
    found = await samples(desk)
    assert ("hub_outbox_due",) not in found
    assert found["hub_info", desk.hub.version] == 1


async def test_requests_are_counted_by_status(desk: House) -> None:
    assert (await desk.anonymous().get("/nowhere"))[0] == 404
    status, page = await desk.anonymous().get("/metrics")
    assert status == 200
    counted = [line for line in page.decode().splitlines() if line.startswith("hub_http_requests_total") and '"404"' in line]
    assert counted == ['hub_http_requests_total{owner="hub",status="404"} 1.0']


async def test_pages_and_document_go_with_the_instance(desk: House) -> None:
    await desk.hub.registry.stop("ops")
    for path in ("/metrics", "/api/openapi.json"):
        assert (await desk.anonymous().get(path))[0] == 404
    assert (await desk.anonymous().get("/readyz"))[0] == 200
    await desk.hub.registry.start("ops")
    assert (await samples(desk))["hub_instance_up", "ops", "ops"] == 1
    _, doc = await desk.anonymous().get("/api/openapi.json")
    assert "/metrics" in doc["paths"]


async def test_the_document_describes_every_route_of_hub_and_workbench(desk: House) -> None:
    status, doc = await desk.anonymous().get("/api/openapi.json")
    assert status == 200
    described = {(method.upper(), path) for path, methods in doc["paths"].items() for method in methods}
    served = {(route.method, route.path) for route in desk.hub.routes.all() if route.owner in ("hub", "desk")}
    # The stream is a socket, which OpenAPI has no words for.
    assert served - described == {("GET", "/api/realtime")}
