"""Proofs as data: written into reports, read from reports that nobody trusts."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.proof import (
    Apart,
    BodyContains,
    Forged,
    HeaderMatches,
    Hello,
    Like,
    Number,
    Product,
    Proof,
    Request,
    Shows,
    Status,
    Take,
    Unlike,
    Word,
    from_data,
    to_data,
)

STEP = Request(
    "GET", "/x?q={word}", (("X-A", "{word}"),), "b", "alice", (Take("t", "body", "(x)"),)
)
WHOLE = Proof(
    (STEP, STEP, Hello("TLSv1.0")),
    (
        Status((200, 302), 0),
        BodyContains("{word}", 1),
        HeaderMatches("x", "y", -2),
        Like((0,), 1),
        Shows((0, 1), (), 1),
        Apart((0,), (1,)),
    ),
    (
        Word("word"),
        Number("a"),
        Number("b"),
        Product("c", "a", "b"),
        Forged("f", "alice", "flipped"),
    ),
    shows=0,
)


def test_a_proof_comes_back_from_a_report_as_it_was() -> None:
    assert from_data(json.loads(json.dumps(to_data(WHOLE)))) == WHOLE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"steps": ()}, "without a step"),
        ({"expect": ()}, "always holds"),
        ({"expect": (Status((200,), 3),)}, "has no step 3"),
        ({"expect": (Status((200,), -4),)}, "has no step -4"),
        ({"expect": (Like((), 0),)}, "Like has nothing to compare with"),
        ({"expect": (Unlike((), 0),)}, "Unlike has nothing to compare with"),
        ({"expect": (Unlike((9,), 0),)}, "has no step 9"),
        ({"expect": (Apart((), (0,)),)}, "Apart has nothing"),
        ({"expect": (Apart((0,), ()),)}, "Apart has nothing"),
        ({"expect": (Apart((0,), (5,)),)}, "has no step 5"),
        ({"expect": (Shows((), (0,)),)}, "Shows has nothing"),
        ({"expect": (Shows((0,), (7,)),)}, "has no step 7"),
        ({"shows": 3}, "has no step 3"),
        ({"holes": (Product("c", "a", "b"),)}, "not of two numbers"),
        ({"holes": (Number("a"), Word("b"), Product("c", "a", "b"))}, "not of two numbers"),
    ],
)
def test_a_proof_that_proves_nothing_cannot_be_made(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        dataclasses.replace(WHOLE, **change)


def test_what_is_shown_once_may_expect_nothing_more() -> None:
    assert Proof((STEP,), (), once="it locks the account").expect == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Word("w", 10**9),
        lambda: Word("w", 0),
        lambda: Number("n", 0),
        lambda: Number("n", 10**6),
    ],
)
def test_holes_are_bounded(make: Any) -> None:
    with pytest.raises(ValueError, match=r"a (word|number) of"):
        make()


def changed(data: Any, path: str, value: Any) -> Any:
    """`data` with what stands at `path` replaced."""
    copy = json.loads(json.dumps(data))
    *folders, last = path.split(".")
    at = copy
    for folder in folders:
        at = at[int(folder) if folder.isdigit() else folder]
    at[int(last) if last.isdigit() else last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kind", "Request"),
        ("kind", "Path"),
        ("kind", None),
        ("steps", "text"),
        ("steps", []),
        ("steps.0", {"kind": "Status", "codes": [1]}),
        ("steps.0.kind", "object"),
        ("steps.0.method", 7),
        ("steps.0.method", None),
        ("steps.0.headers", [["X-A"]]),
        ("steps.0.headers", [["X-A", 7]]),
        ("steps.0.headers", [["X-A", {"kind": "Word", "name": "w"}]]),
        ("steps.0.takes", [{"kind": "Word", "name": "w"}]),
        ("steps.0.conceal", "yes"),
        ("steps.0.unknown", 1),
        ("expect.0.codes", ["200"]),
        ("expect.0.codes", [True]),
        ("expect.0.step", 1.5),
        ("expect.0.step", 99),
        ("holes.0.length", 10**9),
        ("holes.0.length", "long"),
        ("holes.4.how", "by magic"),
        ("holes.4.how", ["flipped"]),
        ("once", []),
    ],
)
def test_a_report_that_says_anything_else_is_refused(path: str, value: Any) -> None:
    data = to_data(WHOLE)

    with pytest.raises(ValueError):  # noqa: PT011  (each says something else)
        from_data(changed(data, path, value))


def test_a_proof_nested_without_end_is_refused() -> None:
    data: Any = []
    for _ in range(5_000):
        data = [data]

    with pytest.raises(ValueError, match="nested"):
        from_data(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["kind", "steps", "expect", "holes", "name", "step", "codes", "target"]
            ),
            inner | st.sampled_from(["Proof", "Request", "Status", "Word", "Like", "Take"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_no_data_breaks_the_reading(data: Any) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(from_data(data), Proof)
