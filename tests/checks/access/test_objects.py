"""Addresses of objects: what of them is an id, and where nothing of the kind is."""

from __future__ import annotations

import re

import pytest

from checks.access._objects import by_turns, declared, seen
from scanner import Number, Word
from scanner.targets import Identity

UUID = "0b7c1d6e-52a4-4f0e-9c1d-3f5a7e9b2c4d"


@pytest.mark.parametrize(
    ("target", "shape", "id"),
    [
        ("/orders/5001", "/orders/{}", "5001"),
        ("/users/12/orders/7?tab=all", "/users/{}/orders/{}?tab=all", "7"),
        ("/order?view=full&id=5001", "/order?view=full&id={}", "5001"),
        ("/orders/5001?page=2", "/orders/{}?page={}", "5001"),
        (f"/files/{UUID}", "/files/{}", UUID),
        (f"/files/{UUID.replace('0', 'd')}", "/files/{}", UUID.replace("0", "d")),
        ("/t/a8f3Kq9z/edit", "/t/{}/edit", "a8f3Kq9z"),
        ("/api/v1/me", "/api/v1/{}", "me"),
        ("/notes/my%20note", "/notes/{}", "my note"),
        ("/short/a8f3Kq9", "/short/{}", "a8f3Kq9"),
    ],
)
def test_an_object_is_known_by_its_last_id(target: str, shape: str, id: str) -> None:
    thing = seen(target)

    assert thing is not None
    assert (thing.target, thing.shape, thing.id) == (target, shape, id)


@pytest.mark.parametrize(
    ("target", "has_an_id"),
    [
        ("/a/7", True),
        (f"/a/{UUID}", True),
        ("/a/order-2024", True),
        ("/a/settings", False),
        ("/a/v2", False),
    ],
)
def test_a_pages_name_is_no_id(target: str, has_an_id: bool) -> None:
    thing = seen(target)

    assert thing is not None
    assert thing.has_an_id is has_an_id


@pytest.mark.parametrize("target", ["/", "/orders/", "/style.css", "/orders?sort=up"])
def test_what_names_no_object_is_none(target: str) -> None:
    thing = seen(target)

    assert thing is None or not thing.has_an_id


@pytest.mark.parametrize(
    ("id", "like"),
    [
        ("7", r"\d{9}"),
        ("123456789012", r"\d{12}"),
        ("1" * 40, r"\d{18}"),
        (UUID, r"\d{8}-\d{4}-4\d{3}-8\d{3}-\d{12}"),
        ("deadbeef01", r"\d{10}"),
        ("my-note-1", r"[a-z]{12}"),
        ("a-rather-long-slug-2", r"[a-z]{20}"),
    ],
)
def test_nowhere_has_an_id_of_the_same_kind(id: str, like: str) -> None:
    thing = seen(f"/things/{id}/edit?x=1")
    assert thing is not None

    text = thing.nowhere
    for hole in thing.holes:
        size = hole.digits if isinstance(hole, Number) else hole.length
        text = text.replace(f"{{{hole.name}}}", ("1" if isinstance(hole, Number) else "w") * size)

    assert all(isinstance(hole, Number | Word) for hole in thing.holes)
    assert re.fullmatch(rf"/things/{like}/edit\?x=1", text)


def test_what_is_declared_is_put_in_its_place() -> None:
    who = Identity(owns={"/api/orders/{id}/lines": (5001, "a/b c")})

    one, two = declared(who)

    assert (one.target, one.shape, one.id) == (
        "/api/orders/5001/lines",
        "/api/orders/{}/lines",
        "5001",
    )
    assert (two.target, two.id, two.parameter) == ("/api/orders/a%2Fb%20c/lines", "a/b c", "")


def test_a_declared_query_names_its_parameter() -> None:
    (thing,) = declared(Identity(owns={"/order?view=full&order-id={id}": (5001,)}))

    assert (thing.target, thing.parameter) == ("/order?view=full&order-id=5001", "order-id")


def test_every_shape_has_its_turn() -> None:
    things = [one for target in ("/a/1", "/a/2", "/a/3", "/b/1", "/b/2") if (one := seen(target))]

    assert [one.target for one in by_turns(things)] == ["/a/1", "/b/1", "/a/2", "/b/2", "/a/3"]
