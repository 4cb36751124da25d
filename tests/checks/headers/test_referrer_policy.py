"""`headers/referrer-policy`: pages that tell strangers their whole address."""

from __future__ import annotations

import pytest
from loopback import Answer

from checks.headers.referrer_policy import referrer_policy
from scanner import Outcome


def policy(value: str) -> tuple[str, str]:
    return ("Referrer-Policy", value)


def meta(*values: str) -> str:
    return "".join(f"<meta name='Referrer' content='{value}'>" for value in values)


@pytest.mark.parametrize(
    "values",
    [
        ["unsafe-url"],
        ["Unsafe-URL"],
        ["no-referrer-when-downgrade"],
        ["no-referrer, unsafe-url"],
        ["no-referrer", "unsafe-url"],
        ["unsafe-url, none-such, always"],
        ["unsafe-url", ""],
    ],
)
def test_a_policy_that_tells_the_whole_address_is_found(look, values) -> None:
    run = look(referrer_policy, *map(policy, values))

    (finding,) = run.findings
    assert finding.rule.id == "headers/referrer-policy"
    assert finding.confidence == "confirmed"


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["no-referrer"],
        ["origin-when-cross-origin"],
        ["strict-origin-when-cross-origin"],
        ["unsafe-url, no-referrer"],
        ["unsafe-url", "same-origin"],
        # names that browsers know in a meta element only
        ["always"],
        ["unsafe_url"],
    ],
)
def test_other_policies_and_none_are_left_alone(look, values) -> None:
    assert look(referrer_policy, *map(policy, values)).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "values", [["unsafe-url"], ["always"], ["no-referrer", "UNSAFE-URL"], ["always", "x"]]
)
def test_a_meta_element_has_the_last_word(look, values) -> None:
    run = look(referrer_policy, policy("no-referrer"), body=meta(*values))

    (finding,) = run.findings
    assert finding.confidence == "confirmed"


@pytest.mark.parametrize("value", ["no-referrer", "default", "never", "origin-when-crossorigin"])
def test_a_meta_element_can_mend_the_header(look, value: str) -> None:
    run = look(referrer_policy, policy("unsafe-url"), body=meta("unsafe-url", value))

    assert run.outcome is Outcome.PASSED


def test_only_pages_are_judged(look) -> None:
    run = look(referrer_policy, policy("unsafe-url"), kind="application/json", body="{}")

    assert run.outcome is Outcome.PASSED


def test_a_site_without_pages_has_nothing_to_look_at(probe) -> None:
    run, _ = probe(referrer_policy, lambda asked: Answer("{}", kind="application/json"))

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_target_that_does_not_answer_is_incomplete(probe) -> None:
    assert probe(referrer_policy, None)[0].outcome is Outcome.INCOMPLETE
