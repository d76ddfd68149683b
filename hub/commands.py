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
from pathlib import Path

from hub.calling import attempt
from hub.config import HubConfig, LoadedConfig, load
from hub.finding import check_plugin, installed, load_plugin
from hub.plugin import family_of
from hub.sentences import sentences, worded
from hub.version import VERSION

__all__ = [
    "VERSION", "Add", "Command", "HubConfig", "LoadedConfig", "add_store_options", "attempt", "check_plugin", "family_of",
    "installed", "load", "load_plugin", "settings_of",
]

Add = Callable[[argparse.ArgumentParser, str], None]
Command = Callable[[argparse.Namespace], int]


def add_store_options(parser: argparse.ArgumentParser, locale: str) -> None:
    """The options ``--data`` and ``--config``, by which a command finds what a hub has stored."""
    words = sentences("options")
    parser.add_argument("--data", default=Path("var"), type=Path, metavar="FOLDER", help=worded(words["data"], locale))
    parser.add_argument("--config", type=Path, metavar="FILE", help=worded(words["config"], locale))


def settings_of(options: argparse.Namespace) -> HubConfig:
    """What the document of ``--config`` says of the hub; all defaults without one. Raises ConfigError."""
    return HubConfig() if options.config is None else load(options.config, locale=options.locale).settings
