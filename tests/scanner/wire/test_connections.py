"""Connections: kept, dropped, pinned, lost, slow."""

from __future__ import annotations

import asyncio
import gzip
import socket

import httpx
import pytest

from scanner.wire import Wire, transport


async def test_one_connection_serves_one_request_after_another(serve, ask, answer):
    server = await serve(answer(b"hello"))

    for _ in range(5):
        await ask(server)

    assert server.connections == 1
    assert len(server.requests) == 5


async def test_the_connection_used_last_is_used_first(serve, ask, answer):
    server = await serve(answer(b"hello"))
    await asyncio.gather(*(ask(server) for _ in range(5)))
    opened = server.connections

    for _ in range(5):
        await ask(server)

    assert opened == server.connections == 5


async def test_idle_connections_are_limited_over_all_origins(serve, ask, answer):
    one, two = await serve(answer(b"hello")), await serve(answer(b"hello"))
    narrow = Wire(max_idle=2)
    await asyncio.gather(*(ask(one, through=narrow) for _ in range(3)))
    await ask(two, through=narrow)

    # of three to the first one remains: one was over the limit, one gave way to the second origin
    await asyncio.gather(*(ask(one, through=narrow) for _ in range(2)))
    await narrow.aclose()

    assert one.connections == 4
    assert two.connections == 1


@pytest.mark.parametrize(
    ("raw", "connections"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 2),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, Close\r\n\r\n", 2),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 2),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more", 2),
        (b"HTTP/1.1 204 No\r\n\r\nmore", 2),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nmore", 2),
    ],
)
async def test_a_connection_is_kept_when_the_answer_leaves_no_doubt(serve, ask, raw, connections):
    server = await serve(raw)

    first = await ask(server)
    await ask(server)

    assert first.extensions["repaired"] == ()
    assert server.connections == connections


async def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next(serve, ask, answer):
    said = asyncio.Event()

    async def twice(reader, writer):
        writer.write(answer(b"first"))
        await writer.drain()
        await said.wait()
        writer.write(answer(b"poison"))
        await writer.drain()
        await reader.read()

    server = await serve(twice, answer(b"second"))

    first = await ask(server)
    said.set()
    await asyncio.sleep(0.05)
    second = await ask(server)

    assert (first.content, second.content) == (b"first", b"second")
    assert second.extensions["retried"] is False


async def test_a_fresh_connection_can_be_demanded(serve, ask, answer):
    server = await serve(answer(b"hello"))

    await ask(server)
    await ask(server, extensions={"reuse": False})
    await ask(server)

    assert server.connections == 2


async def test_a_kept_connection_that_died_is_replaced_in_silence(serve, ask, answer):
    async def once(reader, writer):
        writer.write(answer(b"first"))
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")

    server = await serve(once, answer(b"second"))
    await ask(server)

    response = await ask(server)

    assert response.content == b"second"
    assert response.extensions["retried"] is True
    assert response.extensions["connected"] > 0


async def test_the_second_try_does_not_trust_another_kept_connection(serve, ask, answer):
    async def once(reader, writer):
        writer.write(answer(b"first"))
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")

    server = await serve(once, once, answer(b"second"))
    await asyncio.gather(ask(server), ask(server))

    response = await ask(server)

    assert response.content == b"second"


async def test_what_cannot_be_sent_twice_goes_out_on_a_young_connection(
    serve, ask, answer, monkeypatch
):
    server = await serve(answer(b"hello"))
    await ask(server)
    await ask(server, method="POST")
    together = server.connections
    monkeypatch.setattr(transport, "_YOUNG", 0.0)

    await ask(server)
    await ask(server, method="POST")

    assert (together, server.connections) == (1, 2)


async def test_a_post_is_not_sent_again_on_a_kept_connection_that_died(serve, ask, answer):
    async def once(reader, writer):
        writer.write(answer(b"first"))
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")

    server = await serve(once, answer(b"second"))
    await ask(server)

    with pytest.raises(httpx.RemoteProtocolError, match="without an answer"):
        await ask(server, method="POST", content=b"x")
    assert server.connections == 1


async def test_resets_are_tried_once_more_and_then_an_error(serve, ask):
    server = await serve(b"", then="reset")

    with pytest.raises(httpx.ReadError, match=f"127.0.0.1:{server.port}: .*reset"):
        await ask(server)
    assert server.connections == 2


async def test_a_reset_in_the_middle_of_a_body_is_an_error(serve, ask, answer):
    async def half(reader, writer):
        writer.write(answer(b"some", sized=False))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
        )
        writer.transport.abort()

    server = await serve(half)

    with pytest.raises(httpx.ReadError, match="before the answer was complete"):
        await ask(server)
    assert server.connections == 2


async def test_a_closed_port_is_a_connect_error_that_names_it(wire):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(httpx.ConnectError, match=f"127.0.0.1:{port}: connection refused") as caught:
        await wire.handle_async_request(httpx.Request("GET", f"http://127.0.0.1:{port}/"))
    assert caught.value.request.url.port == port


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid", ".."])
async def test_a_name_that_does_not_resolve_is_a_connect_error(wire, host):
    with pytest.raises(httpx.ConnectError, match=f"{host}:80: the name could not be resolved"):
        await wire.handle_async_request(httpx.Request("GET", f"http://{host}/"))


async def test_a_pinned_address_is_used_instead_of_the_name(serve, answer):
    server = await serve(answer(b"hello"))
    pinned = Wire(addresses={"Shop.Example": "127.0.0.1"})

    response = await pinned.handle_async_request(
        httpx.Request("GET", f"http://shop.example:{server.port}/")
    )
    await pinned.aclose()

    assert response.extensions["network_address"] == ("127.0.0.1", server.port)
    assert f"Host: shop.example:{server.port}".encode() in server.requests[0]


async def test_a_host_can_be_pinned_to_several_addresses(serve, answer):
    server = await serve(answer(b"hello"))
    pinned = Wire(addresses={"shop.example": ["::1", "127.0.0.1"]})

    response = await pinned.handle_async_request(
        httpx.Request("GET", f"http://shop.example:{server.port}/")
    )
    await pinned.aclose()

    assert response.extensions["network_address"] == ("127.0.0.1", server.port)


async def test_a_pin_holds_for_a_name_outside_ascii(serve, answer):
    server = await serve(answer(b"hello"))
    pinned = Wire(addresses={"bücher.example": "127.0.0.1"})

    response = await pinned.handle_async_request(
        httpx.Request("GET", f"http://bücher.example:{server.port}/")
    )
    await pinned.aclose()

    assert response.content == b"hello"


@pytest.mark.parametrize("first", ["::1", "127.0.0.2"])
async def test_of_several_addresses_the_first_that_answers_is_pinned(
    listen, serve, answer, monkeypatch, first
):
    server = await serve(answer(b"hello", "Connection: close"))
    found = [(0, 0, 0, "", (address, server.port)) for address in (first, "127.0.0.1")]
    loop = asyncio.get_running_loop()

    async def two(host, *rest, **more):
        return found

    monkeypatch.setattr(loop, "getaddrinfo", two)
    fresh = Wire()
    request = httpx.Request("GET", f"http://shop.example:{server.port}/")
    before = await fresh.handle_async_request(request)
    await listen(server.handle, first, server.port)
    after = await fresh.handle_async_request(request)
    await fresh.aclose()

    for response in (before, after):
        assert response.extensions["network_address"] == ("127.0.0.1", server.port)


async def test_the_late_body_of_a_head_answer_does_not_spoil_the_next(serve, ask, answer):
    async def late(reader, writer):
        writer.write(answer(b"", "X: y"))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"the body that should not be there")
        await writer.drain()
        await reader.read()

    server = await serve(late, answer(b"clean"))
    await ask(server, method="HEAD")

    response = await ask(server)

    assert response.content == b"clean"
    assert response.extensions["retried"] is True


async def test_a_name_is_resolved_once_and_then_pinned(serve, answer, monkeypatch):
    server = await serve(answer(b"hello", "Connection: close"))
    loop = asyncio.get_running_loop()
    asked, resolve = [], loop.getaddrinfo

    async def counting(host, *rest, **more):
        asked.append(host)
        return await resolve(host, *rest, **more)

    monkeypatch.setattr(loop, "getaddrinfo", counting)
    fresh = Wire()
    request = httpx.Request("GET", f"http://localhost:{server.port}/")
    await asyncio.gather(*(fresh.handle_async_request(request) for _ in range(5)))
    await fresh.handle_async_request(request)
    await fresh.aclose()

    assert asked.count("localhost") == 1


async def test_ipv6_is_spoken(serve, ask, answer):
    server = await serve(answer(b"six"), host="::1")

    response = await ask(server)

    assert response.content == b"six"
    assert response.extensions["network_address"] == ("::1", server.port)
    assert f"Host: [::1]:{server.port}".encode() in server.requests[0]


async def _silent(reader, writer):
    await reader.read()


async def test_silence_is_a_read_timeout(serve, ask):
    server = await serve(_silent)

    with pytest.raises(httpx.ReadTimeout, match=f"127.0.0.1:{server.port}: no answer in time"):
        await ask(server, extensions={"timeout": 0.1})
    assert server.connections == 1


async def test_the_timeout_of_the_wire_holds_without_one_of_the_request(serve, ask):
    server = await serve(_silent)
    hasty = Wire(timeout=0.1)

    with pytest.raises(httpx.ReadTimeout):
        await ask(server, through=hasty)
    await hasty.aclose()


@pytest.mark.parametrize("part", [b"X: y\r\n", b"\r\n" + b"x" * 50])
async def test_a_dripping_answer_ends_with_the_whole_timeout(serve, ask, part):
    async def drip(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n" + part)
        while not writer.transport.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.01)

    server = await serve(drip)

    with pytest.raises(httpx.ReadTimeout, match="not complete in time"):
        await ask(server, extensions={"timeout": 0.2})


async def test_the_read_timeout_of_httpx_bounds_one_silence(serve, ask, answer):
    async def slow(reader, writer):
        for byte in answer(b""):
            writer.write(bytes([byte]))
            await asyncio.sleep(0.005)

    limits = httpx.Timeout(600, read=0.1).as_dict()
    dripping, silent = await serve(slow), await serve(_silent)

    assert (await ask(dripping, extensions={"timeout": limits})).status_code == 200
    with pytest.raises(httpx.ReadTimeout):
        await asyncio.wait_for(ask(silent, extensions={"timeout": limits}), 5)


async def test_a_server_that_does_not_read_is_a_write_timeout(serve, ask):
    async def deaf(reader, writer):
        writer.transport.pause_reading()
        await asyncio.sleep(0.4)

    server = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", deaf)
    await ask(server)
    gate = {"timeout": 0.1, "raw_headers": [(b"Host", b"x")]}

    with pytest.raises(httpx.WriteTimeout):
        await ask(server, method="POST", content=bytes(40_000_000), extensions=gate)


async def test_an_answer_before_the_body_was_read_is_taken(listen, wire, answer):
    async def refuse(reader, writer):
        writer.write(answer(b"too large", status="413 Content Too Large"))
        await asyncio.Event().wait()

    url = "http://{}:{}/".format(*await listen(refuse))

    for _ in range(2):
        request = httpx.Request("POST", url, content=bytes(40_000_000))
        response = await wire.handle_async_request(request)
        assert (response.status_code, response.content) == (413, b"too large")
        assert response.extensions["connected"] > 0


async def test_an_event_stream_is_cut_when_its_time_is_up(serve, ask):
    async def stream(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        await reader.read()

    server = await serve(stream)

    response = await ask(server, extensions={"timeout": 0.2})

    assert response.content == b"data: 1\n\n"
    assert response.extensions["cut"] is True


async def test_cancelling_closes_the_connection(serve, ask):
    gone = asyncio.Event()

    async def wait(reader, writer):
        await reader.read()
        gone.set()

    server = await serve(wait)
    asking = asyncio.create_task(ask(server))
    while not server.requests:
        await asyncio.sleep(0)

    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.wait_for(gone.wait(), 2)

    assert server.connections == 1


async def test_closing_the_wire_ends_what_is_under_way(serve, ask):
    server = await serve(_silent)
    own = Wire()
    asking = asyncio.create_task(ask(server, through=own))
    while not server.requests:
        await asyncio.sleep(0)

    await own.aclose()

    with pytest.raises(httpx.ConnectError, match="the wire is closed"):
        await asking
    with pytest.raises(httpx.ConnectError, match="the wire is closed"):
        await ask(server, through=own)
    assert server.connections == 1


async def test_many_timeouts_at_once_each_end_in_their_own_time(serve, ask, answer):
    silent, quick = await serve(_silent), await serve(answer(b"ok"))
    limits = [0.05, 0.3, 0.1, 0.2]

    results = await asyncio.gather(
        *(ask(silent, extensions={"timeout": limit}) for limit in limits),
        *(ask(quick) for _ in range(20)),
        return_exceptions=True,
    )

    assert [type(result) for result in results[:4]] == [httpx.ReadTimeout] * 4
    assert [result.content for result in results[4:]] == [b"ok"] * 20


async def test_it_serves_an_async_client_too(serve, answer, wire):
    server = await serve(answer(gzip.compress(b"hello"), "Content-Encoding: gzip"))

    async with httpx.AsyncClient(transport=wire, trust_env=False) as client:
        response = await client.post(server.url, json={"a": 1})

    assert response.text == "hello"
    assert server.requests[0].endswith(b'{"a":1}')


async def test_the_environment_is_not_asked_for_a_proxy(serve, ask, answer, monkeypatch):
    server = await serve(answer(b"direct"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    own = Wire()

    response = await ask(server, through=own)
    await own.aclose()

    assert response.content == b"direct"
