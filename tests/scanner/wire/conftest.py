"""A server that sends exact bytes, and a wire to ask it with."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from scanner.wire import Wire

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class RawServer:
    """Answers each request with the next of its answers, the last one again and again.

    An answer is bytes, or a coroutine function that is given reader and writer. `then` says what
    happens after bytes: keep, close or reset.
    """

    def __init__(self, answers: tuple[bytes | Script, ...], then: str) -> None:
        self.answers = list(answers)
        self.then = then
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self.host = "127.0.0.1"
        self.scheme = "http"

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}/"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            self.requests.append(await read_request(reader))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if not isinstance(answer, bytes):
                await answer(reader, writer)
                break
            writer.write(answer)
            await writer.drain()
            if self.then == "reset":
                reset(writer)
            if self.then != "keep":
                break


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head + await reader.readexactly(int(line.split(b":")[1]))
    return head


def reset(writer: asyncio.StreamWriter) -> None:
    """Ends the connection with RST."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.fixture
async def listen() -> AsyncIterator[Callable[..., Awaitable[tuple[str, int]]]]:
    """Starts servers of asyncio: `host, port = await listen(handler)`. All ends with the test."""
    servers: list[asyncio.Server] = []
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def start(
        handler: Script, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> tuple[str, int]:
        async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            try:
                await handler(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
                pass
            finally:
                writer.close()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.ensure_future(run(reader, writer)))

        server = await asyncio.start_server(connected, host, port, ssl=tls)
        servers.append(server)
        return server.sockets[0].getsockname()[:2]

    yield start
    for server in servers:
        server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for writer in writers:
        writer.transport.abort()
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.fixture
async def serve(listen) -> Callable[..., Awaitable[RawServer]]:
    """Starts raw servers: `await serve(b"HTTP/1.1 …", then="close")`."""

    async def start(
        *answers: bytes | Script,
        then: str = "keep",
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> RawServer:
        made = RawServer(answers, then)
        made.host, made.port = await listen(made.handle, host, tls=tls)
        made.scheme = "https" if tls else "http"
        return made

    return start


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire(timeout=5)
    yield made
    await made.aclose()


@pytest.fixture
def ask(wire: Wire) -> Callable[..., Awaitable[httpx.Response]]:
    """Sends one request: `await ask(server)`; `through` another wire than the fixture's."""

    async def send(
        server: RawServer,
        path: str = "",
        method: str = "GET",
        through: Wire | None = None,
        **rest: object,
    ) -> httpx.Response:
        request = httpx.Request(method, server.url + path, **rest)
        return await (through or wire).handle_async_request(request)

    return send


@pytest.fixture
def answer() -> Callable[..., bytes]:
    """The bytes of an answer: `answer(b"body", "X-A: b", status="200 OK")`, with its length."""

    def make(body: bytes = b"", *headers: str, status: str = "200 OK", sized: bool = True) -> bytes:
        lines = [f"HTTP/1.1 {status}", *headers]
        if sized:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    return make
