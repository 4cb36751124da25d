"""Targets that refuse, hang, flood and lie: a scan ends soon, says why, and loses nothing."""

from __future__ import annotations

import asyncio
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from scanning import live_check, report_of, run_of

from scanner.model import CheckRun, Finding, Note, Outcome, Report
from scanner.proof import HeaderAbsent
from scanner.site.answer import seen

Serve = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""Answers one request, given its target."""


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    tasks: set[asyncio.Task[None] | None] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await serve(head.split()[1].decode("latin-1"), writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in filter(None, tasks):
            task.cancel()
        await asyncio.sleep(0)


async def _pages(site: Any) -> AsyncIterator[Finding | Note]:
    """Finds every page without a header, and says how much it read of what was left."""
    async for page in site.pages():
        if page.status_code == 200:
            yield PAGES.at(page, "bare", HeaderAbsent("x-header"))
        size, cut = len(page.content), bool(page.extensions.get("cut"))
        yield Note(f"{seen(page).path} {page.status_code} {size} {'cut' if cut else 'whole'}")


async def _asks(site: Any) -> AsyncIterator[Finding]:
    """Finds the good page, then asks for the odd one."""
    yield ASKS.at(await site.get("/good"), "bare", HeaderAbsent("x-header"))
    yield ASKS.at(await site.get("/odd"), "odd", HeaderAbsent("x-header"))


PAGES = live_check("room/pages", _pages)
ASKS = live_check("room/asks", _asks, crawled=False, probes="active")


async def attacked(serve: Serve, **settings: Any) -> Report:
    limits = {"timeout": 0.3, **settings.pop("limits", {})}
    async with listening(serve) as url:
        work = report_of([PAGES, ASKS], {"url": url, "limits": limits, **settings})
        return await asyncio.wait_for(work, 20)


def whole(body: bytes, *lines: bytes) -> bytes:
    head = [b"HTTP/1.1 200 OK", b"Content-Type: text/html", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*head, *lines, b"", body])


def beside(odd: bytes | Serve) -> Serve:
    """Good pages at / and /good; `odd` at /odd, to which / links."""

    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/odd" and callable(odd):
            await odd(path, writer)
        elif path == "/odd" and isinstance(odd, bytes):
            writer.write(odd)
        elif path in ("/", "/good"):
            writer.write(whole(b'<a href="/odd">odd</a><a href="/good">good</a>'))
        else:
            writer.write(b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n")

    return serve


def places(run: CheckRun) -> list[str]:
    return sorted(place.url.rpartition("/")[2] for f in run.findings for place in f.places)  # type: ignore[union-attr]


async def hang(path: str, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def reset(path: str, writer: asyncio.StreamWriter) -> None:
    # A linger time of zero makes closing a reset.
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def half(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly a part")
    writer.close()


async def drip(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless_head(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-A: " + b"a" * 1_000 + b"\r\n")
        await writer.drain()


@pytest.mark.parametrize("odd", [hang, reset, half, drip, endless_head])
async def test_a_target_that_never_answers_well_is_incomplete_in_every_check(odd: Serve) -> None:
    report = await attacked(odd)

    for run in report.runs:
        assert run.outcome is Outcome.INCOMPLETE
        assert "127.0.0.1" in run.reason
        assert run.mend == "start the target, or correct its url"
    assert (report.exit_code, report.targets[0].reached) == (3, False)


async def test_a_target_that_is_not_there_is_incomplete_in_every_check() -> None:
    async with listening(hang) as url:
        pass

    report = await report_of([PAGES, ASKS], {"url": url})

    assert {run.outcome for run in report.runs} == {Outcome.INCOMPLETE}
    assert "refused" in report.runs[0].reason.lower()
    assert report.exit_code == 3


@pytest.mark.parametrize("odd", [hang, reset, half, drip, endless_head])
async def test_one_bad_page_costs_itself_and_is_named(odd: Serve) -> None:
    report = await attacked(beside(odd))

    pages, asks = run_of(report, "room/pages"), run_of(report, "room/asks")
    assert pages.outcome is asks.outcome is Outcome.INCOMPLETE
    assert places(pages) == ["", "good"]
    assert "1 page did not answer (/odd: " in pages.reason
    assert places(asks) == ["good"]
    assert "127.0.0.1" in asks.reason
    assert report.exit_code == 3


async def flood(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        writer.write(b"<p>" + b"x" * 100_000)
        await writer.drain()


async def bomb(path: str, writer: asyncio.StreamWriter) -> None:
    """Ten gigabytes of zeros, in ten megabytes of gzip."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = squeeze.compress(b"<p>") + squeeze.flush(zlib.Z_FULL_FLUSH)
    zeros = squeeze.compress(bytes(10_000_000)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"
    writer.write(head + start)
    for _ in range(1_000):
        writer.write(zeros)
        await writer.drain()


@pytest.mark.parametrize("odd", [flood, bomb])
async def test_what_has_no_end_is_cut_and_said_to_be(odd: Serve) -> None:
    report = await attacked(beside(odd), limits={"timeout": 5})

    pages = run_of(report, "room/pages")
    assert places(pages) == ["", "good", "odd"]
    assert "/odd is longer than is read of one answer" in pages.reason
    assert "/odd 200 5000000 cut" in pages.notes
    assert report.exit_code == 3


@pytest.mark.parametrize(
    "location",
    [
        b"/odd",
        b"/odd?again",
        b"http://evil.example/",
        b"//evil.example/x",
        b"javascript:alert(1)",
        b"data:text/html,x",
        b"http://[::1/",
        b"http://a:99999999/",
        b"\xff\xfe",
        b"",
        b"x" * 50_000,
        b"http://127.0.0.1:1@evil.example/",
        b"/x\ty",
    ],
)
async def test_no_redirect_leads_astray(location: bytes) -> None:
    asked: list[str] = []
    answer = b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % location
    good = beside(answer)

    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        asked.append(path)
        await good(path, writer)

    report = await attacked(serve)

    pages = run_of(report, "room/pages")
    assert places(pages) == ["", "good"]
    assert any(note.startswith("/odd 302 0") for note in pages.notes)
    assert run_of(report, "room/asks").outcome is Outcome.FAILED
    assert len(asked) < 20


async def test_a_site_of_redirects_only_is_read_without_end_or_error() -> None:
    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        number = int(path.strip("/") or 0) if path.strip("/").isdigit() else 0
        head = "HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n"
        writer.write((head % (number + 1)).encode())

    report = await attacked(serve)

    assert "links that lead on and on" in run_of(report, "room/pages").reason
    assert report.targets[0].requests < 300


@pytest.mark.parametrize(
    "line",
    [
        b"Set-Cookie: sid=\xff\xfe; Path=/",
        b"Set-Cookie: \x00",
        b"Set-Cookie",
        b"no colon here",
        b": no name",
        b"X Y: spaces in a name",
        b"Content-Type: \xff/\xff; charset=\xff",
        b"Content-Type: text/html; charset=no-such-charset",
        b"Content-Type: text/html; charset=idna",
        b"X-Long: " + b"a" * 20_000,
        b"Retry-After: \xb2",
        b"Date: never\r\nExpires: -1\r\nAge: \xff",
        b"Content-Length: 2",
    ],
)
async def test_broken_headers_break_nothing(line: bytes) -> None:
    body = b'<a href="/good">good</a>'
    answer = b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Type: text/html", line, b"", body])

    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    report = await attacked(beside(serve))

    assert {run.outcome for run in report.runs} == {Outcome.FAILED}
    assert places(run_of(report, "room/pages")) == ["", "good", "odd"]
    assert report.exit_code == 1


@pytest.mark.parametrize(
    "answer",
    [b"\x16\x03\x01\x02\x00garbage", b"SSH-2.0-x\r\n", b"\r\n" * 200_000, b"HTTP/9.9 x\r\n"],
)
async def test_what_is_no_http_says_so(answer: bytes) -> None:
    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    report = await attacked(serve)

    assert {run.outcome for run in report.runs} == {Outcome.INCOMPLETE}
    assert report.exit_code == 3


async def test_a_target_that_dies_after_the_crawl_ends_soon_with_what_was_found() -> None:
    counted = 0

    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        nonlocal counted
        counted += 1
        if counted > 9:
            await hang(path, writer)
        links = b"".join(b'<a href="/p%d/x">' % number for number in range(5))
        writer.write(whole(links if path == "/" else b"page"))

    report = await attacked(serve)

    pages = run_of(report, "room/pages")
    assert pages.outcome is Outcome.INCOMPLETE
    assert "could not be asked again" in pages.reason
    assert pages.requests <= 4
    assert report.exit_code == 3


async def test_only_the_broken_target_is_incomplete() -> None:
    async with listening(hang) as bad, listening(beside(whole(b"odd"))) as good:
        targets = [
            {"name": "bad", "url": bad, "limits": {"timeout": 0.2}},
            {"name": "good", "url": good},
        ]
        report = await report_of([ASKS], *targets)

    outcomes = {run.subject: run.reason for run in report.runs}
    assert "no answer in time" in outcomes["bad"]
    assert [target.reached for target in report.targets] == [False, True]
