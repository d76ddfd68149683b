"""The metrics page for Prometheus, put together when it is asked for.

Nothing is measured for it on the way of a message: the parts of the hub count in plain attributes, which are read then. Each page
has a registry of its own, so two hubs in one process do not mix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as PrometheusCollector

from hub.watching import UP
from hub_ops.numbers import Numbers
from hub_ops.watchdog import Watchdog

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


def page(numbers: Numbers, watchdog: Watchdog) -> bytes:
    """The page for `numbers` and what the `watchdog` saw of the loop."""
    registry = CollectorRegistry()
    registry.register(Collector(numbers, watchdog))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class Collector(PrometheusCollector):
    """What is on one page: the `numbers` of the moment in which it was asked for."""

    def __init__(self, numbers: Numbers, watchdog: Watchdog) -> None:
        self._now = numbers
        self._loop = watchdog

    def collect(self) -> Iterable[Metric]:
        """All metrics, read now."""
        yield from self._house()
        yield from self._messages()
        yield from self._counters()
        yield from self._instances()
        yield from self._calls()
        yield from self._pages()

    def _house(self) -> Iterator[Metric]:
        now = self._now
        yield _gauge("hub_info", "The version that runs.", 1, version=now.version)
        yield _gauge("hub_loop_lag_seconds", "How late the event loop's last beat was.", self._loop.lag)
        yield _gauge("hub_loop_longest_blockage_seconds", "The longest time the event loop stood still.", self._loop.longest)
        yield _counter("hub_loop_blockages", "Times the event loop stood still for too long.", self._loop.blockages)
        yield _counter("hub_store_groups", "Transactions.", now.groups)
        yield _counter("hub_store_changes", "Changes stored; more than one goes into a transaction.", now.changes)
        yield _gauge("hub_event_log_position", "The last place taken in the event log.", now.position)
        lag = GaugeMetricFamily(
            "hub_subscription_lag", "Events that a durable subscription has still to read.", labels=("instance", "name")
        )
        for feed, events in now.feeds.items():
            lag.add_metric(feed, events)
        yield lag

    def _messages(self) -> Iterator[Metric]:
        now = self._now
        yield _gauge("hub_messages_in_flight", "Messages stored and not yet worked on.", now.in_flight)
        lanes = GaugeMetricFamily("hub_lanes", "Lanes with work in them.", labels=("of",))
        lanes.add_metric(("people",), now.people)
        lanes.add_metric(("deliveries",), now.deliveries)
        yield lanes
        yield _counter("hub_repaired", "Messages the sweep found in nobody's hands.", now.repaired)
        yield _gauge("hub_dead_letters", "Dead letters that wait for somebody to decide.", now.dead_letters)
        if now.due is not None:
            yield _gauge("hub_outbox_due", "Messages that are still to go out.", now.due)

    def _counters(self) -> Iterator[Metric]:
        counters = dict(self._now.counters)
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
        for one in self._now.instances:
            up.add_metric((one.name, one.plugin), float(one.state in UP))
            state.add_metric((one.name, one.plugin, one.state), 1)
        yield up
        yield state

    def _calls(self) -> Iterator[Metric]:
        labels = ("instance", "call")
        calls = CounterMetricFamily("hub_calls", "Calls into plugins.", labels=labels)
        failures = CounterMetricFamily("hub_call_failures", "Calls into plugins that failed.", labels=labels)
        seconds = CounterMetricFamily("hub_call_seconds", "Seconds these calls took, waiting included.", labels=labels)
        for key, tally in sorted(self._now.calls.items()):
            calls.add_metric(key, tally.calls)
            failures.add_metric(key, tally.failures)
            seconds.add_metric(key, tally.seconds)
        yield calls
        yield failures
        yield seconds

    def _pages(self) -> Iterator[Metric]:
        yield _gauge("hub_sockets", "Pages that are connected.", self._now.sockets)
        yield _counter("hub_events_published", "Events brought to pages.", self._now.published)
        agents = GaugeMetricFamily("hub_agents_connected", "Agents with an open workbench.", labels=("state",))
        for state, number in self._now.agents.items():
            agents.add_metric((state,), number)
        yield agents


def _gauge(name: str, text: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=tuple(labels))
    family.add_metric(tuple(labels.values()), value)
    return family


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)
