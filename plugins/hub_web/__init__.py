"""The web chat channel: a widget for any page, its sessions, files and signed identities.

In the YAML: ``use: web``. The instance's name is the first part of all its addresses (``/web/w.js``).
"""

from hub_web.channel import Web
from hub_web.config import WebConfig

__all__ = ["Web", "WebConfig"]
