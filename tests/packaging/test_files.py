"""The files around the code agree with it and with each other."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from hub import Plugin
from hub_cli.command_line import make_parser
from hub_ops.schema import json_schema

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PLUGINS: dict[str, str] = PROJECT["entry-points"]["hub.plugins"]

DEMO: set[str] = {"demo", *Requirement(PROJECT["optional-dependencies"]["demo"][0]).extras}
"""The plugins of the extra of that name; others need an account on some platform, and have extras of their own."""


def load_plugin(name: str) -> type[Plugin[Any]]:
    module, _, attribute = PLUGINS[name].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    assert issubclass(found, Plugin)
    return found  # type: ignore[no-any-return]


def instructions(word: str) -> list[str]:
    """What follows `word` in the Dockerfile, continued lines joined."""
    lines = DOCKERFILE.replace("\\\n", " ").splitlines()
    return [line[len(word) :].strip() for line in lines if line.startswith(f"{word} ")]


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_each_plugin_is_there_by_its_name(name: str) -> None:
    assert (ROOT / "plugins" / PLUGINS[name].partition(":")[0] / "__init__.py").is_file()
    load_plugin(name)


def test_each_package_of_plugins_is_registered() -> None:
    packages = {path.parent.name for path in (ROOT / "plugins").glob("hub_*/__init__.py")}
    stores: dict[str, str] = PROJECT["entry-points"]["hub.stores"]
    # Two are no plugins: those with pages, and channels with reply windows, are built on them.
    commands: dict[str, str] = PROJECT["entry-points"]["hub.commands"]
    targets = (*PLUGINS.values(), *stores.values(), *commands.values(), *PROJECT["scripts"].values())
    registered = {target.partition(":")[0].partition(".")[0] for target in targets} | {"hub_realtime", "hub_windows"}
    assert packages == registered


def test_the_command_is_there() -> None:
    module, _, attribute = PROJECT["scripts"]["hub"].partition(":")
    assert callable(getattr(importlib.import_module(module), attribute))


def test_the_core_imports_only_what_it_declares() -> None:
    known = {"hub", *(module for module in __import__("sys").stdlib_module_names)}
    names = {"pyjwt": "jwt", "ruamel-yaml": "ruamel", "tortoise-orm": "tortoise", "argon2-cffi": "argon2"}
    declared: set[str] = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    # Optional ones are imported only where they are used, and the test kit brings pytest.
    declared |= {"asyncpg", "pytest", "pytest-asyncio", "pydantic-core", "multidict", "yarl"}
    known |= {names.get(name, name.replace("-", "_")) for name in declared}
    strangers = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "hub").rglob("*.py")
        for name in imported(path)
        if name not in known
    }
    assert strangers == set()


def imported(path: Path) -> set[str]:
    """The top-level packages a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


# -- the lock ---------------------------------------------------------------------------------------


def test_the_lock_names_no_host_and_hashes_everything() -> None:
    assert "://" not in LOCK
    assert not re.search(r"^\s*(--(index|extra|find)|@)", LOCK, re.MULTILINE)
    for entry in re.split(r"\n(?=\S)", LOCK.strip()):
        assert re.match(r"[a-z0-9-]+==[^ ]+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_lock_holds_everything_the_container_installs() -> None:
    locked = {canonicalize_name(name) for name in re.findall(r"^([a-z0-9-]+)==", LOCK, re.MULTILINE)}
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *extras["postgres"], *(line for name in DEMO - {"demo"} for line in extras[name])]
    names = {canonicalize_name(Requirement(line).name) for line in wanted} - {"frontdesk-hub"}
    assert names <= locked


def test_the_lock_of_the_pages_names_no_host() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"]
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml"])
def test_lock_files_that_name_hosts_stay_out(name: str) -> None:
    assert name in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


# -- the container ----------------------------------------------------------------------------------


def test_what_the_container_copies_is_there_and_let_through() -> None:
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    }
    copied: set[str] = set()
    for line in instructions("COPY"):
        words = shlex.split(line)
        if not any(word.startswith("--from") for word in words):
            copied |= {word for word in words[:-1] if not word.startswith("--")}
    assert {"pyproject.toml", "hub", "plugins", "frontend", "config", "requirements.lock"} <= copied
    assert copied == let_through
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_container_runs_a_command_line_that_exists() -> None:
    (entry,), commands = instructions("ENTRYPOINT"), instructions("CMD")
    assert json.loads(entry) == ["hub"]
    arguments = json.loads(commands[-1])
    options = make_parser("en").parse_args(arguments)
    assert (ROOT / options.config).is_file()
    assert options.host == "0.0.0.0"
    assert instructions("EXPOSE") == [str(options.port)]
    assert f"http://127.0.0.1:{options.port}/readyz" in instructions("HEALTHCHECK")[0]
    (folder,) = {line for line in instructions("WORKDIR") if line != "/src"}
    assert instructions("VOLUME") == [f"{folder}/{options.data}"]


def test_the_container_runs_unprivileged() -> None:
    after = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert re.search(r"^USER (?!root)\w+$", after, re.MULTILINE)


def test_compose_agrees_with_the_container() -> None:
    compose = YAML(typ="safe", pure=True).load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    hub = compose["services"]["hub"]
    assert hub["ports"] == ["${PORT:-8080}:" + instructions("EXPOSE")[0]]
    assert hub["volumes"] == ["data:" + instructions("VOLUME")[0]]
    assert "data" in compose["volumes"]


@pytest.mark.parametrize(("status", "well"), [(200, True), (503, False)])
async def test_the_health_check_asks_whether_the_hub_is_ready(status: int, well: bool) -> None:
    import asyncio
    import sys

    from aiohttp import web
    from aiohttp.test_utils import TestServer

    async def ready(_: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/readyz", ready)
    async with TestServer(app) as server:
        (line,) = instructions("HEALTHCHECK")
        _, _, code = json.loads(line[line.index("[") :])
        code = code.replace("127.0.0.1:8080", f"{server.host}:{server.port}")
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stderr=asyncio.subprocess.DEVNULL)
        assert (await process.wait() == 0) is well


# -- the demo ---------------------------------------------------------------------------------------


def test_the_demo_is_right_with_the_plugins_we_ship() -> None:
    import jsonschema_rs

    from hub.config import load

    plugins = {name: load_plugin(name) for name in PLUGINS}
    loaded = load(ROOT / "config" / "demo.yaml", {}, plugins)
    assert {spec.plugin_name for spec in loaded.instances} == DEMO
    document = YAML(typ="safe", pure=True).load((ROOT / "config" / "demo.yaml").read_text(encoding="utf-8"))
    jsonschema_rs.validate(json_schema(plugins), document)


def test_the_demo_is_explained_line_by_line() -> None:
    lines = (ROOT / "config" / "demo.yaml").read_text(encoding="utf-8").splitlines()
    for section in ("hub:", "teams:", "service:", "plugins:"):
        assert lines[lines.index(section) - 1].startswith("# --")
    for number, line in enumerate(lines):
        if line.startswith("  - use:"):
            assert lines[number - 1].startswith("  # "), line


# -- the two commands -------------------------------------------------------------------------------


def test_the_clean_checkout_command_runs_make_test() -> None:
    run = ROOT / ".ci" / "run"
    assert os.access(run, os.X_OK)
    assert "make test" in run.read_text(encoding="utf-8")


@pytest.mark.parametrize("target", ["demo", "test", "bench", "check", "lock", "clean"])
def test_make_knows_its_targets(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    "name", ["Makefile", ".ci/run", ".ci/browser", "Dockerfile", "compose.yaml", "pyproject.toml", "hatch_build.py"]
)
def test_nothing_of_one_machine_is_written_down(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"(/home/|/root\b|/opt/|/tmp/[a-z]|index-url|registry\.|pypi\.org|npmjs)", text)
