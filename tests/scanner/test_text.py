"""Text from outside, made harmless for one line of a message."""

from __future__ import annotations

import pytest

from scanner.text import counted, one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 漢", "plain ü 漢"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("\u200b\ufeff", "\\u200b\\ufeff"),
        ("\x9b31m\x07", "\\x9b31m\\x07"),
        ("\udcff", "\\udcff"),
        ("\U000e0001", "\\U000e0001"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\rb", "a\\x0db"),
    ],
)
def test_what_a_terminal_would_obey_is_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_message_is_one_line_of_bounded_length() -> None:
    assert one_line(" a\n\tb\r\nc\u2028d ") == "a b c d"
    assert one_line("x" * 500, 10) == "xxxxxxxxx…"
    assert one_line("\x1b" * 500, 10) == "\\x1b\\x1b\\…"


def test_numbers_agree_with_their_nouns() -> None:
    assert [counted(n, "page") for n in (0, 1, 2)] == ["0 pages", "1 page", "2 pages"]
