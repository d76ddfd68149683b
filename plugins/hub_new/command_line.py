"""The word ``hub new``."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from hub_new.project import KINDS, Project
from hub_new.words import word


def add_new(parser: argparse.ArgumentParser, locale: str) -> None:
    """``hub new channel NAME``, and the other kinds."""
    parser.description = word(locale, "new")
    kinds = parser.add_subparsers(required=True, metavar="KIND")
    for kind in KINDS:
        one = kinds.add_parser(kind, help=word(locale, kind), description=word(locale, kind))
        one.add_argument("name", metavar="NAME", help=word(locale, "name"))
        one.add_argument("--title", default="", metavar="TITLE", help=word(locale, "title"))
        one.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help=word(locale, "to"))
        one.set_defaults(command=partial(_write, kind))


def _write(kind: str, options: argparse.Namespace) -> int:
    project = Project.of(kind, options.name, options.title, options.locale)
    folder = project.write(options.to, options.locale)
    print(word(options.locale, "written", folder=folder, count=len(project.files())))
    for line in (f"cd {folder}", "pip install -e '.[test]'", "pytest", "hub serve --config hub.yaml --port 8080 --data var"):
        print(f"  {line}")
    return 0
