"""Simulation: a trace of arrivals through the live router, and what comes of it."""

from hub_routing.simulate.replay import Fate, Load, Replay, Replayed
from hub_routing.simulate.trace import Arrival, BadTrace, read_trace

__all__ = ["Arrival", "BadTrace", "Fate", "Load", "Replay", "Replayed", "read_trace"]
