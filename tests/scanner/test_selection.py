"""`--select` and `--ignore` by whole segments, and words that name nothing."""

from __future__ import annotations

import pytest
from scanning import live_check

from scanner.contract import Also
from scanner.model import Severity
from scanner.selection import Selection, UnknownId

HSTS = live_check("headers/hsts", lambda s: iter(()), also=(Also("short", "Short", Severity.LOW),))
CSP = live_check("headers/csp", lambda s: iter(()))
BANDIT = live_check("code/bandit", lambda s: iter(()), emits=("bandit",))
CHECKS = [HSTS, CSP, BANDIT]


def planned(select: str = "", ignore: str = "") -> list[str]:
    selection = Selection.of(select, ignore, CHECKS)
    return [check.id for check in CHECKS if selection.plans(check)]


@pytest.mark.parametrize(
    ("select", "ids"),
    [
        ("", ["headers/hsts", "headers/csp", "code/bandit"]),
        ("headers", ["headers/hsts", "headers/csp"]),
        (" headers/ , ", ["headers/hsts", "headers/csp"]),
        ("headers/csp", ["headers/csp"]),
        ("headers/hsts/short", ["headers/hsts"]),
        ("bandit", ["code/bandit"]),
        ("bandit/B602", ["code/bandit"]),
        ("code,headers/csp", ["headers/csp", "code/bandit"]),
    ],
)
def test_select_plans_what_it_names(select: str, ids: list[str]) -> None:
    assert planned(select) == ids


@pytest.mark.parametrize(
    ("ignore", "ids"),
    [
        ("headers", ["code/bandit"]),
        ("headers/csp", ["headers/hsts", "code/bandit"]),
        ("headers/hsts/short", ["headers/hsts", "headers/csp", "code/bandit"]),
        ("bandit/B602", ["headers/hsts", "headers/csp", "code/bandit"]),
    ],
)
def test_ignore_plans_the_rest(ignore: str, ids: list[str]) -> None:
    assert planned(ignore=ignore) == ids


def test_ignore_outranks_select() -> None:
    assert planned("headers", "headers/csp") == ["headers/hsts"]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("header", "did you mean headers?"),
        ("headers/cps", "did you mean headers/csp?"),
        ("headers/cs", "did you mean headers/csp?"),
        ("Headers", "did you mean headers?"),
        ("hsts", "see `wallwalk checks`"),
        ("zzz", "see `wallwalk checks`"),
        ("headers/hsts/shorter", "did you mean headers/hsts/short?"),
        ("bandits/B602", "no check or rule"),
    ],
)
def test_a_word_that_names_nothing_is_refused_with_the_nearest(word: str, hint: str) -> None:
    for select, ignore in ((word, ""), ("", word), (f"headers,{word}", "")):
        with pytest.raises(UnknownId) as told:
            Selection.of(select, ignore, CHECKS)

        assert repr(word) in str(told.value)
        assert hint in str(told.value)
