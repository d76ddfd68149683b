"""Reading knowledge from files: YAML, Markdown and CSV, chosen by the file's ending."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from hub_faq.importers.csv_file import read_csv
from hub_faq.importers.markdown_file import read_markdown
from hub_faq.importers.yaml_file import read_yaml
from hub_faq.knowledge import Fault, Group, Knowledge, KnowledgeError, Place, assemble

_READERS: Final[Mapping[str, Callable[[Path], Sequence[Group]]]] = {
    ".yaml": read_yaml,
    ".yml": read_yaml,
    ".md": read_markdown,
    ".csv": read_csv,
}


def read_sources(sources: Iterable[str], folder: Path) -> Knowledge:
    """Read every source (a file, or a directory of files in the order of their names) into one knowledge.

    Paths are relative to `folder`. Raises KnowledgeError with all faults of all files.
    """
    groups: list[Group] = []
    faults: list[Fault] = []
    for source in sources:
        for path in _files(folder / source, source, faults):
            try:
                groups += _READERS[path.suffix.lower()](path)
            except KnowledgeError as error:
                faults += error.faults
    if faults:
        raise KnowledgeError(faults)
    return assemble(groups)


def _files(path: Path, source: str, faults: list[Fault]) -> Sequence[Path]:
    known = ", ".join(sorted(_READERS))
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix.lower() in _READERS)
        if not found:
            faults.append(Fault(Place(source, 1), f"the directory holds no file of a known kind ({known})"))
        return found
    if not path.is_file():
        faults.append(Fault(Place(source, 1), "there is no such file or directory"))
        return ()
    if path.suffix.lower() not in _READERS:
        faults.append(Fault(Place(source, 1), f"unknown kind of file; known are {known}"))
        return ()
    return (path,)
