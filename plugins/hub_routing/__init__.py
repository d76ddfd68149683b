"""Routing of customers to agents."""

from __future__ import annotations

from hub_routing.plugin import Routing
from hub_routing.policy import RoutingConfig

__all__ = ["Routing", "RoutingConfig"]
