"""The metrics page for Prometheus, put together when it is asked for.

Nothing is measured for it on the way of a message: the parts of the hub count in plain attributes, which are read here. The
registry is the hub's own, so two hubs in one process do not mix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from hub.errors import StoreUnavailable
from hub.instance import UP
from hub.web.operations import Operation

if TYPE_CHECKING:
    from hub.hub import Hub

_HTTP: Final = "http "
"""Counters of requests are named ``http OWNER STATUS``."""

_COUNTERS: Final[Mapping[str, tuple[str, str]]] = {
    "received": ("hub_messages_received", "Messages of customers that were stored."),
    "duplicates": ("hub_messages_duplicate", "Messages that had been stored before."),
    "refused_busy": ("hub_messages_refused", "Messages that were sent away because there were too many."),
    "sent": ("hub_messages_sent", "Messages that went out to customers."),
    "retried": ("hub_delivery_retries", "Times a message has to be sent again."),
    "slow_readers": ("hub_slow_readers", "Sockets that were closed because they read too slowly."),
    "sign_in_failed": ("hub_sign_in_failures", "Sign-ins with a wrong login or password."),
}
_DEAD: Final[Mapping[str, str]] = {"dead_in": "in", "dead_out": "out"}
_DUE: Final = "SELECT count(*) FROM outbox WHERE state = 0"


def register(hub: Hub) -> None:
    """Serve the page."""
    collector = HubCollector(hub)
    registry = CollectorRegistry()
    registry.register(collector)
    ProcessCollector(registry=registry)

    async def answer(_: web.Request) -> web.Response:
        await collector.look()
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return web.Response(body=generate_latest(registry), headers=headers)

    doc = Operation("Metrics for Prometheus", media="text/plain", tags=("hub",))
    hub.routes.add("GET", "/metrics", answer, owner="hub", doc=doc)


class HubCollector(Collector):
    """Reads the hub's numbers. What only the store knows is fetched by `look` before a page is made."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._due: int | None = None

    async def look(self) -> None:
        """Ask the store; without it the page still has all the rest."""
        try:
            self._due = int(await self._hub.store.reader.value(_DUE) or 0)
        except StoreUnavailable:
            self._due = None

    def collect(self) -> Iterable[Metric]:
        """All metrics, read now."""
        yield from self._house()
        yield from self._messages()
        yield from self._counters()
        yield from self._instances()
        yield from self._calls()
        yield from self._pages()

    def _house(self) -> Iterator[Metric]:
        hub, watchdog, committer = self._hub, self._hub.watchdog, self._hub.store.committer
        yield _gauge("hub_info", "The version that runs.", 1, version=hub.version)
        yield _gauge("hub_loop_lag_seconds", "How late the event loop's last beat was.", watchdog.lag)
        yield _gauge("hub_loop_longest_blockage_seconds", "The longest time the event loop stood still.", watchdog.longest)
        yield _counter("hub_loop_blockages", "Times the event loop stood still for too long.", watchdog.blockages)
        yield _counter("hub_store_groups", "Transactions.", committer.groups)
        yield _counter("hub_store_changes", "Changes stored; more than one goes into a transaction.", committer.changes)
        yield _gauge("hub_event_log_position", "The last place taken in the event log.", committer.position)
        lag = GaugeMetricFamily(
            "hub_subscription_lag", "Events that a durable subscription has still to read.", labels=("instance", "name")
        )
        for feed in hub.feeds.status():
            lag.add_metric((feed.instance, feed.name), max(0, committer.position - feed.position))
        yield lag

    def _messages(self) -> Iterator[Metric]:
        path = self._hub.path
        yield _gauge("hub_messages_in_flight", "Messages stored and not yet worked on.", len(path.reception.in_flight))
        lanes = GaugeMetricFamily("hub_lanes", "Lanes with work in them.", labels=("of",))
        lanes.add_metric(("people",), len(path.lanes))
        lanes.add_metric(("deliveries",), len(path.delivery.lanes))
        yield lanes
        yield _counter("hub_repaired", "Messages the sweep found in nobody's hands.", path.repaired)
        yield _gauge("hub_dead_letters", "Dead letters that wait for somebody to decide.", path.dead_total)
        if self._due is not None:
            yield _gauge("hub_outbox_due", "Messages that are still to go out.", self._due)

    def _counters(self) -> Iterator[Metric]:
        counters = dict(self._hub.counters)
        for key, (name, text) in _COUNTERS.items():
            yield _counter(name, text, counters.pop(key, 0))
        dead = CounterMetricFamily("hub_dead_letters_made", "Messages that were given up.", labels=("direction",))
        for key, direction in _DEAD.items():
            dead.add_metric((direction,), counters.pop(key, 0))
        yield dead
        requests = CounterMetricFamily("hub_http_requests", "Requests answered.", labels=("owner", "status"))
        rest = CounterMetricFamily("hub_counter", "What else was counted.", labels=("name",))
        for key, number in sorted(counters.items()):
            if key.startswith(_HTTP):
                requests.add_metric(key.removeprefix(_HTTP).rsplit(" ", 1), number)
            else:
                rest.add_metric((key,), number)
        yield requests
        yield rest

    def _instances(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("hub_instance_up", "1 while the instance is up.", labels=("instance", "plugin"))
        state = GaugeMetricFamily(
            "hub_instance_state", "1 for the state the instance is in.", labels=("instance", "plugin", "state")
        )
        for one in self._hub.registry.status():
            up.add_metric((one.name, one.plugin), float(one.state in UP))
            state.add_metric((one.name, one.plugin, one.state), 1)
        yield up
        yield state

    def _calls(self) -> Iterator[Metric]:
        labels = ("instance", "call")
        calls = CounterMetricFamily("hub_calls", "Calls into plugins.", labels=labels)
        failures = CounterMetricFamily("hub_call_failures", "Calls into plugins that failed.", labels=labels)
        seconds = CounterMetricFamily("hub_call_seconds", "Seconds these calls took, waiting included.", labels=labels)
        for key, tally in sorted(self._hub.calls.counters.items()):
            calls.add_metric(key, tally.calls)
            failures.add_metric(key, tally.failures)
            seconds.add_metric(key, tally.seconds)
        yield calls
        yield failures
        yield seconds

    def _pages(self) -> Iterator[Metric]:
        realtime, everybody = self._hub.realtime, self._hub.agents.all()
        yield _gauge("hub_sockets", "Pages that are connected.", realtime.sockets)
        yield _counter("hub_events_published", "Events brought to pages.", realtime.published)
        agents = GaugeMetricFamily("hub_agents_connected", "Agents with an open workbench.", labels=("state",))
        connected = [agent.state for agent in everybody if agent.connected]
        for state in ("online", "break", "offline"):
            agents.add_metric((state,), connected.count(state))
        yield agents


def _gauge(name: str, text: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=tuple(labels))
    family.add_metric(tuple(labels.values()), value)
    return family


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)
