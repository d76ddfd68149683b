"""Text files as people save them."""

from __future__ import annotations

from pathlib import Path

from hub_faq.knowledge import Fault, KnowledgeError, Place


def read_text(path: Path, *, excel: bool = False) -> str:
    """The file's text: UTF-8 with or without a mark; with `excel` also GB 18030, which Chinese Excel writes.

    Raises KnowledgeError naming the line of the first byte that is no text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KnowledgeError([Fault(Place(str(path), 1), f"cannot be read: {error.strerror}")]) from error
    line = 1
    for encoding in ("utf-8-sig", "gb18030") if excel else ("utf-8-sig",):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
    raise KnowledgeError([Fault(Place(str(path), line), "is not UTF-8 text")])
