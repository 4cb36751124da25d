from __future__ import annotations

import pytest

from reports.page.deciding import deciding
from scanner.proof import (
    Accepted,
    Apart,
    BadCertificate,
    BodyContains,
    BodyLacks,
    BodyMatches,
    Expectation,
    HasElement,
    HeaderAbsent,
    HeaderMatches,
    Like,
    Proof,
    Refused,
    Request,
    RunsScript,
    Shows,
    Status,
    Unlike,
)


def said(expect: Expectation, steps: int = 3) -> str:
    (sentence,) = deciding(Proof((Request("GET", "/"),) * steps, (expect,)))
    return sentence


@pytest.mark.parametrize(
    ("expect", "sentence"),
    [
        (Status((200, 206)), "Answer 3 has the status 200 or 206."),
        (Status((200,), 0), "Answer 1 has the status 200."),
        (HeaderAbsent("x-a", 1), "Answer 2 has no header x-a."),
        (HeaderMatches("x-a", "^b$"), "Answer 3 has a header x-a that matches ^b$."),
        (BodyContains("{nonce}"), "Answer 3 contains {nonce}."),
        (BodyLacks("x"), "Answer 3 does not contain x."),
        (BodyMatches("x" * 51), "Answer 3 has a body as was looked for."),
        (BodyMatches(rf"\A(?!\A{'x' * 51})"), "Answer 3 has a body unlike what was looked for."),
        (BodyMatches(rf"\A(?!y){'x' * 51}"), "Answer 3 has a body as was looked for."),
        (BodyMatches("^x$"), "Answer 3 has a body that matches ^x$."),
        (HasElement("a[b]"), "Answer 3 has an element a[b]."),
        (HasElement("script", "ww()"), "Answer 3 has an element script with ww() in it."),
        (RunsScript("ww(1)"), "Answer 3 makes a browser run ww(1)."),
        (Like((0, 1)), "Answer 3 is like answers 1 and 2."),
        (Unlike((0,)), "Answer 3 is unlike answer 1."),
        (Shows((0,), (1,)), "Answer 3 shows what is in answer 1 and not in answer 2."),
        (Shows((0,), ()), "Answer 3 shows what is in answer 1."),
        (
            Apart((0, 2), (1,)),
            "Answers 1 and 3 have something in common that answer 2 does not have.",
        ),
        (Accepted(), "Answer 3 accepts the hello."),
        (Refused(), "Answer 3 refuses the hello."),
        (BadCertificate("wrong-name"), "Answer 3 has a certificate with the fault wrong-name."),
    ],
)
def test_every_expectation_has_its_sentence(expect: Expectation, sentence: str) -> None:
    assert said(expect) == sentence


def test_a_lone_answer_needs_no_number() -> None:
    assert said(HeaderAbsent("x-a"), steps=1) == "The answer has no header x-a."
