"""What travels in the sdist and in the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from hub.version import VERSION

ROOT = Path(__file__).parents[2]
LEAVE = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "var", "dist", "build", "__pycache__", ".*_cache", ".hypothesis", "artifacts"
)
PAGES = ("hub_desk/static/index.html", "hub_web/static/index.html", "hub_web/static/w.js")

pytestmark = pytest.mark.slow


def build(source: Path, target: str, into: Path, **env: str) -> tuple[Path, str]:
    """Build and return the file and what the build said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)],
        cwd=source, env={**clean, **env}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = into.glob("*.tar.gz" if target == "sdist" else "*.whl")
    return built, done.stderr


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("copy") / "checkout"
    shutil.copytree(ROOT, copy, ignore=LEAVE)
    return copy


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(checkout, "sdist", tmp_path_factory.mktemp("sdist"), FRONTDESK_SKIP_PAGES="1")[0]


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(checkout, "wheel", tmp_path_factory.mktemp("wheel"), FRONTDESK_SKIP_PAGES="1")[0]


def inside(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_core_and_each_plugin_at_its_top(wheel: Path, checkout: Path) -> None:
    wanted = {str(path.relative_to(checkout)) for path in (checkout / "hub").rglob("*.py")}
    wanted |= {str(path.relative_to(checkout / "plugins")) for path in (checkout / "plugins").rglob("*.py")}
    assert wanted <= inside(wheel)
    assert "hub/py.typed" in inside(wheel)


def test_the_wheel_holds_nothing_else(wheel: Path, checkout: Path) -> None:
    packages = {path.name for path in (checkout / "plugins").glob("hub_*")}
    tops = {name.split("/")[0] for name in inside(wheel)}
    assert tops == {"hub", *packages, f"frontdesk_hub-{VERSION}.dist-info", f"frontdesk_hub-{VERSION}.data"}
    assert [name for name in inside(wheel) if name.endswith(".pyc") or "node_modules" in name] == []


def test_the_demo_travels_with_the_wheel(wheel: Path, checkout: Path) -> None:
    share = f"frontdesk_hub-{VERSION}.data/data/share/frontdesk-hub/config/"
    files = {str(path.relative_to(checkout / "config")) for path in (checkout / "config").rglob("*") if path.is_file()}
    assert {share + name for name in files} <= inside(wheel)


def test_the_built_pages_travel_in_wheel_and_sdist(wheel: Path, sdist: Path) -> None:
    if not (ROOT / "plugins" / PAGES[0]).is_file():
        pytest.skip("the pages of this checkout are not built; installing the package builds them")
    assert set(PAGES) <= inside(wheel)
    assert {f"{page}.br" for page in PAGES} <= inside(wheel)
    with tarfile.open(sdist) as archive:
        assert {f"frontdesk_hub-{VERSION}/plugins/{page}" for page in PAGES} <= set(archive.getnames())


def test_a_wheel_from_the_sdist_is_the_same_and_builds_no_pages(
    wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.glob("frontdesk_hub-*")
    again, said = build(unpacked, "wheel", tmp_path / "dist")
    assert "already built, this is a source distribution" in said
    assert inside(again) == inside(wheel)


def test_the_wheel_runs_away_from_its_checkout(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    demo = tmp_path / f"frontdesk_hub-{VERSION}.data" / "data" / "share" / "frontdesk-hub" / "config" / "demo.yaml"
    done = subprocess.run(
        [sys.executable, "-c", "import hub_cli, sys; print(hub_cli.__file__); sys.exit(hub_cli.main())",
         "check", str(demo), "--locale", "en"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.stdout.startswith(str(tmp_path)), done.stderr
    assert "instances: demo, media, web, faq, desk, ops" in done.stdout, done.stderr
