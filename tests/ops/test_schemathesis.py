"""The hub keeps what its OpenAPI document promises: requests made from the document, right ones and wrong ones."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from hub.web.operations import CSRF_HEADER, SESSION_COOKIE
from tests.desk.kit import PASSWORD, open_house
from tests.ops.kit import WITH_OPS

pytestmark = pytest.mark.slow

EXCLUDED = [positive_data_acceptance]
"""A value can have the right form and be refused all the same (a team nobody knows, a password too plain): that is 422."""


class Running:
    """A hub in a thread of its own, with an administrator and a conversation in it."""

    def __init__(self, folder: Any) -> None:
        self._folder = folder
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self.headers: dict[str, str] = {}
        self.url = ""
        self.errors: list[str] = []

    async def _run(self) -> None:
        async with open_house(self._folder, config=WITH_OPS) as house:
            root = await house.agent("root", "admin")
            await house.conversation()
            token, csrf, _ = await house.accounts.sign_in(root.login, PASSWORD, "127.0.0.1")
            self.headers = {"Cookie": f"{SESSION_COOKIE}={token}", CSRF_HEADER: csrf}
            self.url = house.url
            self._ready.set()
            await self._stop.wait()
            self.errors = house.log.errors()

    def __enter__(self) -> Running:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        self._loop.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("hub")) as made:
        yield made
    assert made.errors == []


def test_the_document_is_kept(running: Running) -> None:
    with urllib.request.urlopen(f"{running.url}/api/openapi.json") as answer:
        doc = json.load(answer)
    for methods in doc["paths"].values():
        for operation in methods.values():
            # Always signed in: who may ask is another test's subject.
            del operation["security"]
    schema = schemathesis.openapi.from_dict(doc)
    schema.config.update(base_url=running.url)
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]
        if (operation.method.upper(), operation.path) == ("DELETE", "/api/session"):
            # It would end the session that all others use.
            continue
        check(running, operation)
        asked += 1
    assert asked > 20


def check(running: Running, operation: Any) -> None:
    """Right and wrong requests of one operation, made up from its description."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def ask(case: Any) -> None:
            case.call_and_validate(headers=running.headers, excluded_checks=EXCLUDED)

        ask()
