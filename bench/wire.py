"""Requests per CPU second of HTTP clients, side by side: `python bench/wire.py`.

Answers of 1 KB over kept-alive connections to a raw server on loopback in a process of its own;
each client runs in a fresh process too, so that only its own CPU time counts. A row is one
function in ROWS: it is given the URL and yields a coroutine function that asks once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

Ask = Callable[[], Awaitable[None]]
Row = Callable[[str], AbstractAsyncContextManager[Ask]]

_BODY = b"x" * 1024
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: bench\r\n"
    b"Content-Type: text/html; charset=utf-8\r\nContent-Length: 1024\r\n"
    b"X-Content-Type-Options: nosniff\r\n\r\n" + _BODY
)
_HEADERS = {"user-agent": "bench", "accept": "*/*"}


def check(size: int) -> None:
    if size != len(_BODY):
        raise SystemExit(f"a body of {size} bytes came back")


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[Ask]:
    """Our transport alone, with one request object built beforehand."""
    import httpx

    from scanner.wire import Wire

    transport = Wire()
    request = httpx.Request("GET", url, headers=_HEADERS)

    async def ask() -> None:
        response = await transport.handle_async_request(request)
        check(len(response.content))

    yield ask
    await transport.aclose()


@asynccontextmanager
async def wire_and_request(url: str) -> AsyncIterator[Ask]:
    """Our transport, with an httpx.Request built for each question."""
    import httpx

    from scanner.wire import Wire

    transport = Wire()

    async def ask() -> None:
        request = httpx.Request("GET", url, headers=_HEADERS)
        response = await transport.handle_async_request(request)
        check(len(response.content))

    yield ask
    await transport.aclose()


@asynccontextmanager
async def site(url: str) -> AsyncIterator[Ask]:
    """What a check pays: `Site.get`, through scope, budget and pace."""
    from scanner.masking import Masker
    from scanner.site.deployment import deploy
    from scanner.targets import Target

    limits = {"rate": 999_999, "concurrency": 1_000, "max_requests": 900_000, "timeout": 60}
    origin, _, path = url.removeprefix("http://").partition("/")
    target = Target.model_validate({"name": "x", "url": f"http://{origin}", "limits": limits})
    async with deploy(target, "passive", Masker()) as deployment:
        asked = deployment.site("bench")

        async def ask() -> None:
            check(len((await asked.get(f"/{path}")).content))

        yield ask


@asynccontextmanager
async def stock_httpx(url: str) -> AsyncIterator[Ask]:
    import httpx

    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=1000)
    async with httpx.AsyncClient(
        limits=limits, trust_env=False, headers=_HEADERS, timeout=60
    ) as client:

        async def ask() -> None:
            check(len((await client.get(url)).content))

        yield ask


@asynccontextmanager
async def aiohttp_client(url: str) -> AsyncIterator[Ask]:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=1000)
    async with aiohttp.ClientSession(connector=connector, headers=_HEADERS) as session:

        async def ask() -> None:
            async with session.get(url) as response:
                check(len(await response.read()))

        yield ask


ROWS: dict[str, Row] = {
    "httpx.AsyncClient": stock_httpx,
    "aiohttp": aiohttp_client,
    "Wire": wire,
    "Wire + Request": wire_and_request,
    "Site.get": site,
}


async def measure(row: Row, url: str, requests: int, concurrency: int) -> dict[str, float]:
    """CPU and wall seconds of `requests` questions, `concurrency` at a time, after a warm-up."""
    async with row(url) as ask:

        async def worker(share: int) -> None:
            for _ in range(share):
                await ask()

        async def run(count: int) -> None:
            await asyncio.gather(*(worker(count // concurrency) for _ in range(concurrency)))

        await run(4 * concurrency)
        cpu, wall = time.process_time(), time.perf_counter()
        await run(requests)
        return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


class _Server(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(_ANSWER * data.count(b"\r\n\r\n"))


async def serve() -> None:
    """Serves until standard input closes; says its port in the first line."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Server, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def compare(requests: int, repeats: int) -> None:
    me = [sys.executable, __file__]
    server = subprocess.Popen(
        [*me, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/page?x=1"
        for concurrency in (10, 100):
            best: dict[str, float] = {}
            for _ in range(repeats):
                for name in ROWS:
                    # the stock client needs milliseconds a request at 100
                    count = requests // 4 if name == "httpx.AsyncClient" else requests
                    call = [*me, "--row", name, "--url", url, "--requests", str(count)]
                    done = subprocess.run(
                        [*call, "--concurrency", str(concurrency)],
                        check=True,
                        capture_output=True,
                        text=True,
                        timeout=120,
                    )
                    rate = count / json.loads(done.stdout)["cpu"]
                    best[name] = max(best.get(name, 0.0), rate)
            show(concurrency, best)
    finally:
        server.stdin.close()
        server.wait(10)


def show(concurrency: int, rates: dict[str, float]) -> None:
    print(f"\nconcurrency {concurrency:<11} requests per CPU second   of httpx   of aiohttp")
    for name, rate in rates.items():
        of_httpx = rate / rates["httpx.AsyncClient"]
        of_aiohttp = rate / rates["aiohttp"]
        print(f"{name:<23} {rate:>23,.0f} {of_httpx:>10.1f} {of_aiohttp:>12.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--row", choices=ROWS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--concurrency", type=int, default=10, help=argparse.SUPPRESS)
    parser.add_argument("--requests", type=int, default=6000, help="requests of one run")
    parser.add_argument("--repeats", type=int, default=2, help="runs, of which the best counts")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
    elif given.row:
        row = ROWS[given.row]
        print(json.dumps(asyncio.run(measure(row, given.url, given.requests, given.concurrency))))
    else:
        compare(given.requests, given.repeats)


if __name__ == "__main__":
    main()
