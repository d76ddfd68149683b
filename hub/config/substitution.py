"""What a scalar may take from outside the YAML: ``${ENV}``, ``${ENV:-default}`` and ``!file path``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.config.tree import Fault, Place, Value
from hub.config.words import did_you_mean, say

MAX_FILE: Final = 1024 * 1024
_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_INSIDE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Substitution:
    """Fills in scalars from `env` and from files. What is wrong becomes a fault of the value, in `locale`."""

    env: Mapping[str, str]
    locale: str = "en"

    def text(self, text: str, place: Place) -> Value:
        """`text` with its variables filled in. As in a shell, ``:-`` also stands in for an empty variable."""
        value = Value(place, None)
        secrets: list[str] = []

        def fill(found: re.Match[str]) -> str:
            if found[0] == "$${":
                return "${"
            inside = _INSIDE.fullmatch(found[1]) if found[2] else None
            if inside is None:
                value.faults.append(
                    Fault(place, say(self.locale, "bad_variable"), say(self.locale, "bad_variable_hint"))
                )
                return ""
            name, default = inside.groups()
            held = self.env.get(name)
            if held or (held is not None and default is None):
                secrets.append(held)
                return held
            if default is None:
                value.faults.append(self._unset(name, place))
            return default or ""

        value.data = _REFERENCE.sub(fill, text)
        value.secrets = tuple(secret for secret in secrets if secret)
        return value

    def _unset(self, name: str, place: Place) -> Fault:
        hint = did_you_mean(self.locale, name, self.env) or say(self.locale, "unset_hint", name=name)
        return Fault(place, say(self.locale, "unset", name=name), hint)

    def file(self, path: str, place: Place) -> Value:
        """The content of a file, relative to the YAML file, without the line ends at its end."""
        value = self.text(path, place)
        if value.faults:
            return value
        name = str(value.data)
        try:
            with (place.folder / name).open("rb") as stream:
                content = stream.read(MAX_FILE + 1)
            if len(content) > MAX_FILE:
                raise ValueError(say(self.locale, "too_big", limit=MAX_FILE))
            text = content.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            why = say(self.locale, "no_utf8")
        except OSError as error:
            why = error.strerror or type(error).__name__
        except ValueError as error:
            why = str(error)
        else:
            # Each line is a secret as well: a message may quote one line of a key.
            lines = [line for line in text.splitlines() if line.strip()]
            return Value(place, text, secrets=(text, *lines) if text else ())
        # The path may itself come from the environment, so only what the YAML says is shown.
        value.faults.append(Fault(place, say(self.locale, "bad_file", file=path, why=why)))
        return value
