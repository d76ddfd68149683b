"""When the pages are built, and when not."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path, hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose pages were built after their sources were written."""
    monkeypatch.delenv("FRONTDESK_SKIP_PAGES", raising=False)
    for name in ("package.json", "desk/src/main.ts"):
        file = tmp_path / "frontend" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1")
        os.utime(file, (1000, 1000))
    for page in (*hook.expected_pages(tmp_path), hook.stamp(tmp_path)):
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("1")
        os.utime(page, (2000, 2000))
    return tmp_path


def test_pages_that_are_newer_than_their_sources_stay(hook: ModuleType, project: Path) -> None:
    assert hook.why_not(project) == "up to date"


def test_a_changed_source_builds_them_again(hook: ModuleType, project: Path) -> None:
    os.utime(project / "frontend/desk/src/main.ts", (3000, 3000))
    assert hook.why_not(project) == ""


def test_what_npm_installed_is_no_source(hook: ModuleType, project: Path) -> None:
    (project / "frontend/node_modules/vue.js").write_text("1")
    assert hook.why_not(project) == "up to date"


@pytest.mark.parametrize("number", range(2))
def test_a_missing_page_builds_them_again(hook: ModuleType, project: Path, number: int) -> None:
    hook.expected_pages(project)[number].unlink()
    assert hook.why_not(project) == ""


def test_an_interrupted_build_is_done_again(hook: ModuleType, project: Path) -> None:
    hook.stamp(project).unlink()
    assert hook.why_not(project) == ""


def test_reasons_to_leave_them(hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.stamp(project).unlink()
    (project / "PKG-INFO").write_text("")
    assert "source distribution" in hook.why_not(project)
    monkeypatch.setenv("FRONTDESK_SKIP_PAGES", "1")
    assert hook.why_not(project) == "skipped (FRONTDESK_SKIP_PAGES=1)"


def test_progress_goes_where_somebody_waits_for_it(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FRONTDESK_PROGRESS", str(tmp_path / "progress"))
    hook.say("one")
    hook.say("two")
    assert (tmp_path / "progress").read_text() == "  one\n  two\n"
    monkeypatch.setenv("FRONTDESK_PROGRESS", str(tmp_path / "no" / "where"))
    hook.say("three")
    assert capsys.readouterr().err == "one\ntwo\nthree\n"


def test_a_step_that_fails_shows_what_it_said(
    hook: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-c", "print('no such page'); raise SystemExit(3)", "build"]
    with pytest.raises(RuntimeError, match="exit code 3"):
        hook.run(command, tmp_path, dict(os.environ))
    assert "no such page" in capsys.readouterr().err


def test_the_pages_the_hook_expects_are_the_ones_that_are_built(hook: ModuleType) -> None:
    settings = [(ROOT / "frontend" / name / "vite.config.ts").read_text(encoding="utf-8") for name in ("desk", "widget")]
    for page, text in zip(hook.expected_pages(ROOT), settings, strict=True):
        assert f"outDir: here('../../{page.parent.relative_to(ROOT)}')" in text
