"""The command `hub`: serving, and the words that plugins bring.

Exit codes: 0 all is well, 1 something is wrong (and was told), 2 the command was written wrongly.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, NoReturn

from hub import ConfigError, HubError
from hub.commands import VERSION, Command, attempt, load
from hub_cli.complaints import complaint
from hub_cli.words import word

WRONG, MISWRITTEN, INTERRUPTED = 1, 2, 130
WORDS: Final = "hub.commands"


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
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain again while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (HubError, OSError) as error:
        tell(word(locale, "failed", why=str(error) or type(error).__name__))
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


def brought_words() -> dict[str, list[EntryPoint]]:
    """The words that installed packages bring, none of them imported; one by several is in doubt."""
    found: dict[str, list[EntryPoint]] = {}
    for point in sorted(entry_points(group=WORDS)):
        found.setdefault(point.name, []).append(point)
    return found


# -- the command line -------------------------------------------------------------------------------


class Word(argparse.ArgumentParser):
    """The parser of one word of the command line. `filler` gives it its arguments when the word is used, not before."""

    def __init__(self, *, speaks: str, filler: Callable[[Word], None] | None = None, **how: Any) -> None:
        super().__init__(**how)
        self._speaks = speaks
        self.add_argument("--locale", choices=("zh-CN", "en"), help="语言 · language")
        self._filler = filler

    def fill(self) -> None:
        """Give it its arguments. Raises HubError where whoever brings the word cannot be imported."""
        filler, self._filler = self._filler, None
        if filler is not None:
            filler(self)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: D102 - as argparse says
        self.fill()
        found, left = super().parse_known_args(args, namespace)
        # The word that does not know them says so, and not the command as a whole.
        return (found, left) if not left else self.error(f"unrecognized arguments: {' '.join(left)}")

    def add_subparsers(self, **how: Any) -> Any:  # noqa: D102 - as argparse says
        return super().add_subparsers(**{"parser_class": partial(Word, speaks=self._speaks), **how})

    def error(self, message: str) -> NoReturn:  # noqa: D102 - as argparse says
        self.print_usage(sys.stderr)
        tell(f"{self.prog}: {complaint(self._speaks, message)}")
        tell(word(self._speaks, "see_help", prog=self.prog))
        self.exit(MISWRITTEN)


class _Whole(Word):
    """The parser of the whole command line. Only its help asks all words what they do."""

    def format_help(self) -> str:
        for action in self._subparsers._group_actions if self._subparsers else ():
            for shown in action._choices_actions:  # type: ignore[attr-defined]
                brought: Word = action.choices[shown.dest]  # type: ignore[index]
                # A broken word is told of when it is used; here it says who brings it.
                if attempt(brought.fill).error is None:
                    shown.help = brought.description or shown.help
        return super().format_help()


def make_parser(locale: str) -> Word:
    """The parser; its help is in `locale`."""
    parser = _Whole(prog="hub", description=word(locale, "hub"), speaks=locale)
    parser.add_argument("--version", action="version", version=f"frontdesk-hub {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help=word(locale, "serve"), description=word(locale, "serve"))
    serving.set_defaults(command=serve)
    serving.add_argument("--config", required=True, type=Path, metavar="FILE", help=word(locale, "file"))
    serving.add_argument("--host", default="127.0.0.1", help=word(locale, "host"))
    serving.add_argument("--port", default=8080, type=_port(locale), help=word(locale, "port"))
    serving.add_argument("--data", default=Path("var"), type=Path, metavar="FOLDER", help=word(locale, "data"))
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


def serve(options: argparse.Namespace) -> int:
    """`hub serve`: run until told to stop."""
    # The web side is not loaded for the other words.
    from hub_cli.serving import serve as run

    return run(load(options.config, locale=options.locale), options.host, options.port, options.data)
