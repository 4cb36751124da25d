"""What the shop knows: its database in memory, who is logged in, who guesses passwords."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
import time
from collections import defaultdict, deque
from typing import Any

# Invented people with invented passwords, for a shop that nobody can buy from.
PEOPLE = {name: f"{name}-at-the-demo-shop" for name in ("alice", "bob", "dora")}

_TABLES = """
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT, price INTEGER);
INSERT INTO products VALUES
    (1, 'Blue teapot', 'kitchen', 2900), (2, 'Bread knife', 'kitchen', 1850),
    (3, 'Oak stool', 'furniture', 7900), (4, 'Reading lamp', 'light', 4500),
    (5, 'Wool blanket', 'textiles', 6400), (6, 'Linen towel', 'textiles', 1200);
CREATE TABLE orders (id INTEGER PRIMARY KEY, owner TEXT, item TEXT, street TEXT);
INSERT INTO orders VALUES
    (5001, 'alice', 'Blue teapot', '12 Alder Lane'), (5002, 'alice', 'Oak stool', '12 Alder Lane'),
    (5021, 'bob', 'Reading lamp', '7 Birch Road'), (5022, 'bob', 'Linen towel', '7 Birch Road');
CREATE TABLE people (name TEXT PRIMARY KEY, salt BLOB, digest BLOB);
"""

ATTEMPTS, WINDOW = 5, 2.0
"""Wrong passwords for one account in so many seconds; a real shop would wait for minutes."""


class Store:
    """One shop's data. Any number of threads may use it at once."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        # Whoever injects SQL here may read, and gets neither the time nor the room for harm.
        self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
        self._database.set_progress_handler(self._gives_up, 1_000_000)
        self._lock = threading.Lock()
        self._sessions: dict[str, str] = {}
        self._failures: defaultdict[str, deque[float]] = defaultdict(deque)
        self._database.executescript(_TABLES)
        for name, password in PEOPLE.items():
            salt = secrets.token_bytes(16)
            row = (name, salt, _digest(password, salt))
            self._database.execute("INSERT INTO people VALUES (?, ?, ?)", row)

    def _gives_up(self) -> int:
        """SQLite asks at every million steps: no honest query of this shop takes so many."""
        return 1

    def close(self) -> None:
        self._database.close()

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """The rows of a query, `values` in place of its question marks."""
        with self._lock:
            return [dict(row) for row in self._database.execute(sql, values)]

    def knows(self, name: str, password: str) -> bool:
        """Whether that is the person's password."""
        found = self.rows("SELECT salt, digest FROM people WHERE name = ?", name)
        salt, digest = (found[0]["salt"], found[0]["digest"]) if found else (b"-" * 16, b"")
        return hmac.compare_digest(_digest(password, salt), digest)

    def begin_session(self, name: str) -> str:
        session = secrets.token_urlsafe(24)
        with self._lock:
            self._sessions[session] = name
        return session

    def end_session(self, session: str) -> None:
        with self._lock:
            self._sessions.pop(session, None)

    def person(self, session: str) -> str:
        """Whose session it is; empty for nobody's."""
        return self._sessions.get(session, "")

    def may_try(self, name: str) -> bool:
        """Whether another password may be tried for the account."""
        with self._lock:
            failures = self._failures[name]
            while failures and failures[0] < time.monotonic() - WINDOW:
                failures.popleft()
            return len(failures) < ATTEMPTS

    def failed(self, name: str) -> None:
        with self._lock:
            self._failures[name].append(time.monotonic())


def _digest(password: str, salt: bytes) -> bytes:
    # So few rounds keep the demo quick. A real shop takes scrypt or argon2 at full cost.
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "replace"), salt, 1_000)
