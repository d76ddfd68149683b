"""The words ``hub check``, ``hub schema`` and ``hub plugins``: what a document may say, and whether one is right."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Final

from hub import ConfigError, Plugin
from hub.commands import VERSION, check_plugin, family_of, installed, load, load_plugin
from hub_ops.schema import json_schema
from hub_ops.words import word

OK: Final = 0


# -- on the command line ----------------------------------------------------------------------------


def add_check(parser: argparse.ArgumentParser, locale: str) -> None:
    """``hub check FILE``, also written ``hub check --config FILE`` as for the other words."""
    parser.description = word(locale, "check")
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("file", nargs="?", type=Path, metavar="FILE", help=word(locale, "file"))
    one.add_argument("--config", type=Path, metavar="FILE", help=word(locale, "file"))
    parser.set_defaults(command=check)


def add_schema(parser: argparse.ArgumentParser, locale: str) -> None:
    """``hub schema``."""
    parser.description = word(locale, "schema")
    parser.add_argument("--output", type=Path, metavar="FILE", help=word(locale, "output"))
    parser.set_defaults(command=schema)


def add_plugins(parser: argparse.ArgumentParser, locale: str) -> None:
    """``hub plugins [FILE]``."""
    parser.description = word(locale, "plugins")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help=word(locale, "named"))
    parser.set_defaults(command=plugins)


# -- what they do -----------------------------------------------------------------------------------


def check(options: argparse.Namespace) -> int:
    """`hub check`: tell everything that is wrong with a configuration; nothing is started or fetched."""
    config = load(options.config or options.file, locale=options.locale)
    instances = ", ".join(spec.name if spec.enabled else f"({spec.name})" for spec in config.instances) or "-"
    print(word(options.locale, "checked", files=len(config.files), instances=instances))
    return OK


def schema(options: argparse.Namespace) -> int:
    """`hub schema`: the JSON schema of the document with all installed plugins."""
    loaded: dict[str, type[Plugin[Any]]] = {}
    for name in (known := installed()):
        try:
            loaded[name] = load_plugin(name, known)
        except ConfigError as error:
            print(word(options.locale, "left_out", why=error), file=sys.stderr)
    text = json.dumps(json_schema(loaded), ensure_ascii=False, indent=2) + "\n"
    if options.output is None:
        sys.stdout.write(text)
    else:
        options.output.write_text(text, encoding="utf-8")
    return OK


def plugins(options: argparse.Namespace) -> int:
    """`hub plugins`: what is installed, whether it can be used and, with a configuration, which instances it has."""
    specs = load(options.file, locale=options.locale).instances if options.file is not None else ()
    heads = ("name", "family", "version", "requires", "state", "instances", "summary")
    rows = [[word(options.locale, f"head_{head}") for head in heads]]
    for name, point in sorted(installed().items()):
        instances = ", ".join(spec.name for spec in specs if spec.plugin_name == name)
        *facts, summary = _about(name, point, options.locale)
        rows.append([cell or "-" for cell in (name, *facts, instances, summary)])
    for line in table(rows):
        print(line)
    return OK


def _about(name: str, point: EntryPoint, locale: str) -> tuple[str, ...]:
    """Family, version, which hub it requires, state and summary of an installed plugin; or why it cannot be used."""
    version = point.dist.version if point.dist is not None else ""
    try:
        cls = load_plugin(name, {name: point})
    except ConfigError as error:
        return "", version, "", word(locale, "broken"), str(error)
    about = (family_of(cls), version, cls.requires_hub)
    try:
        check_plugin(name, cls, VERSION)
    except ConfigError as error:
        return *about, word(locale, "unfit"), str(error)
    return *about, word(locale, "usable"), (cls.__doc__ or "").strip().partition("\n")[0]


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with the cells in columns; a Chinese character is two wide."""
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


_WIDE: Final = frozenset("WF")


def width(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in _WIDE else 1 for letter in text)
