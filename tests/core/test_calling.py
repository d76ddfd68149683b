"""The four modes, order, arguments, failures and counters of hook calls."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub import NotReady, Plugin, PluginConfig, Rejected, StoreUnavailable, hookimpl
from hub.calling import attempt
from hub.errors import HookFailed
from hub.hooks import hook_names, rules_of
from tests.core.runtime_kit import Runtime


def says(heard: list[str], word: str, *, tryfirst: bool = False, trylast: bool = False) -> type[Plugin[Any]]:
    """A plugin that notes `word` when a message is stored."""

    class Says(Plugin[PluginConfig]):
        @hookimpl(tryfirst=tryfirst, trylast=trylast)
        async def message_stored(self) -> None:
            heard.append(word)

    return Says


def answers(value: Any) -> type[Plugin[Any]]:
    """A bot that answers `value`; an exception is raised."""

    class Answers(Plugin[PluginConfig]):
        asked = 0

        @hookimpl
        async def answer(self, turn: Any) -> Any:
            self.asked += 1
            if isinstance(value, BaseException):
                raise value
            return value

    return Answers


def folds(change: Any) -> type[Plugin[Any]]:
    """A filter that changes inbound messages by `change`."""

    class Folds(Plugin[PluginConfig]):
        @hookimpl
        async def filter_inbound(self, message: Any) -> Any:
            await asyncio.sleep(0)
            return change(message)

    return Folds


def panels(value: Any) -> type[Plugin[Any]]:
    """A plugin that shows `value` as its panel; an exception is raised."""

    class Panels(Plugin[PluginConfig]):
        @hookimpl
        async def desk_panels(self) -> Any:
            if isinstance(value, BaseException):
                raise value
            return value

    return Panels


async def stored(hub: Runtime) -> None:
    await hub.calls.notify("message_stored", message="hi", conversation=1)


async def test_notify_tells_everybody_in_the_order_of_the_yaml_whoever_came_first(hub: Runtime) -> None:
    heard: list[str] = []
    hub.seat("c", says(heard, "c"), 2)
    hub.seat("a", says(heard, "a"), 0)
    hub.seat("b", says(heard, "b"), 1)
    await stored(hub)
    assert heard == ["a", "b", "c"]
    assert hub.calls.implementers("message_stored") == ("a", "b", "c")


async def test_tryfirst_and_trylast_go_before_and_after_the_yaml(hub: Runtime) -> None:
    heard: list[str] = []
    hub.seat("last", says(heard, "last", trylast=True), 0)
    hub.seat("one", says(heard, "one"), 1)
    hub.seat("two", says(heard, "two"), 2)
    hub.seat("first", says(heard, "first", tryfirst=True), 3)
    hub.seat("first too", says(heard, "first too", tryfirst=True), 4)
    await stored(hub)
    assert heard == ["first", "first too", "one", "two", "last"]


async def test_an_implementation_takes_the_arguments_it_wants_in_its_own_order(hub: Runtime) -> None:
    got: list[Any] = []

    class Backwards(Plugin[PluginConfig]):
        @hookimpl
        async def filter_outbound(self, channel: Any, message: Any) -> None:
            got.append((channel, message))

    class Nothing(Plugin[PluginConfig]):
        @hookimpl
        async def filter_outbound(self) -> None:
            got.append(())

    class Middle(Plugin[PluginConfig]):
        @hookimpl
        async def filter_outbound(self, conversation: Any) -> None:
            got.append(conversation)

    class All(Plugin[PluginConfig]):
        @hookimpl
        async def filter_outbound(self, message: Any, conversation: Any, channel: Any) -> None:
            got.append((message, conversation, channel))

    for name, cls in (("backwards", Backwards), ("none", Nothing), ("middle", Middle), ("all", All)):
        hub.seat(name, cls)
    await hub.calls.fold("filter_outbound", "m", conversation="c", channel="web")
    assert got == [("web", "m"), (), "c", ("m", "c", "web")]


async def test_first_stops_at_the_first_answer_and_names_the_instance(hub: Runtime) -> None:
    silent, bot, unasked = (hub.seat(str(n), answers(value)) for n, value in enumerate([None, "yes", "no"]))
    assert await hub.calls.first_from("answer", turn=1) == ("1", "yes")
    assert await hub.calls.first("answer", turn=1) == "yes"
    assert (silent.asked, bot.asked, unasked.asked) == (2, 2, 0)


async def test_an_answer_that_is_false_is_an_answer(hub: Runtime) -> None:
    hub.seat("bot", answers(0))
    assert await hub.calls.first_from("answer", turn=1) == ("bot", 0)


async def test_collect_gathers_what_is_not_none(hub: Runtime) -> None:
    for number, value in enumerate(["a", None, ValueError("no panel"), "", "b"]):
        hub.seat(str(number), panels(value))
    assert await hub.calls.collect("desk_panels", conversation=1, person=2) == ["a", "", "b"]


async def test_fold_passes_each_what_the_one_before_returned(hub: Runtime) -> None:
    for number, change in enumerate([str.upper, lambda _: None, lambda text: text + "!"]):
        hub.seat(str(number), folds(change))
    assert await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2) == "HI!"


async def test_without_an_implementation_each_mode_gives_its_nothing(hub: Runtime) -> None:
    await stored(hub)
    assert await hub.calls.collect("desk_panels", conversation=1, person=2) == []
    assert await hub.calls.first("answer", turn=1) is None
    assert await hub.calls.first_from("answer", turn=1) is None
    assert await hub.calls.fold("filter_inbound", "as it is", conversation=1, person=2) == "as it is"


@pytest.mark.parametrize("hook", hook_names())
async def test_a_hook_called_in_another_mode_than_its_own_is_refused(hub: Runtime, hook: str) -> None:
    for mode in {"notify", "collect", "first"} - {rules_of(hook).mode}:
        with pytest.raises(TypeError, match=f"is called by {rules_of(hook).mode}"):
            await getattr(hub.calls, mode)(hook)


async def test_a_missing_or_surplus_argument_is_the_hubs_own_mistake(hub: Runtime) -> None:
    plugin = hub.seat("bot", answers("yes"))
    with pytest.raises(TypeError, match="needs the argument 'turn'"):
        await hub.calls.first("answer")
    with pytest.raises(TypeError, match="has only the arguments"):
        await hub.calls.first("answer", turn=1, extra=2)
    assert plugin.asked == 0


async def test_who_raises_is_passed_by_and_logged_with_its_traceback(hub: Runtime) -> None:
    broken = ValueError("broken")
    hub.seat("broken", answers(broken))
    hub.seat("well", answers("yes"))
    assert await hub.calls.first_from("answer", turn=1) == ("well", "yes")
    level, event, facts = hub.log.lines[-1]
    assert (level, event, facts["instance"], facts["call"]) == ("error", "plugin failed", "broken", "answer")
    assert facts["exc_info"] is broken


async def test_a_hook_that_must_not_be_passed_by_gives_up_the_whole_call(hub: Runtime) -> None:
    reached: list[str] = []
    hub.seat("upper", folds(str.upper))
    hub.seat("broken", folds(lambda _: 1 / 0))
    hub.seat("late", folds(reached.append))
    with pytest.raises(HookFailed, match="broken: filter_inbound failed: ZeroDivisionError") as failed:
        await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2)
    assert (failed.value.instance, failed.value.hook) == ("broken", "filter_inbound")
    assert isinstance(failed.value.cause, ZeroDivisionError)
    assert reached == []


async def test_it_also_fails_for_what_a_plugin_says_in_the_agreed_words(hub: Runtime) -> None:
    def reject(_: Any) -> None:
        raise Rejected("not this one")

    hub.seat("strict", folds(reject))
    with pytest.raises(HookFailed, match="not this one"):
        await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2)


async def test_hooks_may_call_hooks(hub: Runtime) -> None:
    class Outer(Plugin[PluginConfig]):
        @hookimpl
        async def message_stored(self) -> None:
            self.found = await hub.calls.collect("desk_panels", conversation=1, person=2)

    outer = hub.seat("outer", Outer)
    hub.seat("inner", panels("inner"))
    await stored(hub)
    assert outer.found == ["inner"]


async def test_an_instance_taken_out_meanwhile_is_not_called(hub: Runtime) -> None:
    heard: list[str] = []

    class Removes(Plugin[PluginConfig]):
        @hookimpl
        async def message_stored(self) -> None:
            hub.calls.unregister("second")

    hub.seat("first", Removes)
    hub.seat("second", says(heard, "second"))
    hub.seat("third", says(heard, "third"))
    await stored(hub)
    assert heard == ["third"]
    hub.calls.unregister("second")
    assert hub.calls.implementers("message_stored") == ("first", "third")


async def test_filters_of_an_instance_that_should_run_and_does_not_keep_messages_back(hub: Runtime) -> None:
    cls = folds(str.upper)
    hub.calls.expect("mask", cls)
    assert hub.calls.implementers("filter_inbound") == ("mask",)
    with pytest.raises(HookFailed, match="mask: filter_inbound failed: NotReady: the instance is not running"):
        await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2)
    hub.seat("mask", cls)
    assert await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2) == "HI"
    hub.calls.unregister("mask")
    with pytest.raises(HookFailed):
        await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2)
    hub.calls.forget("mask")
    assert await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2) == "hi"


async def test_other_hooks_of_an_instance_that_does_not_run_keep_nothing_back(hub: Runtime) -> None:
    hub.calls.expect("bot", answers("yes"))
    assert await hub.calls.first("answer", turn=1) is None
    assert hub.calls.implementers("answer") == ()


async def test_counters_tell_calls_failures_and_seconds_of_each_hook_of_each_instance(hub: Runtime) -> None:
    class Slow(Plugin[PluginConfig]):
        @hookimpl
        async def message_stored(self) -> None:
            await hub.clock.sleep(2)

    hub.seat("slow", Slow)
    hub.seat("broken", answers(ValueError("no")))
    told = asyncio.ensure_future(stored(hub))
    await hub.clock.advance(2)
    await told
    for _ in range(2):
        await hub.calls.first("answer", turn=1)
    slow, broken = hub.calls.counters["slow", "message_stored"], hub.calls.counters["broken", "answer"]
    assert (slow.calls, slow.failures, slow.seconds) == (1, 0, 2.0)
    assert (broken.calls, broken.failures) == (2, 2)


async def test_only_some_failures_count(hub: Runtime) -> None:
    for number, error in enumerate([ValueError("x"), NotReady("y"), Rejected("z"), StoreUnavailable("core's")]):
        hub.seat(str(number), answers(error))
    await hub.calls.first("answer", turn=1)
    assert [hub.calls.counters[str(number), "answer"].failures for number in range(4)] == [1, 1, 0, 0]


async def test_counters_survive_a_restart_of_the_instance(hub: Runtime) -> None:
    for _ in range(2):
        hub.seat("bot", answers("yes"))
        await hub.calls.first("answer", turn=1)
        hub.calls.unregister("bot")
    assert hub.calls.counters["bot", "answer"].calls == 2


def test_code_that_is_not_async_is_called_with_the_same_care() -> None:
    assert attempt(int, "7").value == 7
    assert isinstance(attempt(int, "seven").error, ValueError)
