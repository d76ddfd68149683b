"""The HTTP interface of docs/api.md: each group of requests is a file of its own, all are registered here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.web import api_agents, api_conversations, api_house, api_sign_in, api_uploads

if TYPE_CHECKING:
    from hub.hub import Hub


def register(hub: Hub) -> None:
    """Serve all of it. Raises ConfigError where an address is taken."""
    api_sign_in.register(hub)
    api_conversations.register(hub)
    api_uploads.register(hub)
    api_agents.register(hub)
    api_house.register(hub)
