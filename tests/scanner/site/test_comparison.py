"""Comparing answers: our own text taken out, what moves by itself left out."""

from __future__ import annotations

import json
from collections import Counter
from html import escape
from urllib.parse import quote, quote_plus

import httpx
import pytest

from scanner.site.answer import Seen
from scanner.site.comparison import alike, apart, differ, lines, moving, read, stable, without


def answer(
    body: object, status: int = 200, path: str = "/s", sent: str = "", **headers: str
) -> httpx.Response:
    text, kind = (
        (body, "text/html") if isinstance(body, str) else (json.dumps(body), "application/json")
    )
    sight = Seen("app", "", f"http://127.0.0.1{path}", path, body=sent)
    return httpx.Response(
        status,
        headers={"content-type": kind, **headers},
        text=text,
        extensions={"seen": sight},
    )


OWN = "it's <\"a\" & 'b'> or so"


@pytest.mark.parametrize(
    "written",
    [
        OWN,
        escape(OWN),
        escape(OWN).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        escape(OWN, quote=False),
        quote(OWN),
        quote_plus(OWN),
        json.dumps(OWN)[1:-1],
        OWN.replace("'", "''"),
        OWN.replace("'", "\\'"),
    ],
)
def test_our_own_text_is_taken_out_however_it_is_written(written: str) -> None:
    assert without(f"You said: {written}!", [OWN]) == "You said: !"


def test_longer_texts_of_ours_go_first() -> None:
    assert without("lamp and lamps", ["lamp", "lamps"]) == " and "


def test_a_page_is_cut_between_its_tags_and_white_space_does_not_count() -> None:
    found = lines(answer("<ul>\n <li>a  b</li><li>a b</li></ul>"))

    assert found == Counter({"<ul>": 1, "<li>": 2, "a b": 2, "</li>": 2, "</ul>": 1})


def test_json_is_cut_into_its_leaves_and_names() -> None:
    found = lines(answer({"a": [1, {"b": "Ann"}], "Ann": None}), ["Ann"])

    assert found == Counter(
        {"$.a": 1, "$.a[]=1": 1, "$.a[].b": 1, "$.a[].b=": 1, "$.": 1, "$.=null": 1}
    )


def test_json_that_is_none_is_read_as_text() -> None:
    assert lines(answer("{not json")) == Counter({"{not json": 1})


def test_where_a_redirect_leads_is_a_line_without_our_own_text() -> None:
    response = answer("", 302, location="/login?next=%2Four")

    assert lines(response, ["/our"]) == Counter({"location: /login?next=": 1})
    assert lines(answer("", 200, location="/login")) == Counter()


@pytest.mark.parametrize(
    ("path", "sent", "echo"),
    [
        ("/s?q=it%27s", "", "it's"),
        ("/users/it%27s", "", "it's"),
        ("/users/it%27s", "", "/users/it%27s"),
        ("/users/it%27s", "", "http://127.0.0.1/users/it%27s"),
        ("/s", "q=it%27s", "it's"),
        ("/s", '{"a": {"q": ["it\'s"]}}', "it's"),
    ],
)
def test_what_a_request_carried_makes_no_difference(path: str, sent: str, echo: str) -> None:
    echoing = answer(f"<p>{escape(echo)}: nothing.</p>", path=path, sent=sent)

    assert alike(echoing, [answer("<p>: nothing.</p>", path="/other")])


def test_stable_lines_are_those_that_all_have_as_often_as_all_have_them() -> None:
    assert stable([Counter("aab"), Counter("aaac"), Counter("aabc")]) == Counter("aa")


def test_an_answer_is_like_its_baseline_whatever_it_adds() -> None:
    baseline = [answer("<p>a</p><i>1</i>"), answer("<p>a</p><i>2</i>")]

    assert alike(answer("<p>a</p><i>3</i><b>more</b>"), baseline)
    assert not alike(answer("<p>b</p><i>1</i>"), baseline)
    assert not alike(answer("<p>a</p><i>1</i>", 404), baseline)


def test_answers_are_apart_by_a_line_that_all_of_one_side_have() -> None:
    found = [answer(f"<p>Lamp</p><i>{n}</i>") for n in range(3)]
    missing = [answer(f"<p>Nothing</p><i>{n}</i>") for n in range(3)]

    assert apart(found, missing)
    assert apart(missing, found)


def test_answers_are_apart_by_how_often_a_line_comes() -> None:
    assert apart([answer("<br><br>")] * 2, [answer("<br>")] * 2)
    assert not apart([answer("<br>")] * 2, [answer("<br><br>")] * 2)


def test_answers_are_apart_by_a_status_that_only_one_side_has() -> None:
    assert apart([answer("a"), answer("b")], [answer("a", 404), answer("b", 500)])
    assert not apart([answer("a"), answer("b", 404)], [answer("a", 404), answer("b")])
    assert not apart([answer("a"), answer("b", 404)], [answer("c", 500)])


@pytest.mark.parametrize("last", ["Lamp", "Nothing"])
def test_one_answer_that_does_not_follow_is_enough_against_it(last: str) -> None:
    found = [answer("<p>Lamp</p>")] * 3
    missing = [answer("<p>Nothing</p>")] * 3

    assert apart(found, [*missing, answer(f"<p>{last}</p>")]) is (last == "Nothing")
    assert apart([*found, answer(f"<p>{last}</p>")], missing) is (last == "Lamp")


def test_different_lines_for_different_answers_do_not_make_them_apart() -> None:
    these = [answer("a<br>b")] * 2
    those = [answer("a<br>c"), answer("c<br>b")]

    assert not apart(these, those)


def test_our_own_words_do_not_make_answers_apart() -> None:
    these = [answer("<p>for 'true'</p>", path="/s?q=true")] * 2
    those = [answer("<p>for 'false'</p>", path="/s?q=false")] * 2

    assert not apart(these, those)


def test_what_moves_by_itself_is_no_difference() -> None:
    first, second, third = (
        read(answer(f"<p>Lamp</p><i>It is 12:{n} now</i>")) for n in ("01", "02", "59")
    )
    noise = moving(first, second)

    assert differ(first, third)
    assert not differ(first, third, noise)
    assert differ(first, read(answer("<p>Stool</p><i>It is 12:07 now</i>")), noise)
    assert differ(first, read(answer("<p>Lamp</p><i>It is 12:01 now</i>", 404)), noise)


def test_a_line_that_changes_as_a_whole_is_not_learned_as_noise() -> None:
    noise = moving(read(answer("<p>heads</p>")), read(answer("<p>tails</p>")))

    assert noise == []
