"""Secrets never leave: a canary in every writing, in every field of a report."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest

from scanner.masking import MASK, Masker, header_lines, header_value
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
    TargetFacts,
)
from scanner.proof import Forged, Proof, Request, Status

CANARY = "c4n/ry'\"&<x>+é ~" + "z9"

WRITINGS = {
    "raw": CANARY,
    "url": quote(CANARY, safe=""),
    "url, slashes kept": quote(CANARY),
    "url, lower case": re.sub("%..", lambda hex: hex[0].lower(), quote(CANARY, safe="")),
    "form": quote_plus(CANARY),
    "url twice": quote(quote(CANARY, safe=""), safe=""),
    "json": json.dumps(CANARY),
    "json, unescaped": json.dumps(CANARY, ensure_ascii=False),
    "json of PHP": json.dumps(CANARY).replace("/", "\\/"),
    "html": html.escape(CANARY),
    "html, numbers": html.escape(CANARY).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    "html text": html.escape(CANARY, quote=False),
    "base64": base64.b64encode(CANARY.encode()).decode(),
    "base64 for urls": base64.urlsafe_b64encode(CANARY.encode()).decode().rstrip("="),
}


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("around", ["{}", "x{}y", '{{"p": "{}"}}', "/a/{}?b=1", "a\n{}\nb"])
def test_a_secret_is_masked_however_it_is_written(writing: str, around: str) -> None:
    text = around.format(WRITINGS[writing])

    masked = Masker([CANARY]).text(text)

    assert MASK in masked
    assert "z9" not in masked
    assert "c4n" not in masked


@pytest.mark.parametrize("before", ["", "u", "us", "use", "alice:"])
def test_a_secret_inside_longer_base64_is_masked(before: str) -> None:
    secret = "correct-horse-battery"
    coded = base64.b64encode(f"{before}{secret}!!".encode()).decode()

    masked = Masker([secret]).text(coded)

    assert MASK in masked
    for start in range(len(before), len(before) + 4):
        assert coded[start + 6 : start + 16] not in masked


@pytest.mark.parametrize(
    "text",
    ["pin=1234&x", '{"pin": "1234"}', '{"pin": 1234}', "X-Pin: 1234\r\n", "?a=1234 HTTP", "1234"],
)
def test_a_short_secret_is_masked_where_it_is_a_whole_field(text: str) -> None:
    assert "1234" not in Masker(["1234"]).text(text)


@pytest.mark.parametrize(
    "text", ["order 1234 is late", "12345", "/items/1234", "x1234", "1234 bytes", "a-1234-b"]
)
def test_a_short_secret_spares_the_words_around_it(text: str) -> None:
    assert Masker(["1234"]).text(text) == text


def test_tokens_and_passwords_in_addresses_are_masked_without_being_known() -> None:
    token = ".".join(("ey" + "JhbGciOiJIUzI1NiJ9", "ey" + "JzdWIiOiIxIn0", "c2lnbmF0dXJl"))

    addresses = f"http://ann:pass@host/x https://{'k7' * 10}@git.example/x ssh://git@host/x"
    masked = Masker().text(f"got {token} from {addresses}")

    assert masked == (
        f"got {MASK} from http://{MASK}@host/x https://{MASK}@git.example/x ssh://git@host/x"
    )


def test_secrets_learned_later_count() -> None:
    masker = Masker(["first-secret"])
    masker.add(["second-secret", "", "first-secret"])

    assert masker.text("first-secret second-secret") == f"{MASK} {MASK}"


def test_a_longer_secret_is_masked_before_a_shorter_one_in_it() -> None:
    assert Masker(["secret", "secret-and-more"]).text("secret-and-more") == MASK


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer abc", f"Bearer {MASK}"),
        ("authorization", "abc", MASK),
        ("Cookie", "a=1; b=2=3; bare", f"a={MASK}; b={MASK}; {MASK}"),
        ("Set-Cookie", "sid=abc; Path=/; HttpOnly", f"sid={MASK}; Path=/; HttpOnly"),
        ("Set-Cookie", "bare; Path=/", f"{MASK}; Path=/"),
        ("X-Api-Key", "abc", MASK),
        ("X-Other", "abc", "abc"),
    ],
)
def test_credential_headers_keep_names_and_flags_only(name: str, value: str, shown: str) -> None:
    assert header_value(name, value) == shown
    assert header_lines(f"A: b\r\n{name}: {value}\r\n") == f"A: b\r\n{name}: {shown}\r\n"


def report(secret: str) -> Report:
    """A report with `secret` in every text that can come from outside."""
    url = AtUrl("app", "GET", f"http://h/{secret}", f"/{secret}", "html", "q", "query", ("alice",))
    rule = Rule("room/check", "A title", Severity.HIGH, help="Help.")
    finding = Finding(
        rule,
        f"message {secret}",
        url,
        also=(InFile("a.py", snippet=f"x = '{secret}'"),),
        proof=Proof((Request("GET", f"/{secret}", (("X", secret),), secret),), (Status((200,)),)),
        evidence=(Exchange(f"GET /{secret}", f"200 {secret}", 200, f"note {secret}"),),
        curl=f"curl {secret}",
        suppressed=f"reason {secret}",
    )
    run = CheckRun(
        "room/check",
        "A title",
        "app",
        True,
        Outcome.FAILED,
        (finding,),
        reason=f"because {secret}",
        mend=f"do {secret}",
        accepted=f"yes {secret}",
        notes=(f"note {secret}",),
    )
    facts = TargetFacts("app", "http://h", "pr", notes=(f"note {secret}",))
    return Report("1", "now", 1.0, (run,), targets=(facts,), rules=(rule,), notes=(secret,))


@pytest.mark.parametrize("secret", ["correct-horse", "é\udcff-surrogate"])
def test_no_text_from_outside_is_forgotten(secret: str) -> None:
    masked = repr(Masker([secret]).everywhere(report(secret)))

    assert repr(secret)[1:-1] not in masked


@pytest.mark.parametrize("secret", ["check", "room/check", "alice", "title", "app", "GET", "Help."])
def test_a_secret_that_is_a_common_word_spoils_no_id_and_no_help(secret: str) -> None:
    before = report("unrelated")
    masker = Masker([secret, f"{secret}-longer", "A title", "room/check"])

    after = masker.everywhere(before)

    run, finding = after.runs[0], after.runs[0].findings[0]
    assert (run.check, run.title, run.subject) == ("room/check", "A title", "app")
    assert finding.rule == before.rules[0]
    assert finding.fingerprint == before.runs[0].findings[0].fingerprint
    assert after.rules == before.rules


def test_a_proof_still_names_its_identity() -> None:
    step = Request("GET", "/", identity="alice")
    proof = Proof((step,), (Status((200,)),), (Forged("token", "alice", "flipped"),))

    assert Masker(["alice", "token", "GET", "flipped"]).everywhere(proof) == proof


def test_what_holds_no_secret_is_the_same_object() -> None:
    before = report("nothing")

    assert Masker(["correct-horse"]).everywhere(before) is before
    assert replace(before) == before
