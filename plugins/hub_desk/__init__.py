"""The agents' workbench: the pages under ``/desk/``."""

from __future__ import annotations

from hub_desk.plugin import CannedReply, Desk, DeskConfig

__all__ = ["CannedReply", "Desk", "DeskConfig"]
