"""Whatever a targets file holds, it loads or is refused in plain lines."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.targets import BadTargets
from scanner.targets.load import parse

EXAMPLE = (Path(__file__).parents[3] / "targets.example.yaml").read_text()
LINES = EXAMPLE.splitlines()
WORDS = sorted({word for line in LINES for word in line.replace(":", " ").split()})

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["${WALLWALK_A}", "${HOME}", "${", "/a", "GET /a", "http://a", "2027-01-01"]),
)
keys = st.one_of(st.sampled_from(WORDS), st.text(max_size=8))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def survives(data: bytes) -> None:
    complaints: tuple[str, ...] | None = None
    try:
        parse(data, Path("targets.yaml"), env={"WALLWALK_A": "a"})
    except BadTargets as error:
        complaints = error.complaints

    assert complaints is None or complaints
    for line in complaints or ():
        assert line.startswith("targets.yaml:")
        assert {unicodedata.category(c) for c in line}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_load_or_are_refused(data: bytes) -> None:
    survives(data)


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_loads_or_is_refused(text: str) -> None:
    survives(b"version: 1\n" + text.encode("utf-8", "surrogatepass"))


@given(st.dictionaries(keys, values, max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_target_loads_or_is_refused(target: dict[str, object]) -> None:
    document = {"version": 1, "targets": [{"name": "a", "url": "http://127.0.0.1"} | target]}

    survives(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"))


@given(st.integers(0, len(LINES) - 1), st.sampled_from(WORDS), values)
@settings(max_examples=200, deadline=None)
def test_the_example_with_one_wrong_line_loads_or_is_refused(
    at: int, word: str, value: object
) -> None:
    written = yaml.safe_dump(value, default_flow_style=True).strip().removesuffix("...")
    line = LINES[at].partition(":")[0] + ": " + written + " #" + word
    changed = [*LINES[:at], line, *LINES[at + 1 :]]

    survives("\n".join(changed).encode("utf-8", "surrogatepass"))
