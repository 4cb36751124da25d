"""Where bodies end, and how much of them is taken."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import brotli
import httpx
import pytest

from scanner.wire import Wire
from scanner.wire.decode import Body

CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No"), ("GET", "304 Not Modified")]
)
async def test_answers_without_body_end_at_the_head(serve, ask, method, status):
    head = f"HTTP/1.1 {status}\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n".encode()
    server = await serve(head)

    first = await ask(server, method=method)
    second = await ask(server, method=method)

    assert (first.content, second.content) == (b"", b"")
    assert first.headers["content-length"] == "5"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"5;ext=1\r\nhello\r\n1 \r\n!\r\n0\r\nTrailer: x\r\n\r\n", b"hello!"),
        (b"00A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
        (b"5\nhello\n0\n\n", b"hello"),
        (b"5\r\nhello0\r\n\r\n", b"hello"),
        (b"0\r\n\r\n", b""),
    ],
)
@pytest.mark.parametrize("in_bytes", [False, True])
async def test_chunks_are_joined_and_the_connection_stays(serve, ask, answer, raw, body, in_bytes):
    data = answer(raw, CHUNKED, sized=False)

    async def drip(reader, writer):
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
        await reader.read(1)

    server = await serve(drip if in_bytes else data)

    response = await ask(server)

    assert response.content == body
    assert response.extensions["cut"] is False
    if not in_bytes:
        await ask(server)
        assert server.connections == 1


@pytest.mark.parametrize("size", [b"zz", b"-1", b"0x5", b"+5", b"1_0", b"\xff", b"f" * 17])
async def test_an_unreadable_chunk_size_cuts_the_body_and_is_said(serve, ask, answer, size):
    server = await serve(answer(b"2\r\nhi\r\n" + size + b"\r\nrest", CHUNKED, sized=False))

    response = await ask(server)

    assert response.content == b"hi"
    assert response.extensions["cut"] is True
    assert "chunk's size" in response.extensions["repaired"][0]


@pytest.mark.parametrize(
    "raw", [b"1;" + b"x" * 9000, b"0\r\n" + b"A: b\r\n" * 20_000], ids=["extension", "trailers"]
)
async def test_endless_chunk_extensions_and_trailers_are_cut(serve, ask, answer, raw):
    server = await serve(answer(raw, CHUNKED, sized=False))

    response = await ask(server)

    assert response.extensions["cut"] is True
    assert "too long" in response.extensions["repaired"][0]


async def test_a_body_without_length_ends_with_the_connection(serve, ask, answer):
    server = await serve(answer(b"all of it", sized=False), then="close")

    response = await ask(server)

    assert response.content == b"all of it"
    assert response.extensions["repaired"] == ()


async def test_transfer_encoding_wins_over_content_length_and_is_said(serve, ask, answer):
    server = await serve(answer(b"2\r\nhi\r\n0\r\n\r\n", CHUNKED, "Content-Length: 3", sized=False))

    response = await ask(server)
    await ask(server)

    assert response.content == b"hi"
    assert "Content-Length" in response.extensions["repaired"][0]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("lines", "body", "note"),
    [
        (["Content-Length: 2", "Content-Length: 2"], b"hi", "more than once"),
        (["Content-Length: 2, 2"], b"hi", "more than once"),
        (["Content-Length: 2", "Content-Length: 4"], b"hi", "different values"),
        (["Content-Length: -1"], b"hi!!", "can't be read"),
        (["Content-Length:"], b"hi!!", "can't be read"),
        (["Content-Length: 99999999999999999999"], b"hi!!", "can't be read"),
        ([CHUNKED, CHUNKED], b"", "more than once"),
    ],
)
async def test_contradicting_lengths_are_decided_and_said(serve, ask, answer, lines, body, note):
    raw = b"hi!!" if CHUNKED not in lines else b"0\r\n\r\n"
    server = await serve(answer(raw, *lines, sized=False), then="close")

    response = await ask(server)

    assert response.content == body
    assert any(note in repair for repair in response.extensions["repaired"])


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data, wbits=-15)),
        ("br", brotli.compress),
        ("GZIP", gzip.compress),
        ("identity", lambda data: data),
        ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
        ("gzip", lambda data: gzip.compress(data[:4]) + gzip.compress(data[4:])),
    ],
)
@pytest.mark.parametrize("in_bytes", [False, True])
async def test_codings_are_undone_and_their_header_stays(
    serve, ask, answer, coding, encode, in_bytes
):
    text = b"some text, some text, some text " * 10
    data = answer(encode(text), f"Content-Encoding: {coding}")

    async def drip(reader, writer):
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()

    server = await serve(drip if in_bytes else data)

    response = await ask(server)

    assert response.content == text
    assert response.text == text.decode()
    assert response.headers["content-encoding"] == coding
    assert response.extensions["repaired"] == ()
    assert response.extensions["cut"] is False


async def test_a_coding_of_the_transfer_is_undone_too(serve, ask, answer):
    packed = gzip.compress(b"hello")
    raw = b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)
    server = await serve(answer(raw, "Transfer-Encoding: gzip, chunked", sized=False))

    assert (await ask(server)).content == b"hello"


@pytest.mark.parametrize(
    ("coding", "body", "content", "note"),
    [
        ("gzip", b"plain text", b"plain text", "is not gzip"),
        ("br", b"plain text", b"plain text", "is not br"),
        ("deflate", b"plain text", b"plain text", "is not deflate"),
        ("zstd", b"(\xb5/\xfd", b"(\xb5/\xfd", "'zstd' is not known"),
        ("gzip, gzip, gzip, gzip, gzip", b"x", b"x", "more than 4"),
        ("gzip", gzip.compress(b"hello", mtime=0)[:-8], b"hello", "ends too early"),
    ],
)
async def test_codings_that_do_not_hold_are_said(serve, ask, answer, coding, body, content, note):
    server = await serve(answer(body, f"Content-Encoding: {coding}"))

    response = await ask(server)

    assert response.content == content
    assert any(note in repair for repair in response.extensions["repaired"])


async def test_an_encoded_body_that_breaks_off_keeps_what_came_and_is_cut(serve, ask, answer):
    packed = zlib.compress(bytes(range(256)) * 4000, level=0)
    server = await serve(
        answer(packed[:200_000] + b"\xff" * 10_000 + packed[200_000:], "Content-Encoding: deflate")
    )

    response = await ask(server)

    assert response.content.startswith(bytes(range(256)))
    assert response.extensions["cut"] is True
    assert "breaks off" in response.extensions["repaired"][0]


def _deep(coding: str, size: int) -> bytes:
    match coding:
        case "gzip":
            return gzip.compress(bytes(size), compresslevel=9)
        case "deflate":
            return zlib.compress(bytes(size), 9)
        case "br":
            return brotli.compress(bytes(size), quality=5)
        case _:
            return gzip.compress(gzip.compress(bytes(size)))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip"])
async def test_a_bomb_unfolds_to_the_cap_and_no_further(serve, ask, answer, coding):
    server = await serve(answer(_deep(coding, 20_000_000), f"Content-Encoding: {coding}"))
    small = Wire(max_body=100_000)

    response = await ask(server, through=small)
    await small.aclose()

    assert response.content == bytes(100_000)
    assert response.extensions["cut"] is True


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_bomb_in_one_piece_never_unfolds_in_memory(coding):
    bomb = _deep(coding, 30_000_000)
    body = Body([coding.encode()], 100_000)
    tracemalloc.start()

    body.add(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 3_000_000
    assert body.full


async def test_a_bomb_in_an_inner_layer_ends_at_the_cap(serve, ask, answer):
    # deflate blocks of nothing: the outer layer stays empty whatever the inner one unfolds to
    nothing = b"\x00\x00\x00\xff\xff" * 4_000_000
    server = await serve(answer(gzip.compress(nothing), "Content-Encoding: deflate, gzip"))
    small = Wire(max_body=100_000)

    response = await ask(server, through=small)
    await small.aclose()

    assert response.content == b""
    assert response.extensions["cut"] is True


@pytest.mark.parametrize(("size", "cut"), [(999, False), (1000, False), (1001, True)])
@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
async def test_the_cap_is_exact(serve, ask, answer, size, cut, coding):
    pack = {"identity": bytes, "gzip": gzip.compress, "br": brotli.compress}[coding]
    server = await serve(answer(pack(b"x" * size), f"Content-Encoding: {coding}"))
    small = Wire(max_body=1000)

    response = await ask(server, through=small)
    await small.aclose()

    assert len(response.content) == min(size, 1000)
    assert response.extensions["cut"] is cut


@pytest.mark.parametrize("head", ["sized", "chunked", "close"])
async def test_an_endless_body_is_cut_and_its_connection_closed(serve, ask, answer, head):
    closed = asyncio.Event()

    async def endless(reader, writer):
        lines = {"sized": ["Content-Length: 99999999999"], "chunked": [CHUNKED], "close": []}[head]
        writer.write(answer(b"", *lines, sized=False))
        try:
            while not writer.transport.is_closing():
                writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
                await writer.drain()
        finally:
            closed.set()

    server = await serve(endless)
    small = Wire(max_body=1_000_000)

    response = await ask(server, through=small)
    await closed.wait()
    await small.aclose()

    assert len(response.content) == 1_000_000
    assert response.extensions["cut"] is True


async def test_chunks_of_one_byte_do_not_get_around_the_cap(serve, ask, answer):
    async def endless(reader, writer):
        writer.write(answer(b"", CHUNKED, sized=False))
        while not writer.transport.is_closing():
            writer.write((b"1;" + b"y" * 1000 + b"\r\nx\r\n") * 100)
            await writer.drain()

    server = await serve(endless)
    small = Wire(max_body=100_000)

    response = await ask(server, through=small)
    await small.aclose()

    assert 0 < len(response.content) < 100_000
    assert response.extensions["cut"] is True


@pytest.mark.parametrize("tail", [["Content-Length: 100"], [CHUNKED]], ids=["sized", "chunked"])
async def test_half_an_answer_is_asked_for_once_more_and_then_an_error(serve, ask, answer, tail):
    server = await serve(answer(b"5\r\nhello\r\n", *tail, sized=False), then="close")

    with pytest.raises(httpx.RemoteProtocolError, match="before the answer was complete"):
        await ask(server)
    assert server.connections == 2


async def test_a_whole_answer_after_half_a_one_is_taken(serve, ask, answer):
    server = await serve(answer(b"hello")[:-2], answer(b"hello"), then="close")

    response = await ask(server)

    assert response.content == b"hello"
    assert response.extensions["retried"] is True


async def test_a_post_is_never_sent_twice(serve, ask, answer):
    server = await serve(answer(b"hello")[:-2], answer(b"hello"), then="close")

    with pytest.raises(httpx.RemoteProtocolError):
        await ask(server, method="POST", content=b"x")
    assert server.connections == 1
