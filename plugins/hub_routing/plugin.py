"""The plugin."""

from __future__ import annotations

from typing import ClassVar

from hub import Plugin, PluginConfig
from hub_routing.policy import RoutingConfig


class Routing(Plugin[RoutingConfig]):
    """Routing of customers to agents."""

    Config: ClassVar[type[PluginConfig]] = RoutingConfig
