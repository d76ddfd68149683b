"""For packages that bring a word of the command line (`hub_cli`), ``hub WORD …``.

A word is an entry point of the group ``hub.commands``: its name is the word, its value a function ``add(parser, locale)``. That
function gives `parser` its description and arguments, in `locale` (zh-CN or en), and with ``set_defaults(command=…)`` what is
done: a function of the parsed options (their `locale` says how to speak) that returns the exit code, 0 when all is well. It is
imported when its word is used or listed. A HubError it raises is told to whoever waits, and the exit code is 1.

`load` reads and checks a document; `installed`, `load_plugin`, `check_plugin` and `family_of` tell which plugins there are.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from hub.calling import attempt
from hub.config import HubConfig, LoadedConfig, load
from hub.finding import check_plugin, installed, load_plugin
from hub.life import InstanceSpec
from hub.plugin import family_of
from hub.version import VERSION

__all__ = [
    "VERSION", "Add", "Command", "HubConfig", "InstanceSpec", "LoadedConfig", "attempt", "check_plugin", "family_of", "installed",
    "load", "load_plugin",
]

Add = Callable[[argparse.ArgumentParser, str], None]
Command = Callable[[argparse.Namespace], int]

