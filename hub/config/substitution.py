"""What a scalar may take from outside the YAML: ``${ENV}``, ``${ENV:-default}`` and ``!file path``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.config.tree import Place, Value
from hub.config.words import did_you_mean, fault, say
from hub.errors import ConfigError, Problem

MAX_FILE: Final = 1024 * 1024
_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_INSIDE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


def text_of(path: Path, limit: int, locale: str) -> str:
    """The UTF-8 text of a file. Raises OSError, and ConfigError where it is too large or something else."""
    with path.open("rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise ConfigError([Problem(say(locale, "too_big", limit=limit), str(path))])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(say(locale, "no_utf8"), str(path), line)]) from None


@dataclass(frozen=True, slots=True)
class Substitution:
    """Fills in scalars from `env` and from files. What is wrong becomes a fault of the value, in `locale`."""

    env: Mapping[str, str]
    locale: str = "en"

    def text(self, text: str, place: Place) -> Value:
        """`text` with its variables filled in. As in a shell, ``:-`` also stands in for an empty variable."""
        value = Value(place, None)
        secrets: set[str] = set()

        def fill(found: re.Match[str]) -> str:
            if found[0] == "$${":
                return "${"
            inside = _INSIDE.fullmatch(found[1]) if found[2] else None
            if inside is None:
                value.faults.append(fault(self.locale, place, "bad_variable"))
                return ""
            name, default = inside.groups()
            held = self.env.get(name)
            if held or (held is not None and default is None):
                secrets.add(held)
                return held
            if default is None:
                hint = did_you_mean(self.locale, name, self.env)
                value.faults.append(fault(self.locale, place, "unset", hint, name=name))
            return default or ""

        value.data = _REFERENCE.sub(fill, text)
        value.secrets = tuple(secrets - {""})
        return value

    def file(self, path: str, place: Place) -> Value:
        """The content of a file, relative to the YAML file, without the line ends at its end."""
        value = self.text(path, place)
        if value.faults:
            return value
        try:
            text = text_of(place.folder / str(value.data), MAX_FILE, self.locale).rstrip("\r\n")
        except ConfigError as error:
            why = error.problems[0].message
        except OSError as error:
            why = error.strerror or type(error).__name__
        except ValueError as error:
            why = str(error)
        else:
            # Each line is a secret as well: a message may quote one line of a key.
            lines = [line for line in text.splitlines() if line.strip()]
            return Value(place, text, secrets=(text, *lines) if text else ())
        # The path may itself come from the environment, so only what the YAML says is shown.
        value.faults.append(fault(self.locale, place, "bad_file", file=path, why=why))
        return value
