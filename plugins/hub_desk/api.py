"""The HTTP interface of docs/api.md: each group of requests is a file of its own, all are registered here."""

from __future__ import annotations

from hub_desk import api_agents, api_conversations, api_house, api_sign_in, api_uploads
from hub_desk.workbench import Workbench


def register(desk: Workbench) -> None:
    """Serve all of it. Raises ConfigError where an address is taken."""
    api_sign_in.register(desk)
    api_conversations.register(desk)
    api_uploads.register(desk)
    api_agents.register(desk)
    api_house.register(desk)
