"""The engine: pure, without a clock, input or output. The live router and the simulation are the same code."""

from hub_routing.engine.records import Decision, Move, Staff, Task
from hub_routing.engine.router import Router

__all__ = ["Decision", "Move", "Router", "Staff", "Task"]
