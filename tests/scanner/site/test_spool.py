"""Answers kept on disk come back as they were, one at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.contract import Incomplete
from scanner.site.answer import Seen, again, seen
from scanner.site.spool import Spool
from scanner.wire.response import WholeResponse


def answer(
    body: bytes = b"page",
    *,
    path: str = "/a",
    headers: list[tuple[bytes, bytes]] | None = None,
    sent: list[tuple[bytes, bytes]] | None = None,
    **facts: object,
) -> httpx.Response:
    request = httpx.Request(
        "POST",
        "http://127.0.0.1:8000/a",
        headers=sent or [(b"X-A", b"1")],
        extensions={"target": path.encode("utf-8", "surrogateescape")},
    )
    sight = Seen("app", "alice", f"http://127.0.0.1:8000{path}", path, (("X-A", "1"),), "b\udcff")
    extensions = {"seen": sight, "cut": False, "elapsed": 0.25, "repaired": (), **facts}
    return WholeResponse(201, headers or [], body, request, extensions)


@pytest.fixture
def spool() -> Iterator[Spool]:
    spool = Spool()
    yield spool
    spool.close()


def test_an_answer_comes_back_as_it_was(spool: Spool) -> None:
    headers = [(b"Set-Cookie", b"a=\xff"), (b"set-cookie", b"b"), (b"Content-Type", b"text/html")]
    sent = answer(
        b"\x00\xff page", path="/a?q=\udcff", headers=headers, repaired=("folded",), cut=True
    )

    spool.add(sent)
    (kept,) = spool

    assert (kept.status_code, kept.content, kept.headers.raw) == (201, b"\x00\xff page", headers)
    assert (seen(kept), again(kept)) == (seen(sent), again(sent))
    assert kept.request.method == "POST"
    assert kept.request.url == sent.request.url
    assert kept.request.headers.raw == sent.request.headers.raw
    assert kept.request.extensions["target"] == b"/a?q=\xff"
    assert kept.request.content == b""
    for fact in ("repaired", "cut", "elapsed"):
        assert kept.extensions[fact] == sent.extensions[fact]


@settings(max_examples=100, deadline=None)
@given(
    st.binary(),
    st.lists(st.tuples(st.binary(min_size=1, max_size=9), st.binary(max_size=20)), max_size=4),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20),
)
def test_any_bytes_survive(body: bytes, headers: list[tuple[bytes, bytes]], path: str) -> None:
    spool = Spool()
    sent = answer(body, path=f"/{path}", headers=headers)
    spool.add(sent)
    (kept,) = spool

    assert (kept.content, kept.headers.raw) == (body, headers)
    assert seen(kept) == seen(sent)
    assert kept.text == sent.text
    spool.close()


def test_answers_come_in_the_order_in_which_they_were_added_as_often_as_asked(
    spool: Spool,
) -> None:
    for number in range(5):
        spool.add(answer(f"{number}".encode()))

    for _ in range(2):
        assert [kept.text for kept in spool] == ["0", "1", "2", "3", "4"]
    assert len(spool) == 5


def test_two_readers_do_not_disturb_each_other(spool: Spool) -> None:
    for number in range(3):
        spool.add(answer(f"{number}".encode()))

    pairs = [(one.text, other.text) for one, other in zip(spool, spool, strict=True)]

    assert pairs == [("0", "0"), ("1", "1"), ("2", "2")]


def test_a_full_disk_says_what_to_do(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def execute(self, *_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        def close(self) -> None:
            pass

    monkeypatch.setattr(spool, "_database", Full())

    with pytest.raises(Incomplete, match="could not be kept: database or disk is full") as told:
        spool.add(answer())

    assert "TMPDIR" in told.value.mend
    assert len(spool) == 0
