"""`headers/csp`: pages without a policy, and policies that an injected script gets past."""

from __future__ import annotations

import secrets

import pytest
from loopback import Answer, Asked

from checks.headers.csp import csp
from scanner import Outcome

SOUND = "script-src 'self'; object-src 'none'"


def rules(run) -> list[str]:
    return sorted(finding.rule.id for finding in run.findings)


def policy(text: str) -> tuple[str, str]:
    return ("Content-Security-Policy", text)


def meta(text: str) -> str:
    return f'<head><meta http-equiv="Content-Security-Policy" content="{text}"></head>'


def test_a_page_without_a_policy_is_found(look) -> None:
    run = look(csp)

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert finding.rule.id == "headers/csp"
    assert finding.message == "This page sets no Content-Security-Policy."
    assert finding.confidence == "confirmed"


def test_a_sound_policy_passes(look) -> None:
    run = look(csp, policy(SOUND))

    assert (run.outcome, run.findings, run.notes) == (Outcome.PASSED, (), ())


def test_report_only_does_not_count_as_a_policy(look) -> None:
    run = look(csp, ("Content-Security-Policy-Report-Only", SOUND))

    (finding,) = run.findings
    assert "report-only" in finding.message


@pytest.mark.parametrize("empty", ["", " ; , ;", ","])
def test_an_empty_policy_is_none(look, empty: str) -> None:
    run = look(csp, policy(empty))

    (finding,) = run.findings
    assert finding.rule.id == "headers/csp"
    assert "empty" in finding.message


def test_a_page_that_talks_of_policies_has_none(look) -> None:
    text = "<p>Use &lt;meta http-equiv='Content-Security-Policy'&gt;.</p><!--" + meta(SOUND) + "-->"

    assert rules(look(csp, body=text)) == ["headers/csp"]


def test_a_policy_in_a_meta_element_counts(look) -> None:
    assert look(csp, body=meta(SOUND)).outcome is Outcome.PASSED


def test_a_meta_element_outside_of_the_head_is_ignored(look) -> None:
    run = look(csp, body=f"<body><p>Hello</p>{meta(SOUND)}</body>")

    assert rules(run) == ["headers/csp"]


def test_an_empty_meta_element_is_no_policy(look) -> None:
    assert rules(look(csp, body=meta(""))) == ["headers/csp"]


def test_an_error_page_needs_a_policy_too(look) -> None:
    run = look(csp, status=404, body="<h1>No such page</h1>")

    (finding,) = run.findings
    assert finding.where.kind == "error"


@pytest.mark.parametrize(
    ("answer", "headers"),
    [
        ({"kind": "application/json", "body": "{}"}, ()),
        ({"kind": "text/plain", "body": "<h1>text</h1>"}, ()),
        ({"kind": "text/css"}, ()),
        ({"status": 302}, (("Location", "/"),)),
        ({"body": ""}, ()),
        ({"kind": ""}, (("X-Content-Type-Options", "nosniff"),)),
        ({}, (("Content-Disposition", "attachment; filename=a.html"),)),
    ],
)
def test_what_browsers_do_not_show_as_a_page_needs_none(look, answer, headers) -> None:
    assert look(csp, *headers, **answer).outcome is Outcome.PASSED


def test_a_page_without_a_type_is_one_all_the_same(look) -> None:
    assert rules(look(csp, kind="")) == ["headers/csp"]


def test_pages_of_one_folder_are_one_finding_that_lists_them(probe) -> None:
    links = "".join(f"<a href='/news/{n}'>{n}</a>" for n in range(4))

    run, _ = probe(
        csp,
        lambda asked: Answer(links) if asked.path.startswith("/news") else None,
        roots=["/news/"],
        discover={"crawl": True},
    )

    (finding,) = [f for f in run.findings if f.where.route.startswith("/news")]
    assert len(finding.places) == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("script-src 'self' 'unsafe-inline'; object-src 'none'", "unsafe-inline"),
        ("default-src 'self' 'unsafe-inline'", "unsafe-inline"),
        ("SCRIPT-SRC 'self' 'UNSAFE-INLINE'; Object-Src 'none'", "unsafe-inline"),
        ("script-src 'self'; script-src-attr 'unsafe-inline'; object-src 'none'", "unsafe-inline"),
        ("script-src 'self'; script-src-elem 'unsafe-inline'; object-src 'none'", "unsafe-inline"),
        ("script-src-elem 'self'; object-src 'none'", "unsafe-inline"),
        ("script-src 'self' 'unsafe-inline' 'nonce-'; object-src 'none'", "unsafe-inline"),
        ("script-src 'self' 'unsafe-inline' nonce-abc123; object-src 'none'", "unsafe-inline"),
        # of two directives with one name the first counts
        ("script-src 'unsafe-inline'; script-src 'self'; object-src 'none'", "unsafe-inline"),
        ("script-src *; object-src 'none'", "any-source"),
        ("script-src https:; object-src 'none'", "any-source"),
        ("script-src http: ; object-src 'none'", "any-source"),
        ("script-src https://*; object-src 'none'", "any-source"),
        ("script-src *:443; object-src 'none'", "any-source"),
        ("script-src 'self' data:; object-src 'none'", "any-source"),
        ("script-src 'self' DATA:; object-src 'none'", "any-source"),
        ("default-src https:", "any-source"),
        ("script-src 'nonce-{nonce}' https:; base-uri 'none'; object-src 'none'", "any-source"),
        ("script-src 'self' 'unsafe-eval'; object-src 'none'", "unsafe-eval"),
        ("default-src 'self' 'unsafe-eval'", "unsafe-eval"),
        ("frame-ancestors 'self'", "scripts-unrestricted"),
        ("upgrade-insecure-requests", "scripts-unrestricted"),
        ("img-src 'self'; sandbox allow-scripts", "scripts-unrestricted"),
        ("script-scr 'self'; object-src 'none'", "scripts-unrestricted"),
        # a directive with other than ASCII in it does not count
        ("script-src 'self' \xfc; object-src 'none'", "scripts-unrestricted"),
        ("script-src 'self'", "object-src"),
        ("script-src 'self'; default-src *", "object-src"),
        ("script-src 'nonce-{nonce}'; object-src 'none'", "base-uri"),
        ("script-src 'nonce-{nonce}' 'strict-dynamic'; object-src 'none'; base-uri *", "base-uri"),
    ],
)
def test_a_policy_that_a_script_gets_past_is_found(probe, text: str, expected: str) -> None:
    run, _ = probe(csp, with_fresh_nonces(text))

    assert rules(run) == [f"headers/csp/{expected}"]
    assert run.findings[0].confidence == "confirmed"


@pytest.mark.parametrize(
    "text",
    [
        "script-src 'self' 'unsafe-inline' 'nonce-{nonce}'; object-src 'none'; base-uri 'none'",
        "script-src 'unsafe-inline' 'sha256-abcdefghijklmnopqrstuvwxyz0123456789+/abcde='; object-src 'none'",
        "script-src 'nonce-{nonce}' 'strict-dynamic' 'unsafe-inline' https: *; object-src 'none'; base-uri 'none'",
        "script-src 'self'; style-src * 'unsafe-inline'; img-src * data:; object-src 'none'",
        "default-src 'none'",
        "script-src 'strict-dynamic' 'unsafe-inline'; object-src 'none'; base-uri 'none'",
        "default-src 'self'; script-src https://cdn.example *.shop.example; object-src 'none'",
        # a keyword without its quotes is a host that nobody has
        "script-src 'self' unsafe-inline unsafe-eval; object-src 'none'",
        "script-src 'self'; script-src 'unsafe-inline'; object-src 'none'",
        "default-src * 'unsafe-inline'; script-src 'self'; object-src 'none'",
        "default-src * 'unsafe-inline' 'unsafe-eval'; sandbox allow-forms",
        "script-src 'self' 'unsafe-eval'; require-trusted-types-for 'script'; object-src 'none'",
        "  ;; SCRIPT-SRC\t'SELF' ;object-src 'none';;",
    ],
)
def test_a_policy_that_holds_is_left_alone(probe, text: str) -> None:
    run, _ = probe(csp, with_fresh_nonces(text))

    assert (run.outcome, rules(run), run.notes) == (Outcome.PASSED, [], ())


def with_fresh_nonces(text: str):
    def app(asked: Asked) -> Answer:
        nonce = secrets.token_urlsafe(16)
        return Answer("<h1>Hello</h1>", 200, [policy(text.replace("{nonce}", nonce))])

    return app


def test_what_is_wrong_twice_is_found_twice(look) -> None:
    run = look(csp, policy("default-src * 'unsafe-inline' 'unsafe-eval'"))

    assert rules(run) == [
        "headers/csp/any-source",
        "headers/csp/unsafe-eval",
        "headers/csp/unsafe-inline",
    ]


@pytest.mark.parametrize(
    "headers",
    [
        [policy("default-src * 'unsafe-inline'"), policy(SOUND)],
        [policy(f"default-src * 'unsafe-inline', {SOUND}")],
        [policy("script-src 'self'"), policy("object-src 'none'")],
    ],
)
def test_several_policies_add_up(look, headers) -> None:
    assert rules(look(csp, *headers)) == []


def test_policies_of_header_and_meta_add_up(look) -> None:
    assert rules(look(csp, policy("default-src * 'unsafe-inline'"), body=meta(SOUND))) == []


@pytest.mark.parametrize(
    "headers",
    [
        [policy("script-src 'unsafe-inline'"), policy("frame-ancestors 'none'; object-src 'none'")],
        [policy("frame-ancestors 'none', default-src 'unsafe-inline'")],
    ],
)
def test_what_each_policy_allows_is_allowed(look, headers) -> None:
    assert rules(look(csp, *headers)) == ["headers/csp/unsafe-inline"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("script-src 'unsafe-inline'; object-src 'none'", "unsafe-inline"),
        ("default-src https:", "any-source"),
        ("default-src 'unsafe-inline'; script-src-attr 'none'", "unsafe-inline"),
        ("img-src 'self'", "scripts-unrestricted"),
        ("script-src 'self'", "object-src"),
        # a meta element can't sandbox
        ("sandbox; img-src 'self'", "scripts-unrestricted"),
        ("script-src 'unsafe-inline', frame-ancestors 'none'; object-src 'none'", "unsafe-inline"),
    ],
)
def test_a_weak_policy_in_a_meta_element_is_found(look, text: str, expected: str) -> None:
    run = look(csp, body=meta(text))

    assert rules(run) == [f"headers/csp/{expected}"]


FIXED = "script-src 'nonce-{}'; object-src 'none'; base-uri 'none'"


def test_a_nonce_that_does_not_change_is_found(look) -> None:
    run = look(csp, policy(FIXED.format("c29tZSByYW5kb20=")))

    (finding,) = run.findings
    assert finding.rule.id == "headers/csp/reused-nonce"
    assert len(finding.evidence) == 2


def test_a_nonce_that_does_not_change_in_a_meta_element_is_found(look) -> None:
    run = look(csp, body=meta(FIXED.format("c29tZSByYW5kb20=")))

    assert rules(run) == ["headers/csp/reused-nonce"]


def test_a_nonce_that_two_pages_share_is_found(probe) -> None:
    """Every page has a nonce of its own, but for two that are files on the disk."""

    def app(asked: Asked) -> Answer:
        nonce = "Zml4ZWQgbm9uY2U" if asked.path in ("/b", "/c") else secrets.token_urlsafe(16)
        links = "<a href='/a'>A</a><a href='/b'>B</a><a href='/c'>C</a>"
        return Answer(links, 200, [policy(FIXED.format(nonce))])

    run, _ = probe(csp, app)

    assert rules(run) == ["headers/csp/reused-nonce"]


def test_nonces_of_styles_are_not_compared(look) -> None:
    assert rules(look(csp, policy(f"{SOUND}; style-src 'nonce-Zml4ZWQgbm9uY2U'"))) == []


def test_a_policy_that_is_there_when_asked_again_is_no_finding(probe) -> None:
    answered: list[str] = []

    def app(asked: Asked) -> Answer:
        again = asked.path in answered
        answered.append(asked.path)
        return Answer("<h1>Hello</h1>", 200, [policy(SOUND)] if again or asked.path != "/" else [])

    run, _ = probe(csp, app, roots=["/"])

    assert run.findings == ()


def test_a_site_without_pages_has_nothing_to_look_at(probe) -> None:
    run, _ = probe(csp, lambda asked: Answer("{}", kind="application/json"))

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_target_that_does_not_answer_is_incomplete(probe) -> None:
    run, _ = probe(csp, None)

    assert run.outcome is Outcome.INCOMPLETE
    assert run.reason
