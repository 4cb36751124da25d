"""Where in a page a word came back."""

import pytest

from scanner.site.reflection import Context, contexts


@pytest.mark.parametrize(
    ("html", "context"),
    [
        ("<p>Hi HERE</p>", Context("text")),
        ("<p>Hi here</p>", Context("text")),
        ("<textarea>HERE</textarea>", Context("raw", "textarea")),
        ("<noscript>HERE</noscript>", Context("raw", "noscript")),
        ("<!-- HERE -->", Context("comment")),
        ("<p HERE>", Context("tag", "p")),
        ("<HERE>", Context("tag", "here")),
        ("<input value='a HERE'>", Context("value", "input", "value", "'")),
        ("<input value=HERE>", Context("value", "input", "value")),
        ("<script>a = 'HERE'</script>", Context("raw", "script", script="'")),
        ("<script>a = HERE</script>", Context("raw", "script", script="code")),
        ("<script type='text/plain'>HERE</script>", Context("raw", "script")),
        (
            '<a onclick="a(&quot;HERE&quot;)">',
            Context("value", "a", "onclick", '"', script='"'),
        ),
        ("<a href=' HERE'>", Context("value", "a", "href", "'", is_address=True)),
        ("<a href='/HERE'>", Context("value", "a", "href", "'")),
        (
            "<a href='javascript:a(`HERE`)'>",
            Context("value", "a", "href", "'", script="`"),
        ),
        ("<iframe srcdoc='a HERE'>", Context("value", "iframe", "srcdoc", "'", is_page=True)),
        ("<img src='HERE'>", Context("value", "img", "src", "'")),
    ],
)
def test_a_place_is_told_by_what_would_have_to_be_left(html: str, context: Context) -> None:
    assert contexts(html, "here") == [context]


def test_every_place_counts_once_and_in_order() -> None:
    html = "<p>HERE <b>HERE</b><input value=HERE><script>a = 'HERE' + HERE</script>"

    found = [(one.holder, one.script) for one in contexts(html, "here")]

    assert found == [("text", None), ("value", None), ("raw", "'"), ("raw", "code")]


def test_letters_that_grow_in_lower_case_do_not_move_the_places() -> None:
    html = "<p>İİİİ</p><script>a = 'HERE'</script>"

    assert contexts(html, "here") == [Context("raw", "script", script="'")]


def test_a_page_without_the_word_has_no_places() -> None:
    assert contexts("<p>Hi</p>", "here") == []
