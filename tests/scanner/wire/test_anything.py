"""Any bytes at all as an answer."""

from __future__ import annotations

import asyncio
import gzip

import httpx
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scanner.wire import Wire
from scanner.wire.answer import Answer
from scanner.wire.head import Malformed

LINES = [
    b"HTTP/1.1 200 OK",
    b"HTTP/1.0 404",
    b"HTTP/1.1 100 Continue",
    b"HTTP/1.1 204 No",
    b"HTTP/1.1 101 Switching",
    b"Content-Length: 5",
    b"Content-Length: 5, 6",
    b"Content-Length: 00000000000000000005",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip",
    b"Content-Encoding: gzip, br, deflate",
    b"Content-Encoding: deflate",
    b"Content-Type: text/html; charset=\xff",
    b"Content-Type: text/html; charset=utf-16",
    b"Set-Cookie: \xff",
    b"Upgrade: h2c",
    b"Connection: upgrade, close",
    b" folded",
    b"a b : c",
    b"",
    b"5",
    b"0",
    b"hello",
]
ENDS = [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b""]
PIECE = st.one_of(
    st.tuples(st.sampled_from(LINES), st.sampled_from(ENDS)).map(b"".join),
    st.binary(max_size=40),
    st.just(gzip.compress(b"x" * 1000)),
)
ANSWERS = st.lists(PIECE, max_size=12).map(b"".join)
LIKELY = st.one_of(ANSWERS, ANSWERS.map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=LIKELY, method=st.sampled_from(["GET", "HEAD", "POST"]))
@example(raw=b"", method="GET")
@example(raw=b"HTTP/1.1 200 OK\r\nContent-Type: a/b; charset=utf-16\r\n\r\nab", method="GET")
@example(raw=b"\r\n" * 70 + b"HTTP/1.1 200 OK\r\n\r\n", method="GET")
def test_any_answer_ends_in_a_response_or_an_httpx_error(raw, method):
    async def run() -> None:
        async def handle(reader, writer):
            try:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(raw)
                await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        wire = Wire(timeout=5, max_body=5000)
        port = server.sockets[0].getsockname()[1]
        request = httpx.Request(method, f"http://127.0.0.1:{port}/")
        try:
            async with asyncio.timeout(8):
                response = await wire.handle_async_request(request)
        except httpx.HTTPError as error:
            failure = str(error)
        else:
            failure = ""
            assert isinstance(response.text, str)
            assert 100 <= response.status_code <= 999
            assert len(response.content) <= 5000
            assert list(response.headers.multi_items()) is not None
            assert "".join(response.extensions["repaired"]).isprintable()
        finally:
            await wire.aclose()
            server.close()
        assert not failure or failure.startswith(f"127.0.0.1:{port}: ")

    asyncio.run(run())


def _read(pieces: list[bytes]) -> tuple[object, ...]:
    answer = Answer(asked_head=False, cap=2000)
    try:
        done = False
        for piece in pieces:
            done = answer.feed(piece)
            if done:
                break
        done = done or answer.ended()
    except Malformed:
        return ("malformed",)
    if not done or answer.head is None or answer.body is None:
        return ("unfinished",)
    head = answer.head
    if any("body" in note for note in answer.body.repaired):
        return ("undecodable", head.status, head.headers)  # how far it got depends on the pieces
    return (head.status, head.headers, answer.body.value(), answer.cut)


@settings(max_examples=300, deadline=None)
@given(raw=LIKELY, size=st.integers(1, 7))
@example(raw=b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\nplain text", size=1)
def test_an_answer_means_the_same_in_whatever_pieces_it_comes(raw, size):
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]

    assert _read(pieces) == _read([raw] if raw else [])
