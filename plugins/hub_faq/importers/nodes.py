"""A YAML file as nodes that know their lines."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hub_faq.importers.text_file import read_text
from hub_faq.knowledge import Fault, KnowledgeError, Place


class Reader:
    """Walks one YAML document and writes down what is wrong, with its line, instead of stopping at the first."""

    def __init__(self, path: Path) -> None:
        self.file = str(path)
        self.faults: list[Fault] = []
        try:
            self.root: Node | None = YAML(typ="safe", pure=True).compose(read_text(path))
        except MarkedYAMLError as error:
            mark = error.problem_mark
            line = mark.line + 1 if mark else 1
            raise KnowledgeError([Fault(Place(self.file, line), f"is not YAML: {error.problem}")]) from error

    def place(self, node: Node) -> Place:
        """Where the node begins."""
        return Place(self.file, node.start_mark.line + 1)

    def fault(self, node: Node | None, message: str) -> None:
        """Write down a fault at the node."""
        self.faults.append(Fault(self.place(node) if node else Place(self.file, 1), message))

    def mapping(self, node: Node | None, *, known: Sequence[str], required: Sequence[str] = ()) -> dict[str, Node]:
        """The node's entries by key. Unknown, double and missing keys are faults."""
        if not isinstance(node, MappingNode):
            self.fault(node, f"expected a mapping with {', '.join(known)}")
            return {}
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
                self.fault(key, f"unknown key {name!r}; {hint}")
            elif name in found:
                self.fault(key, f"the key {name!r} stands here twice")
            else:
                found[name] = value
        for name in required:
            if name not in found:
                self.fault(node, f"the key {name!r} is missing")
        return found

    def items(self, node: Node) -> Sequence[Node]:
        """The entries of a list."""
        if not isinstance(node, SequenceNode):
            self.fault(node, "expected a list")
            return ()
        return list(node.value)

    def text(self, node: Node) -> str:
        """A text that is not empty. A number or a yes must stand in quotes: 012 would lose its zero."""
        if isinstance(node, ScalarNode) and node.tag == "tag:yaml.org,2002:str" and node.value.strip():
            return " ".join(node.value.split(" ")).strip()
        if isinstance(node, ScalarNode):
            got = f"{node.value!r} (put it in quotes)" if node.value else "nothing"
        else:
            got = "a list" if isinstance(node, SequenceNode) else "a mapping"
        self.fault(node, f"expected a text, got {got}")
        return ""

    def texts(self, node: Node) -> list[str]:
        """A list of texts; one text alone is a list of one."""
        if isinstance(node, ScalarNode):
            return [text] if (text := self.text(node)) else []
        return [text for item in self.items(node) if (text := self.text(item))]
