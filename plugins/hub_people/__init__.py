"""Who is who: one customer over many channels, joined and parted again; claims; what is kept of whom.

In the YAML: ``people: {…}``, or ``use: people`` among the plugins.
"""

from __future__ import annotations

from hub_people.config import PeopleConfig
from hub_people.plugin import People

__all__ = ["People", "PeopleConfig"]
