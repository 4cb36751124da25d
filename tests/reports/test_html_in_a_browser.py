from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from reports import html
from scanner.model import Report

Opens = Callable[..., Awaitable[Page]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def opens(browser: Browser, tmp_path: Path, sample_report: Report) -> AsyncIterator[Opens]:
    """Opens a report in Chromium; fails at the end if the console complained of anything or
    anything was fetched."""
    complaints: list[str] = []
    contexts = []

    async def open_page(
        report: Report = sample_report, width: int = 1280, scheme: str = "light"
    ) -> Page:
        file = tmp_path / "report.html"
        file.write_text(html.render(report))
        context = await browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        context.set_default_timeout(10_000)
        context.set_default_navigation_timeout(60_000)
        contexts.append(context)
        page = await context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on(
            "request", lambda one: complaints.append(one.url) if one.url != file.as_uri() else None
        )
        await page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert complaints == []


async def test_a_violation_of_the_policy_would_be_noticed(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "spoilt.html"
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
    file.write_text(f"<!doctype html>{policy}<script>alert(1)</script>")
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(file.as_uri())
    await page.close()

    assert "Content Security Policy" in complaints[0]


async def test_the_style_is_applied(opens: Opens) -> None:
    page = await opens()

    radius = await page.locator(".verdict").evaluate("node => getComputedStyle(node).borderRadius")
    assert radius == "14px"


async def test_the_severity_filter_works(opens: Opens) -> None:
    page = await opens()
    await expect(page.locator(".finding:visible")).to_have_count(4)
    await page.get_by_label("high", exact=True).uncheck()

    await expect(page.locator(".finding:visible")).to_have_count(2)
    await expect(page.locator(".rule:visible")).to_have_count(2)
    await expect(page.locator("#filter-count")).to_have_text("2 of 4")


async def test_room_and_target_filters_work(opens: Opens) -> None:
    page = await opens()
    await page.get_by_label("Room").select_option("headers")
    await expect(page.locator(".finding:visible")).to_have_count(1)
    await page.get_by_label("Subject").select_option("source")

    await expect(page.locator(".finding:visible")).to_have_count(0)
    await expect(page.locator("#none-left")).to_be_visible()


@pytest.mark.parametrize(
    ("words", "left"),
    [("SUBPROCESS", 1), ("shop.example", 2), ("sql syntax", 1), ("cwe-78", 1), ("no such", 0)],
)
async def test_search_looks_at_everything_that_is_said(opens: Opens, words: str, left: int) -> None:
    page = await opens()
    await page.get_by_label("Search findings").fill(words)

    await expect(page.locator(".finding:visible")).to_have_count(left)


async def test_a_finding_opens_by_keyboard(opens: Opens) -> None:
    page = await opens()
    await page.locator(".finding summary").first.focus()
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("See it yourself").first).to_be_visible()


async def test_the_copy_button_copies_the_curl_line(opens: Opens, sample_report: Report) -> None:
    page = await opens()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.locator(".finding summary").first.click()
    await page.locator(".finding").first.get_by_role("button", name="Copy").click()

    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == sample_report.findings[0].curl


async def test_an_address_with_a_findings_name_opens_it(opens: Opens) -> None:
    page = await opens()
    name = await page.locator(".finding").nth(2).get_attribute("id")
    await page.evaluate(f"location.hash = '{name}'")

    await expect(page.locator(f"#{name}[open]")).to_have_count(1)


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
async def test_nothing_scrolls_sideways(opens: Opens, sample_report: Report, width: int) -> None:
    found = replace(sample_report.findings[0], message="w" * 500, about="z" * 300)
    run = replace(sample_report.runs[3], findings=(found,), notes=("n" * 300,))
    page = await opens(replace(sample_report, runs=(*sample_report.runs, run)), width)
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_dark_and_light_differ_and_can_both_be_read(opens: Opens) -> None:
    for scheme in ("light", "dark"):
        page = await opens(scheme=scheme)
        poor = await page.evaluate(CONTRAST)

        assert poor == [], scheme


async def test_print_shows_every_finding_open_and_no_filter(opens: Opens) -> None:
    page = await opens()
    await page.emulate_media(media="print")

    await expect(page.locator(".filter")).to_be_hidden()
    box = await page.locator(".finding .facts").first.bounding_box()
    assert box
    assert box["height"] > 10


async def test_nasty_texts_run_nothing(opens: Opens, nasty_with: Callable[[str], Report]) -> None:
    for text in (
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\" autofocus onfocus=alert(1) x='",
        "<style>@import 'http://127.0.0.1:9/'</style>",
    ):
        page = await opens(nasty_with(text))
        await expect(page.locator(".finding").first).to_be_attached()
        await page.get_by_label("Search findings").fill("alert")


async def test_five_thousand_findings_can_be_filtered(opens: Opens, sample_report: Report) -> None:
    many = tuple(replace(f, about=str(n)) for n in range(2_500) for f in sample_report.findings[:2])
    run = replace(sample_report.runs[3], findings=many)
    page = await opens(replace(sample_report, runs=(run,)))
    await page.locator("input[value=critical]").uncheck()

    await expect(page.locator("#filter-count")).to_have_text("2500 of 5000")


CONTRAST = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => {
      v /= 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = channels(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  document.querySelectorAll("details").forEach((one) => (one.open = true));
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const says = [...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim());
    if (!says || !node.checkVisibility() || node.closest("script, select")) continue;
    const a = light(channels(getComputedStyle(node).color));
    const b = light(behind(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${node.className || node.tagName} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
"""Every text whose contrast is under what WCAG 2.2 (1.4.3, AA) asks."""
