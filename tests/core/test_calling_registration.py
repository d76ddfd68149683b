"""What is refused when a plugin is registered, and what the refusal says."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from hub import Channel, ConfigError, Limits, Plugin, PluginConfig, Problem, hookimpl
from hub.errors import PluginFault
from tests.core.runtime_kit import Runtime


def refused(hub: Runtime, cls: type[Plugin[Any]]) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as error:
        hub.seat("shop", cls)
    assert hub.calls.implementers("answer") == ()
    return error.value.problems


class Sync(Plugin[PluginConfig]):
    @hookimpl
    def answer(self, turn: Any) -> None: ...


class Unknown(Plugin[PluginConfig]):
    @hookimpl
    async def mesage_stored(self) -> None: ...


class Argument(Plugin[PluginConfig]):
    @hookimpl
    async def message_stored(self, mesage: Any) -> None: ...


class Unmarked(Plugin[PluginConfig]):
    async def answer(self, turn: Any) -> None: ...


class Wrapper(Plugin[PluginConfig]):
    @hookimpl(wrapper=True)
    async def answer(self, turn: Any) -> None: ...


class Greedy(Plugin[PluginConfig]):
    @hookimpl
    async def answer(self, **everything: Any) -> None: ...


class Static(Plugin[PluginConfig]):
    @staticmethod
    @hookimpl
    async def answer(turn: Any) -> None: ...


@pytest.mark.parametrize(
    ("cls", "method", "message", "hint"),
    [
        (Sync, "answer", "Sync.answer: the hook 'answer' is async", "async def"),
        (Unknown, "mesage_stored", "unknown hook 'mesage_stored'", "did you mean 'message_stored'?"),
        (Argument, "message_stored", "unknown argument 'mesage'", "did you mean 'message'?"),
        (Unmarked, "answer", "has the name of a hook but no mark", "@hookimpl"),
        (Wrapper, "answer", "wrappers cannot await", "plain implementation"),
        (Greedy, "answer", "**everything", "turn"),
        (Static, "answer", "is async", "plain method"),
    ],
)
async def test_a_wrong_hook_is_refused_with_instance_file_and_line(
    hub: Runtime, cls: type[Plugin[Any]], method: str, message: str, hint: str
) -> None:
    (problem,) = refused(hub, cls)
    assert "instance 'shop'" in problem.message
    assert message in problem.message
    assert hint in problem.hint
    assert problem.file == __file__
    assert problem.line == inspect.getsourcelines(getattr(cls, method))[1]


async def test_all_that_is_wrong_is_said_at_once(hub: Runtime) -> None:
    class Everything(Argument, Unknown, Sync):
        pass

    assert len(refused(hub, Everything)) == 3


async def test_an_override_without_a_mark_inherits_it(hub: Runtime) -> None:
    class Base(Plugin[PluginConfig]):
        @hookimpl(tryfirst=True)
        async def answer(self, turn: Any) -> Any:
            return "base"

    class Derived(Base):
        async def answer(self) -> Any:  # type: ignore[override]
            return "derived"

    class Further(Derived):
        async def answer(self, turn: Any) -> Any:  # type: ignore[override]
            return None

    class Other(Plugin[PluginConfig]):
        @hookimpl
        async def answer(self) -> Any:
            return "other"

    hub.seat("other", Other)
    hub.seat("derived", Derived)
    hub.seat("further", Further)
    assert hub.calls.implementers("answer") == ("derived", "further", "other")
    assert await hub.calls.first_from("answer", turn=1) == ("derived", "derived")


async def test_an_override_is_checked_like_the_original(hub: Runtime) -> None:
    class Base(Plugin[PluginConfig]):
        @hookimpl
        async def answer(self) -> None: ...

    class Derived(Base):
        async def answer(self, nonsense: Any) -> None: ...  # type: ignore[override]

    assert "unknown argument 'nonsense'" in refused(hub, Derived)[0].message


async def test_a_subclass_can_put_a_hook_out_of_use(hub: Runtime) -> None:
    class Base(Plugin[PluginConfig]):
        @hookimpl
        async def answer(self) -> str:
            return "base"

    class Quiet(Base):
        answer = None  # type: ignore[assignment]

    hub.seat("quiet", Quiet)
    assert hub.calls.implementers("answer") == ()


async def test_a_method_may_implement_a_hook_under_another_name(hub: Runtime) -> None:
    class Named(Plugin[PluginConfig]):
        @hookimpl(specname="answer")
        async def reply(self) -> str:
            return "hello"

    hub.seat("named", Named)
    assert await hub.calls.first("answer", turn=1) == "hello"


async def test_properties_are_not_run_when_hooks_are_looked_for(hub: Runtime) -> None:
    class Touchy(Plugin[PluginConfig]):
        @property
        def secret(self) -> str:
            raise AssertionError("was touched")

    hub.seat("touchy", Touchy)


async def test_a_name_is_registered_once(hub: Runtime) -> None:
    hub.seat("shop", Channel)
    with pytest.raises(ConfigError, match="'shop' is registered already"):
        hub.seat("shop", Channel)


async def test_limits_that_raise_are_a_fault_of_the_plugin(hub: Runtime) -> None:
    class Broken(Channel[PluginConfig]):
        @property
        def limits(self) -> Limits:
            raise KeyError("no limits")

    with pytest.raises(PluginFault, match="KeyError"):
        hub.seat("broken", Broken)
