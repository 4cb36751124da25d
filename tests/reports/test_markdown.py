from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from reports import markdown
from scanner.model import CheckRun, Finding, InFile, Outcome, Report, Rule, Severity

OURS = {
    *("html", "head", "body", "h2", "h3", "h4", "p", "ul", "li", "code", "br", "blockquote"),
    *("table", "thead", "tbody", "tr", "th", "td", "details", "summary", "strong"),
}


def rendered(text: str) -> LexborHTMLParser:
    """The summary as GitHub reads it: CommonMark with tables, strike-through and HTML."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return LexborHTMLParser(reader.render(text))


def words(tree: LexborHTMLParser) -> str:
    """The text outside code, which is where GitHub looks for mentions and addresses."""
    for node in tree.css("code"):
        node.decompose()
    assert tree.body
    return tree.body.text()


def test_what_was_not_checked_comes_before_what_was_found(sample_report: Report) -> None:
    text = markdown.render(sample_report)

    assert text.index("Not checked: 1") < text.index("Findings: 4")
    assert "2 of 9 packages had no answer" in text
    assert "INCOMPLETE" in text.splitlines()[0]


def test_the_summary_reads_as_it_should(sample_report: Report) -> None:
    tree = rendered(markdown.render(sample_report))
    assert tree.body
    text = tree.body.text()

    assert "GET http://shop.example/search?q=1 [q in query]" in text
    assert "curl -i 'http://shop.example/search?q=%27'" in text
    assert "3 findings at or over high" in text
    assert len(tree.css("details tbody tr")) == len(sample_report.runs)
    assert "being retired, SEC-142" in text
    assert "Ann, CTO (SEC-9), until 2027-01-31" in text


def test_a_curl_line_that_would_not_copy_well_is_left_out(sample_report: Report) -> None:
    found = replace(sample_report.findings[0], curl="curl -d 'a  b' http://shop.example/")
    run = replace(sample_report.runs[3], findings=(found,))

    assert "curl" not in markdown.render(replace(sample_report, runs=(run,)))


def test_it_stays_under_900_kib_and_says_what_it_left_out(changed: Callable[..., Report]) -> None:
    found = tuple(
        Finding(Rule(f"code/r{n}", "x" * 200, Severity.LOW), "y" * 900, InFile(f"a{n}.py"))
        for n in range(3_000)
    )
    run = CheckRun("code/x", "x", "source", False, Outcome.FAILED, found)
    text = markdown.render(changed(runs=(run,)))

    assert 850 * 1024 < len(text.encode()) < 900 * 1024
    assert "Cut here" in text[-200:]


def test_a_rule_with_many_findings_is_shortened(changed: Callable[..., Report]) -> None:
    rule = Rule("code/x", "x", Severity.LOW)
    found = tuple(Finding(rule, "y", InFile("a.py", n)) for n in range(1, 31))
    run = CheckRun("code/x", "x", "source", False, Outcome.FAILED, found)

    assert "and 10 more" in markdown.render(changed(runs=(run,)))


def test_texts_from_outside_stay_texts(nasty: Report) -> None:
    text = markdown.render(nasty)
    tree = rendered(text)

    assert {node.tag for node in tree.css("*")} <= OURS
    attributes = {item for node in tree.css("*") for item in node.attributes.items()}
    assert attributes <= {("style", "text-align:right")}, "that is how the reader aligns columns"
    assert len(tree.css("details tbody tr")) == len(nasty.runs)
    assert all(len(row.css("td")) == 5 for row in tree.css("details tbody tr"))
    assert not [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c != "\n"]
    assert len(text.encode()) < 900 * 1024


@pytest.mark.parametrize(
    "sign",
    [r"@\w", r"#\d", r"\w://", r"www\.", r"\w@\w"],
    ids=["user", "issue", "url", "www", "mail"],
)
def test_github_sees_no_mention_or_address(nasty_with: Callable[[str], Report], sign: str) -> None:
    text = "@octocat #1 org/repo#2 http://evil.example www.evil.example WWW.b.example a@b.example"
    told = words(rendered(markdown.render(nasty_with(text))))

    assert "octocat" in told
    assert not re.search(sign, told, re.IGNORECASE)


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=())))
def test_no_text_becomes_markup(nasty_with: Callable[[str], Report], text: str) -> None:
    tree = rendered(markdown.render(nasty_with(text)))

    assert {node.tag for node in tree.css("*")} <= OURS


@settings(deadline=None, max_examples=100)
@given(st.text("`*_[]()<>#!|~&\\-+=.:@ \n1a", max_size=40))
def test_no_run_of_signs_becomes_markup(nasty_with: Callable[[str], Report], text: str) -> None:
    tree = rendered(markdown.render(nasty_with(text)))

    assert {node.tag for node in tree.css("*")} <= OURS
