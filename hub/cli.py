"""The command `hub`: serve, check, schema, plugins, looking after what is stored, and the words that plugins bring.

Exit codes: 0 all is well, 1 something is wrong (and was told), 2 the command was written wrongly.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Final

from hub.calling import attempt
from hub.cli_words import word
from hub.commands import Command
from hub.config import json_schema, load
from hub.errors import ConfigError, HubError
from hub.finding import brought_words, check_plugin, installed, load_plugin
from hub.plugin import Plugin, family_of
from hub.version import VERSION

OK, WRONG, INTERRUPTED = 0, 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (the process's own when left out) and return the exit code.

    Raises SystemExit(2) when the command line is wrong, as argparse does.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = list(sys.argv[1:] if argv is None else argv)
    locale = locale_of(arguments, os.environ)
    try:
        options = make_parser(locale).parse_args(arguments)
        options.locale = locale
        command: Command = options.command
        return command(options)
    except ConfigError as error:
        for problem in error.problems:
            tell(str(problem))
        tell(word(locale, "problems", count=len(error.problems)))
    except HubError as error:
        tell(word(locale, "failed", why=str(error) or type(error).__name__))
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain again while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        tell(word(locale, "failed", why=str(error)))
    except KeyboardInterrupt:
        return INTERRUPTED
    return WRONG


def locale_of(arguments: Sequence[str], env: Mapping[str, str]) -> str:
    """The language to speak: what ``--locale`` says, else what the environment says, else English."""
    first = argparse.ArgumentParser("hub", add_help=False, allow_abbrev=False)
    first.add_argument("--locale")
    chosen: str | None = first.parse_known_args(arguments)[0].locale
    said = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    return chosen or ("zh-CN" if said.startswith("zh") else "en")


def tell(line: str) -> None:
    """A line for a person, apart from the output."""
    print(line, file=sys.stderr)


# -- the command line -------------------------------------------------------------------------------


class Word(argparse.ArgumentParser):
    """The parser of one word of the command line. `filler` gives it its arguments when the word is used, not before."""

    def __init__(self, *, filler: Callable[[Word], None] | None = None, **how: Any) -> None:
        super().__init__(**how)
        self.add_argument("--locale", choices=("zh-CN", "en"), help="语言 · language")
        self._filler = filler

    def fill(self) -> None:
        """Give it its arguments. Raises HubError where whoever brings the word cannot be imported."""
        filler, self._filler = self._filler, None
        if filler is not None:
            filler(self)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: D102 - as argparse says
        self.fill()
        return super().parse_known_args(args, namespace)


def make_parser(locale: str) -> Word:
    """The parser; its help is in `locale`."""
    parser = Word(prog="hub", description=word(locale, "hub"))
    parser.add_argument("--version", action="version", version=f"frontdesk-hub {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command) -> argparse.ArgumentParser:
        text = word(locale, name)
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(command=command)
        return made

    serving = add("serve", serve)
    serving.add_argument("--config", required=True, type=Path, metavar="FILE", help=word(locale, "file"))
    serving.add_argument("--host", default="127.0.0.1", help=word(locale, "host"))
    serving.add_argument("--port", default=8080, type=_port(locale), help=word(locale, "port"))
    serving.add_argument("--data", default=Path("var"), type=Path, metavar="FOLDER", help=word(locale, "data"))
    add("check", check).add_argument("file", type=Path, metavar="FILE", help=word(locale, "file"))
    add("schema", schema).add_argument("--output", type=Path, metavar="FILE", help=word(locale, "output"))
    add("plugins", plugins).add_argument("file", nargs="?", type=Path, metavar="FILE", help=word(locale, "named"))
    for name, points in brought_words().items():
        if name not in commands.choices:
            filler = partial(_fill, points, locale)
            commands.add_parser(name, help=word(locale, "brought_by", module=points[0].module), filler=filler)
    return parser


def _fill(points: Sequence[EntryPoint], locale: str, parser: Word) -> None:
    """Import the word that a plugin brings and let it say what it takes. Raises HubError."""
    point = points[0]
    if len(points) > 1:
        both = ", ".join(point.value for point in points)
        raise HubError(word(locale, "word_twice", name=point.name, both=both))
    added = attempt(lambda: point.load()(parser, locale))
    if added.error is None and (parser.get_default("command") or parser._subparsers):
        return
    why = f"{type(added.error).__name__}: {added.error}" if added.error else word(locale, "no_command")
    raise HubError(word(locale, "word_broken", name=point.name, module=point.value, why=why)) from added.error


def _port(locale: str) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) > 65535:
            raise argparse.ArgumentTypeError(word(locale, "bad_port"))
        return int(text)

    return check


# -- commands ---------------------------------------------------------------------------------------


def serve(options: argparse.Namespace) -> int:
    """`hub serve`: run until told to stop."""
    from hub.serve import serve as run

    config = load(options.config, locale=options.locale)
    return run(config, options.host, options.port, options.data)


def check(options: argparse.Namespace) -> int:
    """`hub check`: tell everything that is wrong with a configuration; nothing is started or fetched."""
    config = load(options.file, locale=options.locale)
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
            tell(word(options.locale, "left_out", why=str(error)))
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


if __name__ == "__main__":
    sys.exit(main())
