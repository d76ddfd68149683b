"""The command ``hub``: starts a hub in a process of its own, and runs the words that other packages bring.

No plugin: one way to use the hub, which is a library (`hub.server`).
"""

from hub_cli.command_line import main
from hub_cli.stored import add_store_options, offline, settings_of

__all__ = ["add_store_options", "main", "offline", "settings_of"]
