"""What of a script is code, and what a place in it is part of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.site.javascript import code_of, kind_at, pieces


@pytest.mark.parametrize(
    "script",
    [
        "var a = X(1);",
        "var a = ''-X(1)-'';",
        "var a = '\\\\'-X(1)//'",
        "`a${X(1)}b`",
        "`a${`b${X(1)}`}`",
        "`a${ {b: 1}.c + X(1) }`",
        "// comment\nX(1)",
        "/* comment */X(1)",
        "<!-- comment\nX(1)",
        "a = b / c; X(1) / d",
        "a = /'/; X(1)",
        "a = /[/']/; X(1)",
        "'never closed\nX(1)",
        "return /'/.test(a) || X(1)",
        "a--> b, X(1)",
    ],
)
def test_code_is_told_from_its_surroundings(script: str) -> None:
    assert "X(1)" in code_of(script)


@pytest.mark.parametrize(
    "script",
    [
        "var a = 'X(1)'",
        'var a = "X(1)"',
        "var a = '\\'X(1)'",
        "var a = 'a\\\nX(1)'",
        "`X(1)`",
        "`\\${X(1)}`",
        "`${a}X(1)`",
        "// X(1)",
        "/* X(1)",
        "/* *X(1) */",
        "<!-- X(1)",
        "a\n --> X(1)",
        "a = /X(1)/",
        "a = /[X(1)/]/",
        "if (a) return /X(1)/",
    ],
)
def test_what_is_no_code_is_blanked_out(script: str) -> None:
    assert "X(1)" not in code_of(script)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("a = HERE", "code"),
        ("a = 'HERE'", "'"),
        ('a = "HERE"', '"'),
        ("a = `HERE`", "`"),
        ("a = `${HERE}`", "code"),
        ("// HERE", "//"),
        ("/* HERE */", "/*"),
        ("a = /HERE/", "regex"),
    ],
)
def test_a_place_is_told_by_what_it_is_part_of(script: str, kind: str) -> None:
    assert kind_at(script, script.index("HERE")) == kind


@given(st.text(alphabet="ab'\"`/*\\${}<!->[]()=\n ", max_size=60))
def test_any_text_is_cut_into_pieces_that_touch(script: str) -> None:
    found = list(pieces(script))

    assert [piece.start for piece in found] == [0, *(piece.end for piece in found)][: len(found)]
    assert "".join(script[piece.start : piece.end] for piece in found) == script
    assert len(code_of(script)) == len(script)


@pytest.mark.parametrize("part", ["'", "`", "/", "/*", "{", "`${", "<!--", "-->", "/[", "a/", "\\"])
def test_a_hostile_script_is_read_in_time_that_grows_with_its_length(part: str) -> None:
    script = part * (30_000 // len(part))

    assert len(code_of(script)) == len(script)
