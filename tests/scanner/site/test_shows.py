"""Whether an answer shows what only some others show."""

from __future__ import annotations

import json

import httpx
import pytest

from scanner.site.answer import Seen
from scanner.site.comparison import shows


def answer(body: object, path: str = "/orders/5001") -> httpx.Response:
    text, kind = (
        (body, "text/html") if isinstance(body, str) else (json.dumps(body), "application/json")
    )
    sight = Seen("app", "", f"http://127.0.0.1{path}", path)
    return httpx.Response(
        200, headers={"content-type": kind}, text=text, extensions={"seen": sight}
    )


ORDER = {"id": 5001, "item": "Blue teapot", "street": "12 Alder Lane", "price": 2900}
OTHER = answer({"id": 5021, "item": "Oak stool", "street": "7 Birch Road", "price": 50})


def test_the_same_object_shows_it() -> None:
    assert shows(answer(ORDER), [answer(ORDER)], [OTHER])


@pytest.mark.parametrize(
    "body",
    [
        {"error": "not yours"},
        {"id": 5001, "error": "not yours"},
        {**ORDER, "street": None, "item": None},
        {**ORDER, "street": "hidden"},
        {name: None for name in ORDER},
        "<p>not yours</p>",
    ],
)
def test_a_refusal_or_a_part_does_not(body: object) -> None:
    assert not shows(answer(body), [answer(ORDER)], [OTHER])


def test_one_line_of_five_may_be_missing() -> None:
    wide = {**ORDER, "seller": "Acme", "owner": "alice"}

    assert shows(answer({**wide, "owner": "you"}), [answer(wide)], [])
    assert not shows(answer({**wide, "owner": "you", "seller": "us"}), [answer(wide)], [])


def test_what_stands_on_other_pages_too_shows_nothing() -> None:
    frame, core = "<nav>Home</nav><h1>Order</h1>", "<p>Blue teapot</p>"

    assert not shows(answer(frame), [answer(frame + core)], [answer(frame, "/")])
    assert not shows(answer(frame), [answer(frame)], [answer(frame, "/")])
    assert shows(answer(core), [answer(frame + core)], [answer(frame, "/")])


def test_a_frame_is_the_same_on_pages_of_other_addresses() -> None:
    frame = '<nav><a href="/orders">Orders</a><a href="/news">News</a></nav>'
    core = "<p>Blue teapot</p>"

    assert not shows(answer(frame), [answer(frame + core)], [answer(frame, "/news")])


def test_what_changes_by_itself_is_not_asked_for() -> None:
    one, two = answer("<p>Blue teapot</p><i>10:01</i>"), answer("<p>Blue teapot</p><i>10:02</i>")

    assert shows(answer("<p>Blue teapot</p><i>10:03</i>"), [one, two], [])


def test_our_own_words_are_not_asked_for() -> None:
    assert not shows(answer("<b>for bob</b>"), [answer("<b>for alice</b>")], [])
    assert shows(answer("<b>for bob</b>"), [answer("<b>for alice</b>")], [], ["alice", "bob"])
