from pathlib import Path

import pytest

from scanner import browser


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any browser: an empty PATH and home."""
    for name in ("WALLWALK_CHROMIUM", "PLAYWRIGHT_BROWSERS_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(browser.sys, "platform", "linux")
    return tmp_path


def program(path: Path, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return path


def test_without_a_browser_there_is_none(bare: Path) -> None:
    assert browser.find_chromium() is None


def test_the_named_one_comes_before_that_on_the_path(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare / "bin" / "chromium")
    named = program(bare / "mine")
    monkeypatch.setenv("WALLWALK_CHROMIUM", str(named))

    assert browser.find_chromium() == named


def test_a_named_one_that_is_not_there_is_not_replaced(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare / "bin" / "chromium")
    monkeypatch.setenv("WALLWALK_CHROMIUM", str(bare / "gone"))

    assert browser.find_chromium() is None


def test_chromium_comes_before_chrome_and_chrome_before_playwrights(bare: Path) -> None:
    own = program(bare / ".cache/ms-playwright/chromium-1187/chrome-linux/chrome")
    assert browser.find_chromium() == own
    chrome = program(bare / "bin" / "google-chrome")
    assert browser.find_chromium() == chrome
    chromium = program(bare / "bin" / "chromium")

    assert browser.find_chromium() == chromium


def test_the_newest_of_playwrights_that_can_run_is_taken(bare: Path) -> None:
    folder = bare / ".cache/ms-playwright"
    program(folder / "chromium-999/chrome-linux/chrome")
    newest = program(folder / "chromium-1187/chrome-linux64/chrome")
    program(folder / "chromium-1200/chrome-linux64/chrome", mode=0o644)
    program(folder / "chromium-tip/chrome-linux64/chrome")

    assert browser.find_chromium() == newest


def test_playwrights_folder_can_be_elsewhere(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = program(bare / "browsers/chromium-1/chrome-linux/chrome")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(bare / "browsers"))

    assert browser.find_chromium() == own


def test_the_sandbox_is_only_off_for_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    assert "--no-sandbox" not in browser.chromium_flags()
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)

    assert "--no-sandbox" in browser.chromium_flags()
