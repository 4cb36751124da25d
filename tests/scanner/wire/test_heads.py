"""Heads of answers: well-formed, broken in ways that servers are, and hostile."""

from __future__ import annotations

import asyncio
from encodings.aliases import aliases

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.wire.response import WholeResponse


async def test_a_well_formed_answer_needs_no_repair(serve, ask, answer):
    server = await serve(answer(b"hello", "X-One: 1", "Content-Type: text/plain"))

    response = await ask(server)

    assert (response.status_code, response.text) == (200, "hello")
    assert response.headers["x-one"] == "1"
    assert response.extensions["repaired"] == ()
    assert response.extensions["cut"] is False
    assert response.extensions["http_version"] == b"HTTP/1.1"
    assert response.reason_phrase == "OK"
    assert response.extensions["network_address"] == ("127.0.0.1", server.port)
    assert response.request.url == server.url


async def test_timings_are_in_order(serve, ask, answer):
    server = await serve(answer(b"hello"))

    first = (await ask(server)).extensions
    second = (await ask(server)).extensions

    assert first["connected"] > 0
    assert second["connected"] == 0
    assert 0 < first["first_byte"] <= first["elapsed"]


@pytest.mark.parametrize(
    ("raw", "status", "headers", "note"),
    [
        (b"HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nhi", 200, {"a": "b"}, "LF instead of CRLF"),
        (b"HTTP/1.1 200 OK\r\nA: b\n\r\nhi", 200, {"a": "b"}, "LF instead of CRLF"),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\r\nhi", 200, {"a": "b c"}, "folded"),
        (b"HTTP/1.1 200 OK\r\n A: b\r\n\r\nhi", 200, {}, "continuation line"),
        (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\nhi", 200, {"a": "b"}, "and its colon"),
        (b"HTTP/1.1 200 OK\r\nA b: c\r\n\r\nhi", 200, {"a b": "c"}, "forbidden characters"),
        (b"HTTP/1.1 200 OK\r\nnothing\r\nA: b\r\n\r\nhi", 200, {"a": "b"}, "'nothing'"),
        (b"HTTP/1.1 200 OK\r\n: v\r\nA: b\r\n\r\nhi", 200, {"a": "b"}, "no header"),
        (b"HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\nhi", 200, {"a": "b\0c"}, "control characters"),
        (b"HTTP/1.1 200 OK\r\nA: b\rB: c\r\n\r\nhi", 200, {"a": "b\rB: c"}, "control characters"),
        (b"HTTP/1.1 200OK\r\nA: b\r\n\r\nhi", 200, {"a": "b"}, "not well-formed"),
        (b"HTTP/1.1  404  No\r\n\r\nhi", 404, {}, "not well-formed"),
        (b"http/1.1 200 ok\r\n\r\nhi", 200, {}, "not well-formed"),
        (b"HTTP/2 200\r\n\r\nhi", 200, {}, "not well-formed"),
        (b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhi", 200, {}, "empty lines"),
    ],
)
async def test_a_broken_head_is_mended_and_said(serve, ask, raw, status, headers, note):
    server = await serve(raw, then="close")

    response = await ask(server)

    assert response.status_code == status
    assert response.content == b"hi"
    assert {name: response.headers.get(name) for name in headers} == headers
    assert any(note in repair for repair in response.extensions["repaired"])


async def test_a_connection_with_a_mended_answer_is_not_used_again(serve, ask):
    server = await serve(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi")

    await ask(server)
    await ask(server)

    assert server.connections == 2


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 200\r\n\r\nhi", b"HTTP/1.1 200 \r\n\r\nhi", b"HTTP/1.0 200 OK\r\n\r\nhi"]
)
async def test_a_missing_reason_or_an_old_version_is_no_fault(serve, ask, raw):
    server = await serve(raw, then="close")

    response = await ask(server)

    assert response.content == b"hi"
    assert response.extensions["repaired"] == ()


async def test_bytes_outside_ascii_survive_in_cookies_and_reason(serve, ask):
    server = await serve(
        b"HTTP/1.1 200 \xc4h\r\nSet-Cookie: a=\xff\xfe; Path=/\r\n"
        b"X-A: b\r\nContent-Length: 0\r\n\r\n"
    )

    response = await ask(server)

    assert response.headers["set-cookie"] == "a=\xff\xfe; Path=/"
    assert (b"Set-Cookie", b"a=\xff\xfe; Path=/") in response.headers.raw
    assert response.headers["x-a"] == "b"
    assert response.extensions["reason_phrase"] == b"\xc4h"
    assert (await ask(server)).status_code == 200


async def test_equal_headers_stay_apart_and_in_order(serve, ask, answer):
    server = await serve(answer(b"", "Set-Cookie: a=1", "X: y", "Set-Cookie: b=2"))

    response = await ask(server)

    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]


async def test_a_head_in_single_bytes_is_read(serve, ask, answer):
    async def drip(reader, writer):
        for byte in answer(b"hello", "A: b"):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    server = await serve(drip)

    response = await ask(server)

    assert (response.content, response.headers["a"]) == (b"hello", "b")


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"<html>no head at all</html>",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 099 low\r\n\r\n",
        b"HTTP\r\n\r\n",
        b"\r\n" * 100,
    ],
)
async def test_what_is_not_http_is_an_error_that_names_the_server(serve, ask, raw):
    server = await serve(raw, then="close")

    with pytest.raises(httpx.RemoteProtocolError, match=f"127.0.0.1:{server.port}: "):
        await ask(server)


async def test_more_header_lines_than_256_are_refused(serve, ask, answer):
    few = await serve(answer(b"ok", *(f"X-{n}: v" for n in range(255))))
    many = await serve(answer(b"ok", *(f"X-{n}: v" for n in range(257))))
    mended = await serve(answer(b"ok", *(f"X {n}: v" for n in range(257))))

    assert (await ask(few)).content == b"ok"
    for server in (many, mended):
        with pytest.raises(httpx.RemoteProtocolError, match="256 header lines"):
            await ask(server)


@pytest.mark.parametrize("line", [b"X: y\r\n", b"x" * 1000, b"\0"])
async def test_a_head_without_end_is_refused(serve, ask, line):
    async def endless(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.transport.is_closing():
            writer.write(line * 100)
            await writer.drain()

    server = await serve(endless)

    with pytest.raises(httpx.RemoteProtocolError, match="longer than"):
        await ask(server)


async def test_interim_answers_are_skipped(serve, ask, answer):
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    server = await serve(interim + answer(b"real"))

    response = await ask(server)

    assert (response.status_code, response.content) == (200, b"real")
    assert "link" not in response.headers


async def test_interim_answers_without_end_are_refused(serve, ask):
    async def endless(reader, writer):
        while not writer.transport.is_closing():
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
            await writer.drain()

    server = await serve(endless)

    with pytest.raises(httpx.RemoteProtocolError, match="longer than"):
        await ask(server)


async def test_switching_protocols_is_a_final_answer(serve, ask):
    head = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    server = await serve(head + b"\x81\x02hi")

    response = await ask(server)
    await ask(server)

    assert (response.status_code, response.content) == (101, b"")
    assert response.headers["upgrade"] == "websocket"
    assert server.connections == 2


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html; charset=zlib_codec",
        "text/html; charset=undefined",
        "text/html; charset=idna",
        "text/html; charset*=zlib''%78",
        'text/html; charset="',
        "text/html; charset=\x80",
        "text/html; charset=nonsense",
    ],
)
async def test_a_hostile_charset_cannot_break_the_text(serve, ask, answer, content_type):
    server = await serve(answer("grün".encode(), f"Content-Type: {content_type}"))

    assert (await ask(server)).text == "grün"


async def test_the_charset_of_the_server_is_used(serve, ask, answer):
    server = await serve(answer("grün".encode("cp1252"), "Content-Type: a/b; charset=cp1252"))

    assert (await ask(server)).text == "grün"


@settings(max_examples=500, deadline=None)
@given(charset=st.sampled_from(sorted({*aliases, *aliases.values()})), content=st.binary())
@example(charset="utf-16", content=b"ab")
@example(charset="utf-32", content=b"ab")
@example(charset="iso-2022-jp", content=b"\x1b$B" + b"\x1b" * 12)
def test_no_charset_makes_the_text_raise(charset, content):
    headers = [(b"Content-Type", b"text/html; charset=" + charset.encode())]
    request = httpx.Request("GET", "http://127.0.0.1/")

    response = WholeResponse(200, headers, content, request, {})

    assert isinstance(response.text, str)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le"])
def test_utf_16_is_read_with_and_without_its_mark(codec):
    headers = [(b"Content-Type", b"text/html; charset=utf-16")]
    request = httpx.Request("GET", "http://127.0.0.1/")

    response = WholeResponse(200, headers, "grün".encode(codec), request, {})

    assert response.text == "grün"
