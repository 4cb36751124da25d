from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from reports import html
from reports.page import prose, view
from scanner.model import (
    AtUrl,
    CheckRun,
    Exchange,
    Finding,
    InFile,
    Outcome,
    Report,
    Rule,
    Severity,
)
from scanner.proof import Proof, Request, Status

FROM_PROSE = {"ol", "ul", "li", "pre", "code", "em", "strong", "blockquote", "hr", "br", "a"}
FROM_PROSE |= {"h3", "h4", "h5", "h6"}
FREE = {"id", "value", "data-room", "data-target", "data-severity", "aria-label", "href", "start"}
"""Attributes whose values differ from report to report."""


def shape(tree: LexborHTMLParser) -> set[tuple[str, str, str | None]]:
    """Every element with each of its attributes, and the value where it is always ours."""
    return {
        (node.tag, name, None if name in FREE or node.tag in {"rect", "svg", "meta"} else value)
        for node in tree.css("*")
        for name, value in {"": "", **node.attributes}.items()
    }


def test_what_was_not_checked_stands_above_what_was_found(sample_report: Report) -> None:
    text = html.render(sample_report)

    assert text.index('id="gaps"') < text.index('id="findings"')
    tree = LexborHTMLParser(text)
    gap = tree.css_first("#gaps .gap")
    assert gap
    assert "2 of 9 packages had no answer" in gap.text()
    assert "pin acme-core" in gap.text()


def test_each_finding_has_place_message_evidence_and_curl_line(sample_report: Report) -> None:
    tree = LexborHTMLParser(html.render(sample_report))
    found = tree.css("details.finding")

    assert len(found) == len(sample_report.findings)
    sql = found[0].text()
    assert "http://shop.example/search?q=1" in sql
    assert "two answers differ" in sql
    assert "HTTP/1.1 500 Internal Server Error" in sql
    assert sample_report.findings[0].curl in sql
    assert sample_report.findings[0].fingerprint in sql
    assert "q (query)" in sql


def test_the_docs_of_a_rule_appear_once(changed: Callable[..., Report]) -> None:
    rule = Rule("code/x", "x", Severity.LOW, help="## Why it matters\n\nBecause of *unique* words.")
    found = tuple(Finding(rule, "y", InFile("a.py", n)) for n in range(1, 5))
    run = CheckRun("code/x", "x", "source", False, Outcome.FAILED, found)
    tree = LexborHTMLParser(html.render(changed(runs=(run,))))

    assert len(tree.css("details.finding")) == 4
    assert [node.text() for node in tree.css(".prose em")] == ["unique"]


def test_every_outcome_and_everything_left_out_is_listed(sample_report: Report) -> None:
    tree = LexborHTMLParser(html.render(sample_report))
    text = tree.body.text() if tree.body else ""

    assert len(tree.css("table.checks tbody tr")) == len(sample_report.runs)
    for told in (
        "there is no Dockerfile",
        "14 parameters tried, 2 not",
        "the profile pr sends nothing active",
        "being retired, SEC-142",
        "Ann, CTO (SEC-9), until 2027-01-31",
        "the plug-in acme could not be imported",
    ):
        assert told in text


def test_a_room_with_a_gap_does_not_show_a_bare_zero(sample_report: Report) -> None:
    tree = LexborHTMLParser(html.render(sample_report))
    rooms = {row.css_first("th").text(): row for row in tree.css(".rooms tbody tr")}  # type: ignore[union-attr]

    assert "access incomplete" in rooms
    assert "container not applicable" in rooms


def test_the_policy_names_exactly_our_style_and_script(sample_report: Report) -> None:
    tree = LexborHTMLParser(html.render(sample_report))
    policy = tree.css_first("meta[http-equiv]")
    assert policy

    for tag, source in (("style", "style-src"), ("script", "script-src")):
        (node,) = tree.css(tag)
        digest = base64.b64encode(hashlib.sha256(node.text().encode()).digest()).decode()
        assert f"{source} 'sha256-{digest}'" in (policy.attributes["content"] or "")
    assert (policy.attributes["content"] or "").startswith("default-src 'none'")


def test_nothing_is_fetched_from_anywhere(sample_report: Report) -> None:
    tree = LexborHTMLParser(html.render(sample_report))

    assert not tree.css("[src], iframe, object, embed, base, form[action]")
    assert [node.attributes["href"] for node in tree.css("link")] == ["data:,"]
    for node in tree.css("a[href]"):
        assert re.match(r"#|https://", node.attributes["href"] or "")


def test_texts_from_outside_stay_texts(nasty: Report, sample_report: Report) -> None:
    text = html.render(nasty)
    tree = LexborHTMLParser(text)

    with_all = html.render(replace(sample_report, partial=("x",)))
    with_none = html.render(replace(sample_report, runs=()))
    known = shape(LexborHTMLParser(with_all)) | shape(LexborHTMLParser(with_none))
    assert shape(tree) <= known | {(tag, "", "") for tag in FROM_PROSE}
    hidden = {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert hidden <= {"\n", "\t"}
    assert len(tree.css("details.finding")) == len(nasty.findings)
    assert len(tree.css("table.checks tbody tr")) == len(nasty.runs)
    text.encode()


@settings(deadline=None, max_examples=25)
@given(st.text(st.characters(exclude_categories=())))
def test_no_text_becomes_an_element(nasty_with: Callable[[str], Report], text: str) -> None:
    known = shape(LexborHTMLParser(html.render(nasty_with("harmless"))))
    tree = LexborHTMLParser(html.render(nasty_with(text)))

    foreign = {node for node in shape(tree) - known if node[0] not in FROM_PROSE}
    assert not {node for node in foreign if node[1] != "class" and node[0] not in {"figure"}}


def test_evidence_beyond_the_budget_is_left_out_and_that_is_said(
    changed: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "EVIDENCE_BUDGET", 1_000)
    rule = Rule("code/x", "x", Severity.LOW)
    seen = (Exchange("q" * 300, "r" * 300),)
    found = tuple(Finding(rule, "y", InFile("a.py", n), evidence=seen) for n in range(1, 4))
    run = CheckRun("code/x", "x", "source", False, Outcome.FAILED, found)
    told = [
        "evidence was left out" in node.text()
        for node in LexborHTMLParser(html.render(changed(runs=(run,)))).css("details.finding")
    ]

    assert told == [False, True, True]


def proved_by(steps: int, **more: Any) -> CheckRun:
    """A run with one finding whose proof asks so many times."""
    proof = Proof((Request("GET", "/"),) * steps, (Status((200,)),), **more)
    seen = tuple(
        Exchange(f"GET /{n} HTTP/1.1", "HTTP/1.1 200 OK", 200) for n in range(1, steps + 1)
    )
    where = AtUrl("shop", "GET", "http://shop.example/", route="/")
    rule = Rule("injection/x", "x", Severity.LOW)
    found = Finding(rule, "y", where, proof=proof, evidence=seen)
    return CheckRun("injection/x", "x", "shop", True, Outcome.FAILED, (found,))


def test_of_many_exchanges_the_one_that_the_curl_line_repeats_stands_first(
    changed: Callable[..., Report],
) -> None:
    tree = LexborHTMLParser(html.render(changed(runs=(proved_by(9, shows=4),))))

    (shown,) = tree.css(".inside > .talk")
    assert "GET /5 HTTP/1.1" in shown.text()
    assert len(tree.css(".rest .talk")) == 8
    assert "8 more exchanges" in tree.css_first(".rest summary").text()  # type: ignore[union-attr]
    assert "Answer 9 has the status 200." in tree.css_first(".decides").text()  # type: ignore[union-attr]


def test_a_few_exchanges_are_all_shown(changed: Callable[..., Report]) -> None:
    tree = LexborHTMLParser(html.render(changed(runs=(proved_by(3),))))

    assert len(tree.css(".talk")) == 3
    assert not tree.css(".rest")


def test_what_was_asked_only_once_says_why(changed: Callable[..., Report]) -> None:
    run = proved_by(4, once="again it could lock the account")
    tree = LexborHTMLParser(html.render(changed(runs=(run,))))

    assert tree.body
    assert "Not asked a second time: again it could lock the account" in tree.body.text()
    assert not tree.css(".decides")


def test_the_gravest_rules_stand_in_the_summary_and_lead_to_their_findings(
    sample_report: Report,
) -> None:
    tree = LexborHTMLParser(html.render(sample_report))

    links = tree.css(".first a")
    assert [link.text() for link in links][:2] == ["SQL injection", "acme 1.0 lets anyone in"]
    for link in links:
        target = tree.css_first(link.attributes["href"] or "")
        assert target
        assert link.text() in target.text()


def test_findings_beyond_the_limit_are_counted(
    changed: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "MOST_FINDINGS", 2)
    tree = LexborHTMLParser(html.render(changed()))

    assert len(tree.css("details.finding")) == 2
    assert tree.body
    assert "2 findings of lesser severity did not fit" in tree.body.text()


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](http://evil.example)",
        "[x](data:text/html,x)",
        "[x](//evil.example)",
        "[x](JaVaScRiPt&#58;alert(1))",
        "![x](https://evil.example/i.png)<img src=x>",
        "<javascript:alert(1)>",
        "<a href='https://evil.example' onclick=alert(1)>x</a>",
        "[x]: javascript:alert(1)\n\n[x]",
        '[x](https://ok.example "\\" onclick=alert(1)")',
    ],
)
def test_docs_from_outside_link_to_https_only_and_hold_no_html(markdown: str) -> None:
    tree = LexborHTMLParser(str(prose.html(markdown)))

    assert not tree.css("img, script")
    for node in tree.css("a"):
        assert (node.attributes["href"] or "").startswith("https://")
        assert set(node.attributes) <= {"href", "rel", "title"}
        assert node.attributes["rel"] == "noreferrer noopener"


def test_docs_keep_their_shape() -> None:
    told = prose.html("## Why\n\nA *b* **c** `d`.\n\n- e\n\n1. f\n\n```python\ng < h\n```\n")

    assert told == (
        "<h4>Why</h4>\n<p>A <em>b</em> <strong>c</strong> <code>d</code>.</p>\n"
        "<ul>\n<li>e</li>\n</ul>\n<ol>\n<li>f</li>\n</ol>\n"
        '<pre><code class="language-python">g &lt; h\n</code></pre>\n'
    )


def test_an_entity_cannot_bring_a_hidden_character_back() -> None:
    assert prose.html("a&#x202e;b") == "<p>a\\u202eb</p>\n"
