"""All instances: adds, starts, watches and stops them, and tells everybody how they are."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from hub.errors import CallFailed, ConfigError, NotReady, Problem, Unsupported
from hub.finding import check_plugin, groups_of, start_order
from hub.implementations import did_you_mean, takes_part
from hub.instance import UP, Instance, InstanceStatus, one_of, within
from hub.life import START_LIMIT, InstanceSpec
from hub.plugin import Channel, MediaStore, Plugin, PluginConfig

if TYPE_CHECKING:
    from hub.hub import Hub

HOLD_BACK: Final = 10.0
_SETTLED: Final = (*UP, "waiting", "retrying", "failed")


class Registry:
    """The instances of one hub, in the order of the YAML."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._instances: dict[str, Instance] = {}
        self._started: list[Instance] = []
        self._coming: dict[str, bool] = {}
        self._news: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        self._teller: asyncio.Task[None] | None = None
        hub.calls.on_suspended = partial(self._breaker, "suspended")
        hub.calls.on_resumed = partial(self._breaker, "running")

    # -- what there is --------------------------------------------------------------------------

    def add(self, spec: InstanceSpec) -> None:
        """Take an instance in, without starting it.

        Raises ConfigError when the name is taken, when the plugin does not fit this version of the hub, or when one of
        its hooks is written wrongly.
        """
        if spec.name in self._instances:
            raise ConfigError(f"there are two instances of the name {spec.name!r}")
        check_plugin(spec.name, spec.cls, self._hub.version)
        instances = [*self._instances.values(), Instance(self._hub, spec, self._changed)]
        self._instances = {one.spec.name: one for one in sorted(instances, key=lambda one: one.spec.position)}

    def get(self, name: str) -> Plugin[Any] | None:
        """The plugin of instance `name` while it is up (running or suspended)."""
        instance = self._instances.get(name)
        return None if instance is None else instance.plugin

    def channels(self) -> dict[str, Channel[Any]]:
        """The channels that are up, by instance name."""
        return {name: one.plugin for name, one in self._instances.items() if isinstance(one.plugin, Channel)}

    def running_channel(self, name: str) -> Channel[Any] | None:
        """The channel `name` while it is up."""
        plugin = self.get(name)
        return plugin if isinstance(plugin, Channel) else None

    def media(self) -> MediaStore[Any]:
        """The first media store that is up. Raises Unsupported when there is none, NotReady while none is up."""
        stores = [name for name, cls in self._classes().items() if issubclass(cls, MediaStore)]
        for name in stores:
            if isinstance(plugin := self.get(name), MediaStore):
                return plugin
        if stores:
            raise NotReady(f"files cannot be kept or read now: instance {stores[0]!r} does not run")
        raise Unsupported("hub", "files", "no plugin keeps files: add `media` to the plugins of the configuration")

    def platform_of(self, name: str) -> str:
        """The platform of the channel `name`, also while it does not run; the plugin's name where it names none."""
        spec = self._instance(name).spec
        return (spec.cls.platform if issubclass(spec.cls, Channel) else "") or spec.plugin_name

    def status(self) -> tuple[InstanceStatus, ...]:
        """How all instances are, in the order of the YAML."""
        return tuple(instance.status() for instance in self._instances.values())

    async def until(self, name: str, *states: str) -> None:
        """Return when the instance is, or be it briefly was, in one of `states`."""
        await one_of([self._instance(name)], *states)

    def is_coming(self, hook: str) -> bool:
        """Does an instance start that implements `hook`? Asked for every message, so kept until a state changes."""
        if hook not in self._coming:
            self._coming[hook] = bool(self._on_their_way(hook))
        return self._coming[hook]

    def _on_their_way(self, hook: str) -> list[Instance]:
        return [one for one in self._instances.values() if one.on_its_way and takes_part(one.spec.cls, hook)]

    async def arrive(self, hook: str, seconds: float) -> bool:
        """Wait, not longer than `seconds`, for instances that implement `hook` and are starting; False when there are none."""
        coming = self._on_their_way(hook)
        if coming:
            settled = (one_of([one], *UP, "retrying", "failed", "stopping", "stopped") for one in coming)
            await within(self._hub.clock, seconds, asyncio.gather(*settled))
        return bool(coming)

    # -- start and stop -------------------------------------------------------------------------

    async def start_all(self) -> None:
        """Start the enabled instances in the YAML's order, those behind that need others.

        Each is waited for, all together not longer than 10 s; who is slow goes on starting beside the others. Raises
        ConfigError for needs that cannot be met, before anything starts. Raises CallFailed, with everything stopped
        again, when an instance that is `required` does not start.
        """
        order = [self._instances[name] for name in start_order(self._classes())]
        clock = self._hub.clock
        until = clock.monotonic() + HOLD_BACK
        for instance in order:
            await self._begin(instance)
            await within(clock, until - clock.monotonic(), one_of([instance], *_SETTLED))
        for instance in order:
            if instance.spec.required:
                await within(clock, START_LIMIT, one_of([instance], *UP, "retrying", "failed"))
                if instance.state not in UP:
                    name, reason = instance.spec.name, f"{instance.state}: {instance.reason}"
                    await self.stop_all()
                    raise CallFailed(name, f"the required instance {name!r} did not start ({reason})")

    async def stop_all(self) -> None:
        """Stop all instances, the last started first; one that is slow does not hold back the others for long."""
        clock = self._hub.clock
        until = clock.monotonic() + HOLD_BACK
        stopping = []
        for instance in reversed(self._started):
            stop = asyncio.ensure_future(instance.stop())
            stopping.append(stop)
            await within(clock, until - clock.monotonic(), asyncio.wait([stop]))
        if stopping:
            await asyncio.wait(stopping)
        teller, self._teller = self._teller, None
        if teller is not None:
            await self._news.join()
            teller.cancel()
            await asyncio.wait([teller])

    async def start(self, name: str) -> None:
        """Start one instance; returns when it runs, or is known not to. Does nothing when it is started already."""
        instance = self._instance(name)
        await self._begin(instance)
        await one_of([instance], *_SETTLED)

    async def stop(self, name: str) -> None:
        """Stop one instance; afterwards it holds nothing. Harmless when it is stopped."""
        await self._instance(name).stop()

    async def restart(self, name: str, config: PluginConfig) -> None:
        """Stop one instance and start it with another configuration; returns as `start` does."""
        instance = self._instance(name)
        self._set_needs(instance)
        await instance.restart(config)
        await one_of([instance], *_SETTLED)

    # -- inside ---------------------------------------------------------------------------------

    def _instance(self, name: str) -> Instance:
        if name not in self._instances:
            raise ConfigError([Problem(f"there is no instance {name!r}", hint=did_you_mean(name, self._instances))])
        return self._instances[name]

    def _classes(self) -> dict[str, type[Plugin[Any]]]:
        """The enabled instances in the YAML's order."""
        return {name: instance.spec.cls for name, instance in self._instances.items() if instance.spec.enabled}

    async def _begin(self, instance: Instance) -> None:
        self._set_needs(instance)
        await instance.start()
        if instance not in self._started:
            self._started.append(instance)

    def _set_needs(self, instance: Instance) -> None:
        groups = groups_of(instance.spec.name, {instance.spec.name: instance.spec.cls, **self._classes()})
        instance.needs = {family: [self._instances[name] for name in names] for family, names in groups.items()}

    def _changed(self, instance: Instance) -> None:
        """Queue the news: hooks are slow and states are not, and everybody hears them in order."""
        self._coming.clear()
        self._news.put_nowait((instance.spec.name, instance.state, instance.reason))
        if self._teller is None:
            self._teller = asyncio.create_task(self._tell(), name="hub: instance_changed")

    async def _tell(self) -> None:
        while True:
            name, state, reason = await self._news.get()
            await self._hub.calls.notify("instance_changed", name=name, state=state, reason=reason)
            self._news.task_done()

    def _breaker(self, state: Literal["running", "suspended"], name: str, reason: str = "") -> None:
        if name in self._instances:
            self._instances[name].breaker(state, reason)
