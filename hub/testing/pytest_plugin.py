"""The pytest plugin: the fixtures `make_hub`, `hub_kit`, `hub` and `hub_databases`, and the tier of each channel contract.

::

    async def test_greeting(make_hub):
        kit = await make_hub(use(FakeChannel, "fake"), EchoBot)
        visitor = kit.visitor("fake", "u1")
        await visitor.says("你好")
        await visitor.hears("你好")
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from hub.testing.tiers import Tiers, state_tier

# Who has the hub and pytest but no pytest-asyncio must still be able to run other tests.
if find_spec("pytest_asyncio") is not None:
    from hub.testing.fixtures import hub, hub_databases, hub_kit, make_hub  # noqa: F401 - pytest finds them here

_TIERS = pytest.StashKey[Tiers]()


def pytest_configure(config: pytest.Config) -> None:
    """One collection of results for each run."""
    config.stash[_TIERS] = tiers = Tiers()
    config.pluginmanager.register(tiers)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A contract's test says for which tier it is needed."""
    report: pytest.TestReport = yield
    state_tier(item, report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how good each channel is."""
    lines = terminalreporter.config.stash[_TIERS].lines()
    if lines:
        terminalreporter.section("channel contracts")
    for line in lines:
        terminalreporter.line(line)
