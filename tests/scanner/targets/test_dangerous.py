"""GETs that look as if they change something are recognised by whole words."""

from __future__ import annotations

import pytest

from scanner.targets import looks_dangerous


@pytest.mark.parametrize(
    ("path", "query", "operation", "word"),
    [
        ("/logout", "", "", "logout"),
        ("/Logout/", "", "", "logout"),
        ("/user/log-out", "", "", "logout"),
        ("/user/logOut", "", "", "logout"),
        ("/user/LogOut", "", "", "logout"),
        ("/sign_out.php", "", "", "signout"),
        ("/items/deleteAll", "", "", "delete"),
        ("/items/DELETE", "", "", "delete"),
        ("/items/DELETEAll", "", "", "delete"),
        ("/items/%64elete", "", "", "delete"),
        ("/items/delete;x=1", "", "", "delete"),
        ("/reset-db", "", "", "reset"),
        ("/createdb", "", "", "createdb"),
        ("/admin", "action=delete&id=4", "", "delete"),
        ("/admin", "remove=4", "", "remove"),
        ("/admin", "do=un%73ubscribe", "", "unsubscribe"),
        ("/x", "", "seedDatabase", "seed"),
        ("/x", "", "db_init", "init"),
    ],
)
def test_a_word_that_changes_something_is_named(
    path: str, query: str, operation: str, word: str
) -> None:
    assert looks_dangerous(path, query, operation) == word


@pytest.mark.parametrize(
    ("path", "query", "operation"),
    [
        ("/", "", ""),
        ("/address", "", ""),
        ("/created", "sort=created_at", "listCreated"),
        ("/dropdown.js", "", ""),
        ("/delete/help", "", ""),
        ("/initial", "", ""),
        ("/seeds.css", "", ""),
        ("/login", "next=/account", "getSession"),
    ],
)
def test_a_word_that_only_holds_one_is_left_alone(path: str, query: str, operation: str) -> None:
    assert looks_dangerous(path, query, operation) == ""
