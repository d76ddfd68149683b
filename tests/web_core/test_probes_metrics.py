"""What watches the hub gets true answers."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub.errors import StoreUnavailable
from tests.desk.kit import House, open_house


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
    assert after["hub_http_requests_total", "hub", "200"] >= 2


async def test_two_hubs_do_not_share_numbers(desk: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    await desk.conversation()
    async with open_house(tmp_path_factory.mktemp("other")) as other:
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


async def test_ready_and_alive(desk: House) -> None:
    person = desk.anonymous()
    assert await person.get("/healthz") == (200, {"status": "ok", "version": desk.hub.version})
    status, answer = await person.get("/readyz")
    assert (status, answer["ready"], answer["store"]) == (200, True, True)
    assert answer["instances"] == [{"name": "toy", "state": "running", "required": True}]
    assert "error" not in answer


async def test_not_ready_when_a_required_instance_is_down(desk: House) -> None:
    await desk.hub.registry.stop("toy")
    status, answer = await desk.anonymous().get("/readyz")
    assert (status, answer["ready"], answer["error"]["code"]) == (503, False, "not_ready")
    assert answer["instances"][0]["state"] == "stopped"
    assert (await desk.anonymous().get("/healthz"))[0] == 200


async def test_not_ready_when_nothing_can_be_stored(desk: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> bool:
        return False

    monkeypatch.setattr(desk.hub, "writable", broken)
    status, answer = await desk.anonymous().get("/readyz")
    assert (status, answer["store"]) == (503, False)


async def test_not_ready_from_the_first_moment_of_stopping(desk: House) -> None:
    desk.hub.stopping = True
    status, answer = await desk.anonymous().get("/readyz")
    assert (status, answer["stopping"]) == (503, True)
    desk.hub.stopping = False


async def test_asking_often_does_not_write_often(desk: House) -> None:
    person = desk.anonymous()
    await person.get("/readyz")
    before = desk.hub.store.committer.changes
    for _ in range(5):
        await person.get("/readyz")
    assert desk.hub.store.committer.changes - before <= 2


async def test_the_document_describes_every_route_of_hub_and_workbench(desk: House) -> None:
    status, doc = await desk.anonymous().get("/api/openapi.json")
    assert status == 200
    described = {(method.upper(), path) for path, methods in doc["paths"].items() for method in methods}
    served = {(route.method, route.path) for route in desk.hub.routes.all() if route.owner in ("hub", "desk")}
    # The stream is a socket, which OpenAPI has no words for.
    assert served - described == {("GET", "/api/realtime")}
