"""Concrete paths as route templates: only where many siblings or the user say so."""

from __future__ import annotations

import random

import pytest

from scanner.site.surface import Routes

UUID = "3f2b8c1e-0000-4000-8000-00000000000{}"


def test_five_numbered_siblings_make_a_template() -> None:
    routes = Routes(f"/item/{n}" for n in range(5))

    assert routes.template("/item/3") == "/item/{}"
    assert routes.template("/item/99") == "/item/{}"
    assert routes.template("/item/new") == "/item/new"
    assert routes.template("/other/3") == "/other/3"


def test_four_do_not() -> None:
    assert Routes(f"/item/{n}" for n in range(4)).template("/item/3") == "/item/3"


def test_uuids_count_like_numbers() -> None:
    routes = Routes(f"/item/{UUID.format(n)}/edit" for n in range(5))

    assert routes.template(f"/item/{UUID.format(9)}/edit") == "/item/{}/edit"


@pytest.mark.parametrize("paths", [["/a/one", "/a/two", "/a/three", "/a/four", "/a/five"]])
def test_names_never_make_one(paths: list[str]) -> None:
    assert Routes(paths).template("/a/one") == "/a/one"


def test_a_number_elsewhere_does_not_keep_siblings_apart() -> None:
    routes = Routes(f"/user/{n}/order/{n + 100}" for n in range(6))

    assert routes.template("/user/7/order/8") == "/user/{}/order/{}"


def test_the_same_path_again_is_no_sibling() -> None:
    assert Routes(["/item/1"] * 9).template("/item/1") == "/item/1"


def test_which_was_seen_first_changes_nothing() -> None:
    paths = [f"/a/{n}/b/{m}" for n in range(4) for m in range(4)] + ["/a/x/b/1"]
    expected = [Routes(paths).template(path) for path in paths]

    for seed in range(5):
        mixed = paths.copy()
        random.Random(seed).shuffle(mixed)
        assert [Routes(mixed).template(path) for path in paths] == expected


@pytest.mark.parametrize(
    ("declared", "path", "template"),
    [
        ("/api/orders/{id}", "/api/orders/abc", "/api/orders/{}"),
        ("/api/orders/{id}", "/api/orders/abc/items", "/api/orders/abc/items"),
        ("/files/{name}.txt", "/files/a.b.txt", "/files/{}.txt"),
        ("/files/{name}.txt", "/files/axtxt", "/files/axtxt"),
        ("/{a}/{b}", "/x/y", "/{}/{}"),
        ("/plain", "/plain", "/plain"),
    ],
)
def test_a_declared_template_holds_without_siblings(
    declared: str, path: str, template: str
) -> None:
    assert Routes([], [declared]).template(path) == template


def test_odd_paths_are_themselves() -> None:
    routes = Routes(["", "/", "//", "/%ff/", "/\udcff"])

    assert [routes.template(path) for path in ("", "/", "//", "/%ff/")] == ["", "/", "//", "/%ff/"]
