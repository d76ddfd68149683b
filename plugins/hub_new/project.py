"""A project made of a template: its names, its files, and where it may not be written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from string import Template
from typing import Final

from hub import Refused
from hub.commands import VERSION, HubConfig, installed
from hub_new.words import word

KINDS: Final = ("channel", "bot", "crm", "survey")
SUFFIX: Final = ".tmpl"
LONGEST: Final = 40
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Project:
    """A plugin of one of the `KINDS`, called `name` in a configuration and `title` by people."""

    kind: str
    name: str
    title: str

    @classmethod
    def of(cls, kind: str, name: str, title: str = "", locale: str = "en") -> Project:
        """One with a good name. Raises Refused (422), in `locale`: ``bad_name``, ``taken``, ``reserved``, ``bad_title``."""
        if len(name) > LONGEST or not _NAME.fullmatch(name):
            raise Refused(422, "bad_name", word(locale, "bad_name", name=name))
        if name in installed():
            raise Refused(422, "taken", word(locale, "taken", name=name))
        if name in HubConfig.model_fields:
            raise Refused(422, "reserved", word(locale, "reserved", name=name))
        if len(title) > 60 or not title.isprintable() or any(letter in title for letter in "\"\\{}"):
            raise Refused(422, "bad_title", word(locale, "bad_title"))
        return cls(kind, name, title.strip() or name)

    @property
    def folder(self) -> str:
        """The project's folder, which is also the distribution's name."""
        return f"frontdesk-{self.name}"

    @property
    def names(self) -> dict[str, str]:
        """What stands for the placeholders of a template."""
        words = self.name.split("-")
        ending = [] if words[-1] == self.kind else [self.kind]
        return {
            "kind": self.kind,
            "name": self.name,
            "title": self.title,
            "project": self.folder,
            "module": self.folder.replace("-", "_"),
            "test": "_".join(words),
            "Class": "".join(map(str.capitalize, (*words, *ending))),
            "version": VERSION,
        }

    def files(self) -> dict[PurePosixPath, str]:
        """The texts of its files, by their paths in the project's folder."""
        found: dict[PurePosixPath, str] = {}
        for folder in ("common", self.kind):
            for path, text in _texts(files("hub_new") / "templates" / folder, PurePosixPath()):
                place = PurePosixPath(Template(str(path)).substitute(self.names).removesuffix(SUFFIX))
                found[place] = Template(text).substitute(self.names)
        return found

    def write(self, where: Path, locale: str = "en") -> Path:
        """Make the project's folder in `where`. Raises Refused: 404 ``no_folder``, 409 ``exists``, and then wrote nothing."""
        if not where.is_dir():
            raise Refused(404, "no_folder", word(locale, "no_folder", folder=where))
        folder = where / self.folder
        try:
            folder.mkdir()
        except FileExistsError:
            raise Refused(409, "exists", word(locale, "exists", folder=folder)) from None
        for path, text in self.files().items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return folder


def _texts(folder: Traversable, inside: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _texts(entry, inside / entry.name)
        elif entry.name.endswith(SUFFIX):
            yield inside / entry.name, entry.read_text(encoding="utf-8")
