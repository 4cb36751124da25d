"""Parts of small applications that ask a real database, flawed or not."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable
from html import escape
from typing import Any

from loopback import Answer, Asked

Rows = list[tuple[Any, ...]]

_TABLES = """
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, price INTEGER);
INSERT INTO products VALUES (1, 'Blue teapot', 'kitchen', 5), (2, 'Lamp', 'light', 3),
    (3, 'Stool', 'furniture', 9), (4, 'Knife', 'kitchen', 2);
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, password TEXT, city TEXT);
INSERT INTO people VALUES (1, 'ann', 'secret', 'Bonn'), (2, 'bob', 'hidden', 'Bern');
"""


class Database:
    """Products and people in memory, for any number of threads."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.executescript(_TABLES)
        self._connection.create_function("md5", 1, _md5)
        self._lock = threading.Lock()

    def rows(self, sql: str, *values: object) -> Rows:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def tolerant(self, sql: str) -> Rows:
        """As applications do that take an error for an empty result."""
        try:
            return self.rows(sql)
        except (sqlite3.Error, sqlite3.Warning):
            return []

    def close(self) -> None:
        self._connection.close()


def _md5(text: object) -> str:
    return hashlib.md5(str(text).encode()).hexdigest()


def listing(rows: Rows) -> Answer:
    items = "".join(f"<li>{escape(str(row))}</li>" for row in rows)
    return Answer(f"<h1>Shop</h1><ul>{items}</ul>" if rows else "<h1>Shop</h1><p>Nothing.</p>")


def links(*targets: str, form: str = "") -> Answer:
    """A start page that leads to `targets`, and may have a form."""
    return Answer("".join(f'<a href="{escape(target)}">go</a>' for target in targets) + form)


View = Callable[[Asked], "Answer | str"]


def site(views: dict[str, View], start: Answer) -> Callable[[Asked], Answer | str]:
    """An application: `views` by path, `start` at the root, 404 elsewhere, 500 for errors."""

    def app(asked: Asked) -> Answer | str:
        if asked.path == "/":
            return start
        view = views.get(asked.path)
        if view is None:
            return Answer("There is no such page.", 404, kind="text/plain")
        try:
            return view(asked)
        except (sqlite3.Error, sqlite3.Warning):
            return Answer("<h1>Internal Server Error</h1>", 500)

    return app
