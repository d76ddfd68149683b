"""Calls into plugins. The only module of the core that catches `Exception`.

Every call is made in the caller's own task, so that a message costs no task and no timer. A call that is
under way stands in a table; one sweeper looks through the table and cancels what is overdue. `Task.cancelling`
tells that cancellation from one that comes from outside, which always passes through.

An instance that fails again and again is suspended by its `Breaker`: hooks pass it by, except hooks with
``on_error="stop"``, which fail as long as an instance that implements them is suspended or expected but not running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from types import CoroutineType
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

import msgspec

from hub.breaker import Breaker
from hub.clock import Clock
from hub.errors import CallFailed, ConfigError, HookFailed, HubError, NotReady, Overdue, PluginFault, Suspended
from hub.hooks import Mode, hook_names, rules_of
from hub.implementations import Manager, arguments_of, check_hooks, implementations, taken_by
from hub.log import Logger
from hub.plugin import Channel, Plugin
from hub.underway import Call, Running, Seat, Tally, Underway

P = ParamSpec("P")
T = TypeVar("T")
Work = Callable[..., Awaitable[T]]
Hear = Callable[[Call, Any], bool | None]
Fail = Callable[[Call, Exception], None]

CONCURRENCY: Final = 16


class Outcome(msgspec.Struct, Generic[T], frozen=True):
    """How a call into a plugin ended: `error` is None when it worked, `value` is what it returned."""

    value: T | None = None
    error: Exception | None = None

    def result(self, instance: str) -> T:
        """What it returned. Raises a HubError of the plugin's as it is, and PluginFault for everything else it raised."""
        if self.error is None:
            return cast("T", self.value)
        raise self.error if isinstance(self.error, HubError) else PluginFault(instance, self.error) from self.error


class _Rest:
    """The rest of a coroutine whose first step was made: hands on what it waits for, and what comes back."""

    __slots__ = ("_waits_for", "_work")

    def __init__(self, work: Coroutine[Any, Any, Any], waits_for: Any) -> None:
        self._work = work
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Any]:
        work, waits_for = self._work, self._waits_for
        while True:
            try:
                try:
                    back = yield waits_for
                except GeneratorExit:
                    work.close()
                    raise
                except BaseException as error:  # whatever it is, it is for the work
                    waits_for = work.throw(error)
                else:
                    waits_for = work.send(back)
            except StopIteration as ended:
                return ended.value


@dataclass(frozen=True, slots=True)
class _Chain:
    """A hook with its implementations in calling order; `missing` are instances it must not be called without.

    `fail(call, error)` is what the failure of one implementation does to the whole call.
    """

    name: str
    mode: Mode
    arguments: tuple[str, ...]
    fail: Fail
    calls: tuple[Call, ...] = ()
    missing: tuple[str, ...] = ()
    who: tuple[str, ...] = ()


class Calls(Underway):
    """Who implements what, and the calls: those that are made, and by `Underway` those that wait for something.

    `on_suspended(instance, reason)` and `on_resumed(instance)` hear of the breaker; they are plain functions that are set
    later. `counters` has a `Tally` for each (instance, hook or method).
    """

    def __init__(self, *, clock: Clock, log: Logger) -> None:
        super().__init__(clock, log)
        self.on_suspended: Callable[[str, str], None] | None = None
        self.on_resumed: Callable[[str], None] | None = None
        self.counters: dict[tuple[str, str], Tally] = {}
        self._monotonic = clock.monotonic
        self._manager = Manager()
        self._seats: dict[str, Seat] = {}
        self._expected: dict[str, frozenset[str]] = {}
        self._chains = {name: _chain_of(name) for name in hook_names()}

    # -- who is there ---------------------------------------------------------------------------

    def register(self, name: str, plugin: Plugin[Any], position: int) -> None:
        """Let `plugin` take part as instance `name`; `position` is its place in the YAML.

        Raises ConfigError with file and line for a hook of the wrong colour or name or with an unknown argument.
        """
        if name in self._seats:
            raise ConfigError(f"instance {name!r} is registered already")
        check_hooks(name, type(plugin))
        bulkhead = asyncio.Semaphore(_concurrency(name, plugin))
        self._manager.register(plugin, name)
        self._seats[name] = Seat(name, position, Breaker(self._monotonic), bulkhead)
        self._resolve()

    def unregister(self, name: str) -> None:
        """Take the instance out, also out of calls that are on their way to it. Harmless when it is not in."""
        seat = self._seats.pop(name, None)
        if seat is not None:
            seat.left = True
            self._manager.unregister(name=name)
            self._resolve()

    def expect(self, name: str, cls: type[Plugin[Any]]) -> None:
        """Note that this instance should run: while it does not, the ``on_error="stop"`` hooks it implements fail."""
        hooks = (found.hook for found in implementations(cls))
        self._expected[name] = frozenset(hook for hook in hooks if rules_of(hook).on_error == "stop")
        self._resolve()

    def forget(self, name: str) -> None:
        """The instance is stopped on purpose: its filters are no longer asked for."""
        if self._expected.pop(name, None) is not None:
            self._resolve()

    def implementers(self, hook: str) -> tuple[str, ...]:
        """Who takes part in `hook`: the instances that must not be passed by though they do not run, then those that run."""
        return self._chains[hook].who

    def _resolve(self) -> None:
        """Put the chains together anew, so that a call finds tuples and looks nothing up."""
        for name, chain in self._chains.items():
            found = getattr(self._manager.hook, name).get_hookimpls()
            found.sort(key=lambda impl: (not impl.tryfirst, impl.trylast, self._seats[impl.plugin_name].position))
            calls = tuple(self._call_of(chain, impl.function, self._seats[impl.plugin_name]) for impl in found)
            expected = (instance for instance, hooks in self._expected.items() if name in hooks)
            missing = tuple(instance for instance in expected if instance not in self._seats)
            who = (*missing, *(call.seat.instance for call in calls))
            self._chains[name] = replace(chain, calls=calls, missing=missing, who=who)

    def _call_of(self, chain: _Chain, function: Callable[..., Awaitable[Any]], seat: Seat) -> Call:
        tally = self.counters.setdefault((seat.instance, chain.name), Tally())
        pick = _picker(taken_by(function), chain.arguments)
        return Call(seat, chain.name, function, rules_of(chain.name).deadline, tally, pick, is_hook=True)

    # -- hooks ----------------------------------------------------------------------------------

    async def notify(self, hook: str, /, **arguments: Any) -> None:
        """Tell everybody, in order."""
        chain, values = self._chain(hook, "notify", arguments)
        if chain.calls:
            await self._each(chain.calls, values, _pass_by, chain.fail)

    async def collect(self, hook: str, /, **arguments: Any) -> list[Any]:
        """Ask everybody, in order; the answers that are not None."""
        chain, values = self._chain(hook, "collect", arguments)
        answers: list[Any] = []
        if chain.calls:
            await self._each(chain.calls, values, lambda _, answer: answers.append(answer), chain.fail)
        return answers

    async def first(self, hook: str, /, **arguments: Any) -> Any:
        """The first answer that is not None, or None."""
        found = await self.first_from(hook, **arguments)
        return None if found is None else found[1]

    async def first_from(self, hook: str, /, **arguments: Any) -> tuple[str, Any] | None:
        """The instance that answered first and its answer, or None."""
        chain, values = self._chain(hook, "first", arguments)
        found: list[tuple[str, Any]] = []

        def hear(call: Call, answer: Any) -> bool:
            found.append((call.seat.instance, answer))
            return True

        if chain.calls:
            await self._each(chain.calls, values, hear, chain.fail)
        return found[0] if found else None

    async def ask(self, instance: str, hook: str, /, **arguments: Any) -> Outcome[Any]:
        """How this one instance's part in a hook of whatever mode ended; without a value also where it takes no part."""
        chain, values = self._chain(hook, self._chains[hook].mode, arguments)
        said: list[Outcome[Any]] = []
        mine = [call for call in chain.calls if call.seat.instance == instance]
        await self._each(mine, values, lambda _, it: said.append(Outcome(it)), lambda _, it: said.append(Outcome(error=it)))
        return said[0] if said else Outcome()

    async def fold(self, hook: str, value: T, /, **others: Any) -> T:
        """Pass `value`, the hook's first argument, through everybody; None leaves it as it is."""
        others[self._chains[hook].arguments[0]] = value
        chain, values = self._chain(hook, "fold", others)
        def hear(call: Call, answer: Any) -> None:
            if isinstance(answer, type(value)):
                # `pick` and the call read `values` anew for each implementation.
                values[0] = answer
                return
            wrong = TypeError(f"{hook} returned {type(answer).__name__}, not {type(value).__name__}")
            self._failed(call, wrong)
            chain.fail(call, wrong)

        if chain.calls:
            await self._each(chain.calls, values, hear, chain.fail)
        folded: T = values[0]
        return folded

    def _chain(self, hook: str, mode: Mode, arguments: Mapping[str, Any]) -> tuple[_Chain, list[Any]]:
        """The implementations and the arguments in the hook's order. TypeError when the hub calls a hook wrongly."""
        chain = self._chains[hook]
        if chain.mode != mode:
            raise TypeError(f"the hook {hook!r} is called by {chain.mode}(), not {mode}()")
        try:
            values = [arguments[name] for name in chain.arguments]
        except KeyError as missing:
            raise TypeError(f"the hook {hook!r} needs the argument {missing}") from None
        if len(arguments) != len(values):
            raise TypeError(f"the hook {hook!r} has only the arguments {chain.arguments}")
        if chain.missing:
            raise HookFailed(chain.missing[0], hook, NotReady("the instance is not running"))
        return chain, values

    # -- addressed calls ------------------------------------------------------------------------

    async def method(self, instance: str, function: Work[T], /, *args: Any, deadline: float = 30.0) -> T:
        """Call a method of a running instance, not more at a time than its channel's ``limits.concurrency``.

        Raises NotReady when the instance is not running or suspended (nothing was called), Overdue after `deadline`
        seconds, any HubError of the plugin's as it is, and PluginFault for everything else it raises.
        """
        seat = self._seats.get(instance)
        if seat is None:
            raise NotReady(f"instance {instance!r} is not running")
        what = getattr(function, "__name__", "") or type(function).__name__
        async with seat.bulkhead:
            outcome = await self._once(seat, what, function, deadline, args)
        return outcome.result(instance)

    async def guard(self, instance: str, what: str, function: Work[T], /, *args: Any, deadline: float = 30.0) -> Outcome[T]:
        """Call something of an instance's (a job, an event handler, its start) and tell how it ended.

        Raises nothing but a cancellation from outside. For an instance that is registered failures count towards its
        suspension, and while it is suspended `function` is not called: the outcome is NotReady.
        """
        # For one that is starting or stopping a seat of this call's own: there is nothing to suspend yet.
        seat = self._seats.get(instance) or Seat(instance, 0, Breaker(self._monotonic), asyncio.Semaphore())
        return await self._once(seat, what, function, deadline, args)

    async def _once(self, seat: Seat, what: str, function: Work[T], deadline: float, args: tuple[Any, ...]) -> Outcome[T]:
        call = Call(seat, what, function, deadline, self.counters.setdefault((seat.instance, what), Tally()))
        said: list[Outcome[T]] = []
        await self._each((call,), args, lambda _, it: said.append(Outcome(it)), lambda _, it: said.append(Outcome(error=it)))
        return said[0] if said else Outcome()

    # -- the calls themselves -------------------------------------------------------------------

    async def _each(self, calls: Sequence[Call], values: Sequence[Any], hear: Hear, fail: Fail) -> None:
        """Make these calls one after another.

        `hear` gets what is not None and returns True to end; `fail` gets the errors and may raise.
        """
        monotonic = self._monotonic
        around = self.inside
        now = monotonic()
        for call in calls:
            seat = call.seat
            if (seat.left or seat.breaker.is_open) and (refused := _refused(seat)):
                fail(call, refused)
                continue
            value: Any = None
            error: BaseException | None = None
            running: Running | None = None
            self.inside = call
            try:
                pick = call.pick
                work = call.function(*(values if pick is None else pick(values)))
                # Most calls end in their first step: nothing can be overdue in it, so it needs no line in the table.
                waits_for = work.send(None) if type(work) is CoroutineType else None
                self.inside = around = None
                running = self.enter(call, now + call.deadline)
                value = await (_Rest(work, waits_for) if type(work) is CoroutineType else work)
            except StopIteration as ended:
                value = ended.value
            except (Exception, asyncio.CancelledError) as raised:
                error = raised
            finally:
                self.inside = around
                if running is not None:
                    self.leave(running)
            began, now = now, monotonic()
            tally = call.tally
            tally.calls += 1
            tally.seconds += now - began
            if error is not None or (running is not None and running.is_cancelled):
                fail(call, self._why(running or Running(call, now), call, error))
                continue
            if seat.breaker.failures:
                self._worked(seat)
            if value is not None and hear(call, value):
                return

    def _why(self, running: Running, call: Call, error: BaseException | None) -> Exception:
        """What went wrong: our own cancellation, or the plugin's error. Raises CancelledError for an outside one."""
        cancels, running.cancels = running.cancels, 0
        for _ in range(cancels):
            running.task.uncancel()
        # An outside cancellation that the plugin swallowed, or turned into something else, goes on from here.
        outside = running.task.cancelling() > running.cancelled_before
        if cancels:
            overdue = Overdue(call.seat.instance, call.what, call.deadline)
            overdue.__cause__ = error
            self._failed(call, overdue)
            if not outside:
                return overdue
        if outside or (isinstance(error, asyncio.CancelledError) and running.cancelled_before):
            call.seat.breaker.undecided()
            raise error if isinstance(error, asyncio.CancelledError) else asyncio.CancelledError from error
        if not isinstance(error, Exception):
            # Nobody cancelled this task: the plugin awaited something that was cancelled.
            stray = RuntimeError("awaited something that was cancelled")
            stray.__cause__ = error
            error = stray
        self._failed(call, error)
        return error

    def _failed(self, call: Call, error: Exception) -> None:
        seat = call.seat
        unexpected = not isinstance(error, HubError) or (isinstance(error, Overdue) and error.instance == seat.instance)
        if unexpected:
            self._log.error("plugin failed", instance=seat.instance, call=call.what, error=_text(error), exc_info=error)
        elif call.is_hook:
            self._log.warning("hook passed by", instance=seat.instance, call=call.what, error=_text(error))
        if not unexpected and not isinstance(error, NotReady):
            # A plugin that says no in the agreed words works.
            self._worked(seat)
            return
        call.tally.failures += 1
        if seat.breaker.failed():
            reason = f"{seat.breaker.failures} failures in a row, the last: {_text(error)}"
            self._log.error("instance suspended", instance=seat.instance, reason=reason)
            if self.on_suspended is not None and not seat.left:
                self.on_suspended(seat.instance, reason)

    def _worked(self, seat: Seat) -> None:
        if seat.breaker.succeeded():
            self._log.info("instance works again", instance=seat.instance)
            if self.on_resumed is not None and not seat.left:
                self.on_resumed(seat.instance)


def attempt(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Outcome[T]:
    """Call code of a plugin's that is not async (its import, its constructor) and tell how it ended."""
    try:
        return Outcome(function(*args, **kwargs))
    except Exception as error:
        return Outcome(error=error)


async def outcome_of(work: Awaitable[T]) -> Outcome[T]:
    """Await something of a plugin's that has no deadline (a request's handler: sockets stay for hours) and tell how it ended."""
    try:
        return Outcome(await work)
    except Exception as error:
        return Outcome(error=error)


def _concurrency(name: str, plugin: Plugin[Any]) -> int:
    if not isinstance(plugin, Channel):
        return CONCURRENCY
    limits = attempt(lambda: plugin.limits)
    if limits.value is None:
        raise PluginFault(name, limits.error or TypeError("limits is None"))
    return max(1, limits.value.concurrency)


def _refused(seat: Seat) -> NotReady | None:
    """Why no call is made into this seat now; None when the breaker lets this one through as a probe."""
    if seat.left:
        return NotReady(f"instance {seat.instance!r} was stopped")
    if seat.breaker.admits():
        return None
    return Suspended(f"instance {seat.instance!r} is suspended", retry_after=seat.breaker.retry_after())


def _picker(taken: tuple[str, ...], known: tuple[str, ...]) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
    """Something that takes the `taken` arguments out of the `known`, in their order; None where they are the same."""
    if taken == known:
        return None
    places = [known.index(name) for name in taken]
    return itemgetter(*places) if len(places) > 1 else lambda values: [values[place] for place in places]


def _chain_of(hook: str) -> _Chain:
    rules = rules_of(hook)
    return _Chain(hook, rules.mode, arguments_of(hook), _stop if rules.on_error == "stop" else _pass_by)


def _stop(call: Call, error: Exception) -> None:
    raise HookFailed(call.seat.instance, call.what, error) from error


def _pass_by(_: Call, __: Any) -> None:
    """Neither an answer ends the whole call, nor an error: what had to be said about it was logged and counted."""


def _text(error: Exception) -> str:
    return str(error) if isinstance(error, CallFailed) else f"{type(error).__name__}: {error}"
