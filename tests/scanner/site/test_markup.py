"""Hostile pages must cost little: each of these made an earlier parser or pattern hang."""

import pytest

from scanner.site.markup import parsed


@pytest.mark.parametrize(
    "page",
    [
        "<p class=a" + " " * 30_000 + "<b>end</b>",
        "<p " + "x" + "\n \t" * 20_000 + "=1><b>end</b>",
        ("<i " + " " * 200 + ">") * 200 + "<b>end</b>",
    ],
)
def test_white_space_in_tags_costs_no_time(page: str) -> None:
    document, cut = parsed(page + "<u>after</u>" + " " * 20_000)

    assert document.body is not None
    assert not cut


def test_what_nests_too_deeply_is_cut_and_that_is_said() -> None:
    document, cut = parsed("<div>" * 5_000 + "x" * 20_000)

    assert cut
    assert len(document.css("div")) <= 1_001


def test_an_element_with_thousands_of_attributes_ends_the_page() -> None:
    document, cut = parsed("<b>one</b><p " + "a=1 " * 20_000 + "><u>two</u>")

    assert cut
    assert document.css_first("b") is not None
    assert document.css_first("u") is None
