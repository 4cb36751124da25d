"""What goes out, byte by byte."""

from __future__ import annotations

import asyncio

import httpx
import pytest


@pytest.fixture
async def echo(serve, answer):
    """A server that keeps connections and records what it was sent."""
    return await serve(answer(b"ok"))


async def test_a_plain_request_goes_out_as_httpx_built_it(echo, ask):
    await ask(echo, "a/b?c=%20d", headers={"X-A": "b"})

    host = f"127.0.0.1:{echo.port}".encode()
    assert echo.requests == [b"GET /a/b?c=%20d HTTP/1.1\r\nHost: " + host + b"\r\nX-A: b\r\n\r\n"]


async def test_a_body_goes_out_with_its_length(echo, ask):
    await ask(echo, method="POST", content=b"a=b")

    assert b"Content-Length: 3\r\n" in echo.requests[0]
    assert echo.requests[0].endswith(b"\r\n\r\na=b")
    assert b"Expect" not in echo.requests[0]


@pytest.mark.parametrize("kind", ["generator", "stream"])
async def test_a_body_that_was_not_read_yet_is_read(echo, ask, kind):
    async def pieces():
        yield b"a="
        yield b"b"

    headers = {"Content-Length": "3"}
    body = {"content": pieces()} if kind == "generator" else {"stream": httpx.ByteStream(b"a=b")}
    await ask(echo, method="POST", headers=headers, **body)

    assert echo.requests[0].endswith(b"\r\n\r\na=b")


@pytest.mark.parametrize(
    "target", [b"/a/../b", b"//x", b"*", b"http://other/", b"/\xff\x00", b"/a b?c#d", b"x"]
)
async def test_a_raw_target_goes_out_as_it_is(echo, ask, target):
    await ask(echo, "ignored", extensions={"target": target})

    assert echo.requests[0].startswith(b"GET " + target + b" HTTP/1.1\r\n")


async def test_raw_headers_are_the_only_ones_and_go_out_as_they_are(echo, ask):
    raw = [(b"hOST", b"x"), (b"X-A", b"\xff\x00"), (b"X-A", b"2"), (b"a b", b" c")]
    await ask(echo, headers={"X-Other": "y"}, extensions={"raw_headers": raw})

    assert echo.requests == [
        b"GET / HTTP/1.1\r\nhOST: x\r\nX-A: \xff\x00\r\nX-A: 2\r\na b:  c\r\n\r\n"
    ]


@pytest.mark.parametrize(
    ("extensions", "connections"),
    [
        ({"target": b"/a/../b"}, 1),
        ({"target": b"/a\r\nX: y"}, 2),
        ({"target": b"/a b"}, 2),
        ({"raw_headers": [(b"Host", b"x"), (b"Host", b"y")]}, 1),
        ({"raw_headers": [(b"Host", b"x"), (b"X", b"y\r\nZ: a")]}, 2),
        ({"raw_headers": [(b"Host", b"x"), (b"X", b"y\0")]}, 2),
        ({"raw_headers": [(b"Host", b"x"), (b"Transfer-Encoding ", b"x")]}, 2),
        ({"raw_headers": [(b"Host", b"x"), (b"Content-Length", b"0")]}, 1),
        ({"raw_headers": [(b"Host", b"x"), (b"Content-Length", b"00")]}, 2),
    ],
)
async def test_a_connection_that_may_owe_an_answer_is_not_used_again(
    echo, ask, extensions, connections
):
    await ask(echo, extensions=extensions)
    await ask(echo)

    assert echo.connections == connections


async def test_the_answer_to_a_smuggled_request_reaches_nobody(serve, ask, answer):
    async def two(reader, writer):
        writer.write(answer(b"first"))
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(answer(b"smuggled"))

    server = await serve(two, answer(b"honest"))
    raw = [(b"Host", b"x"), (b"X", b"y\r\n\r\nGET /b HTTP/1.1\r\nHost: x")]

    first = await ask(server, extensions={"raw_headers": raw})
    second = await ask(server)

    assert (first.content, second.content) == (b"first", b"honest")


@pytest.mark.parametrize(
    "value", [b"a\r\nX-B: c", b"a\nb", b"a\rb", b"a\0b", b"a\r\n\r\nGET / HTTP/1.1"]
)
async def test_a_line_break_in_a_plain_header_is_refused(echo, ask, value):
    with pytest.raises(httpx.LocalProtocolError):
        await ask(echo, headers=[(b"X-A", value)])
    with pytest.raises(httpx.LocalProtocolError):
        await ask(echo, headers=[(b"X-A" + value, b"v")])
    assert echo.requests == []


@pytest.mark.parametrize("method", ["GET / HTTP/1.1\r\nX: y\r\n\r\nPOST", "G\nT", "GRÜN"])
async def test_a_method_cannot_break_its_line(echo, ask, method):
    with pytest.raises(httpx.LocalProtocolError):
        await ask(echo, method=method)
    assert echo.requests == []


@pytest.mark.parametrize("method", ["get", "PROPFIND", "X-Y"])
async def test_any_method_goes_out(echo, ask, method):
    await ask(echo, method=method)

    assert echo.requests[0].startswith(method.upper().encode() + b" / ")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "javascript:alert(1)", "/path", "http://"])
async def test_other_schemes_are_refused(wire, url):
    with pytest.raises(httpx.UnsupportedProtocol):
        await wire.handle_async_request(httpx.Request("GET", url))
