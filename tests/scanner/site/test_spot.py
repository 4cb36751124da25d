"""Spots: what of a site's surface takes a value of ours, and the request that carries it."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote

import pytest

from scanner.site.spot import Spot, spots
from scanner.site.surface import Endpoint, Parameter

EVERYWHERE = ("query", "form", "json", "path", "header", "cookie")


def get(path: str, *parameters: Parameter, identity: str = "") -> Endpoint:
    return Endpoint("GET", path, parameters, identity=identity)


def names(found: list[Spot]) -> list[str]:
    return [f"{spot.endpoint.path} {spot.parameter.name}" for spot in found]


def query(name: str, value: str = "a", kind: str = "") -> Parameter:
    return Parameter(name, "query", value, kind)


def field(name: str, value: str = "a", kind: str = "text") -> Parameter:
    return Parameter(name, "form", value, kind)


def test_every_parameter_in_the_wanted_places_is_a_spot() -> None:
    endpoint = Endpoint("POST", "/s", (query("q"), field("name"), Parameter("X", "header", "1")))

    assert names(spots([endpoint], ("query", "form"))) == ["/s q", "/s name"]
    assert names(spots([endpoint], EVERYWHERE)) == ["/s q", "/s name", "/s X"]


def test_buttons_and_files_are_no_spots() -> None:
    kinds = ("submit", "button", "image", "reset", "file")
    endpoint = Endpoint("POST", "/s", tuple(field(kind, kind=kind) for kind in kinds))

    assert spots([endpoint], EVERYWHERE) == []


def test_the_value_goes_where_the_parameter_is_and_the_others_stay() -> None:
    endpoint = get("/s", query("q", "lamp"), query("page", "2"))
    (first, second) = spots([endpoint], ("query",))

    assert first.request("a b&c='{ww_x}'").target == "/s?q=a%20b%26c%3D%27{ww_x}%27&page=2"
    assert second.request("3").target == "/s?q=lamp&page=3"


def test_a_form_is_sent_as_a_browser_sends_it_with_its_first_button_only() -> None:
    fields = (
        field("name", ""),
        field("mail", "", "email"),
        field("agree", "on", "checkbox"),
        field("token", "", "hidden"),
        field("save", "Save", "submit"),
        field("delete", "Delete", "submit"),
        field("other", "x", "button"),
        field("clear", "x", "reset"),
    )
    endpoint = Endpoint("POST", "/s", fields, "application/x-www-form-urlencoded")
    spot = next(s for s in spots([endpoint], ("form",)) if s.parameter.name == "name")

    request = spot.request("Ann & co")

    sent = {key: value[0] for key, value in parse_qs(request.body, keep_blank_values=True).items()}
    assert sent == {
        "name": "Ann & co",
        "mail": "wallwalk@example.com",
        "agree": "on",
        "token": "",
        "save": "Save",
    }
    assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_form_with_a_file_is_sent_in_parts() -> None:
    fields = (field('na"me'), field("photo", "", "file"))
    (spot,) = spots([Endpoint("POST", "/s", fields, "multipart/form-data")], ("form",))

    request = spot.request("Ann")

    boundary = dict(request.headers)["Content-Type"].partition("boundary=")[2]
    parts = request.body.split(f"--{boundary}")
    assert parts[-1] == "--\r\n"
    assert 'name="na%22me"\r\n\r\nAnn\r\n' in parts[1]
    assert 'name="photo"; filename="wallwalk.txt"' in parts[2]


def test_leaves_of_json_keep_their_place_and_numbers_stay_numbers() -> None:
    leaves = [("user.name", "Ann"), ("user.age", "30"), ("zip", "01234"), ("size", "1.5")]
    endpoint = Endpoint("POST", "/s", tuple(Parameter(n, "json", v) for n, v in leaves))
    spot = spots([endpoint], ("json",))[1]

    request = spot.request('30"{ww_x}')

    assert json.loads(request.body) == {
        "user": {"name": "Ann", "age": '30"{ww_x}'},
        "zip": "01234",
        "size": 1.5,
    }
    assert dict(request.headers)["Content-Type"] == "application/json"


def test_headers_and_cookies_are_spots_where_they_are_declared() -> None:
    endpoint = get("/s", Parameter("X-Ref", "header", "a"), Parameter("seen", "cookie", "b c"))
    header, cookie = spots([endpoint], EVERYWHERE)

    assert header.request("new").headers == (("X-Ref", "new"), ("Cookie", "seen=b%20c"))
    assert cookie.request("a;b").headers == (("X-Ref", "a"), ("Cookie", "seen=a%3Bb"))


@pytest.mark.parametrize(
    "path", ["/items/7", "/items/7/parts", "/items/0b8f6c1e-29a4-4e5d-9d27-3f1f6a0c9b11"]
)
def test_numbers_and_uuids_in_a_path_are_values(path: str) -> None:
    (spot,) = spots([get(path)], ("path",))

    assert spot.parameter.name == "segment 2"
    assert unquote(spot.request("a/b").target) == path.replace(path.split("/")[2], "a/b")
    assert "a%2Fb" in spot.request("a/b").target


def test_words_of_a_path_are_values_where_many_stand_in_one_folder() -> None:
    listed = [get(f"/people/{name}") for name in ("ann", "bob", "dora")]

    assert names(spots(listed, ("path",))) == [
        f"/people/{n} segment 2" for n in ("ann", "bob", "dora")
    ]
    assert spots(listed[:2], ("path",)) == []
    assert spots([get(f"/css/{n}.css") for n in "abc"], ("path",)) == []
    assert spots([get(f"/{n}") for n in "abc"], ("path",)) == []


def test_a_declared_part_of_the_path_is_the_only_one() -> None:
    endpoint = get("/c/7/x%20y", Parameter("name", "path", "x y"))

    (spot,) = spots([endpoint], ("path",))
    assert spot.request("new").target == "/c/7/new"


def test_numbered_siblings_are_one_spot_and_other_values_beside_make_another() -> None:
    siblings = [get(f"/items/{n}") for n in (12, 3, 20)]
    pages = [
        get("/s", query("do", "list"), query("id", "1")),
        get("/s", query("do", "show"), query("id", "2")),
    ]

    assert names(spots(siblings, ("path",))) == ["/items/3 segment 2"]
    assert names(spots(pages, ("query",))) == ["/s do", "/s id", "/s id"]


def test_what_all_may_see_is_tried_as_nobody_only() -> None:
    mine = get("/s", query("q"), identity="ann")
    everybodys = get("/s", query("q"))

    assert [s.identity for s in spots([everybodys, mine], ("query",), {"/s"})] == [""]
    assert [s.identity for s in spots([everybodys, mine], ("query",))] == ["", "ann"]
    assert [s.identity for s in spots([mine], ("query",), {"/s"})] == ["ann"]


def test_every_route_is_tried_twice_before_one_is_tried_a_third_time() -> None:
    many = [get(f"/a/{n}", query("q")) for n in range(4)]
    other = get("/b", query("q"))

    order = [spot.endpoint.path for spot in spots([*many, other], ("query",))]

    assert order.index("/b") == 1
    assert len(order) == 5


@pytest.mark.parametrize(
    ("endpoint", "is_browsable"),
    [
        (get("/s", query("q")), True),
        (Endpoint("POST", "/s", (field("q"),)), True),
        (Endpoint("POST", "/s", (query("q"),)), True),
        (Endpoint("POST", "/s", (Parameter("q", "json", "a"),)), False),
        (Endpoint("PUT", "/s", (query("q"),)), False),
        (get("/s", Parameter("q", "header", "a")), False),
    ],
)
def test_links_and_forms_can_be_sent_from_anywhere(endpoint: Endpoint, is_browsable: bool) -> None:
    (spot,) = spots([endpoint], EVERYWHERE)

    assert spot.is_browsable is is_browsable


def test_a_spot_says_what_it_is() -> None:
    (spot,) = spots([get("/s", query("q", "-1.5"))], EVERYWHERE)

    assert str(spot) == "q (query) of /s"
    assert spot.is_numeric
    assert spot.value == "-1.5"
