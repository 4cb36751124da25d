"""Makes the README's picture: `python docs/screenshot.py REPORT.html PICTURE.png`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from scanner.browser import chromium_flags, find_chromium

WIDTH, HEIGHT = 1280, 1500
LARGEST = 300_000
"""Bytes. Everybody who opens the repository loads it."""


def main(report: Path, picture: Path) -> None:
    """Photographs the top of `report`, its first finding opened."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("there is no Chromium; `wallwalk doctor` says how to install one")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=chromium_flags())
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(report.resolve(strict=True).as_uri())
        page.locator(".finding > summary").first.click()
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        page.screenshot(path=picture, animations="disabled")
        browser.close()
    if (size := picture.stat().st_size) > LARGEST:
        sys.exit(f"{picture} has {size} bytes, over {LARGEST}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
