"""What watches the hub gets true answers."""

from __future__ import annotations

import pytest

from tests.desk.kit import House


async def test_ready_and_alive(desk: House) -> None:
    person = desk.anonymous()
    assert await person.get("/healthz") == (200, {"status": "ok", "version": desk.hub.version})
    status, answer = await person.get("/readyz")
    assert (status, answer["ready"], answer["store"]) == (200, True, True)
    running = {"state": "running", "required": True}
    assert answer["instances"] == [{"name": name, **running} for name in ("toy", "desk", "media")]
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
