"""HTML cut into text, comments and tags, as a browser's tokenizer cuts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.site.tags import parts, with_scripting


def cut(html: str) -> list[tuple[str, str]]:
    return [(part.kind, html[part.start : part.end]) for part in parts(html)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("a<b>c", [("text", "a"), ("open", "<b>"), ("text", "c")]),
        ("a < b", [("text", "a < b")]),
        ("</p >x", [("close", "</p >"), ("text", "x")]),
        ("<!doctype html>x", [("comment", "<!doctype html>"), ("text", "x")]),
        ("<!-- <b> -->x", [("comment", "<!-- <b> -->"), ("text", "x")]),
        ("<!-- a --!>x", [("comment", "<!-- a --!>"), ("text", "x")]),
        ("<!-->x", [("comment", "<!-->"), ("text", "x")]),
        ("<!-- never closed", [("comment", "<!-- never closed")]),
        ("</ a>x", [("comment", "</ a>"), ("text", "x")]),
        ("<title><b></title>", [("open", "<title>"), ("text", "<b>"), ("close", "</title>")]),
        (
            "<script>'</scripts>'</script>",
            [("open", "<script>"), ("text", "'</scripts>'"), ("close", "</script>")],
        ),
        ('<a b=">">x', [("open", '<a b=">">'), ("text", "x")]),
        ("<a b=c>x", [("open", "<a b=c>"), ("text", "x")]),
        ('<a b="never closed>', [("open", '<a b="never closed>')]),
    ],
)
def test_html_is_cut_where_a_browser_cuts_it(html: str, expected: list[tuple[str, str]]) -> None:
    assert cut(html) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("<a b=c>", [("b", "c", "")]),
        ("<a b='c d' e>", [("b", "c d", "'"), ("e", "", "")]),
        ('<a/B="c"d=e>', [("b", "c", '"'), ("d", "e", "")]),
        ("<a b = c>", [("b", "c", "")]),
        ("<a =b>", [("=b", "", "")]),
        ("<a b=/c/>", [("b", "/c/", "")]),
        ("<a b=>", [("b", "", "")]),
    ],
)
def test_attributes_come_with_their_values_and_quotes(
    tag: str, expected: list[tuple[str, str, str]]
) -> None:
    (part,) = parts(tag)

    found = [(a.name, tag[a.start : a.end], a.quote) for a in part.attributes]
    assert found == expected


@given(st.text(alphabet="ab<>/!-='\" \n", max_size=60))
def test_any_text_is_cut_into_parts_that_touch(html: str) -> None:
    assert "".join(text for _, text in cut(html)) == html


@pytest.mark.parametrize(
    "part", ["<", "<a ", "<a b='", "<!--", "<title>", "</", " b", "/", "<a b= "]
)
def test_a_hostile_page_is_read_in_time_that_grows_with_its_length(part: str) -> None:
    html = "<a" + part * (60_000 // len(part))

    assert "".join(text for _, text in cut(html)) == html


def test_what_stands_in_noscript_is_no_part_of_a_page_with_scripts() -> None:
    html = "<p>a</p><NoScript><img src=x></noscript><p>b</p>"

    assert with_scripting(html) == "<p>a</p><NoScript></noscript><p>b</p>"
    assert with_scripting("<p title='<noscript>'><img>") == "<p title='<noscript>'><img>"
