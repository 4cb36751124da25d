"""The memory that a scan of a large site takes: `python bench/pages.py [--pages N] [--safe]`.

A raw server on loopback, in a process of its own, has 10,000 pages of a few KB in folders of a
hundred, and makes on each of them every mistake that passive checks look for (with `--safe`:
none). The command `wallwalk scan` reads them all, in a fresh process, and writes its reports.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IN_FOLDER = 100
_PARAGRAPH = "<p>Item {0}: the quick brown fox jumps over the lazy dog, {0} times in a row.</p>\n"
_SAFE = (
    b"X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
    b"Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; "
    b"frame-ancestors 'none'; form-action 'self'\r\n"
)
_CARELESS = (
    b"Server: bench/1.2.3\r\nX-Powered-By: bench/4.5.6\r\n"
    b"Access-Control-Allow-Origin: *\r\nSet-Cookie: sessionid=%d-c0ffee; Path=/\r\n"
)


def page(path: str, pages: int) -> tuple[int, str]:
    """Status and body: the index links folders, a folder its pages, a page its neighbours."""
    parts = path.partition("?")[0].strip("/").split("/")
    folders = -(-pages // _IN_FOLDER)
    match parts:
        case [""]:
            links = [f"/folder-{number}/" for number in range(folders)]
        case [folder] if 0 <= (number := _number(folder)) < folders:
            first = number * _IN_FOLDER
            last = min(first + _IN_FOLDER, pages)
            links = [f"/{folder}/page-{number}.html" for number in range(first, last)]
        case [folder, name] if 0 <= (number := _number(name.removesuffix(".html"))) < pages:
            before = max(_number(folder) * _IN_FOLDER, number - 1)
            links = [f"/{folder}/page-{before}.html", "/"]
        case _:
            links = []
    if not links:
        return 404, "<p>Nothing here.</p>"
    listed = "".join(f'<li><a href="{link}">{link}</a></li>\n' for link in links)
    text = "".join(_PARAGRAPH.format(f"{path} {n}") for n in range(25))
    title = f"<!doctype html><title>{path}</title><h1>{path}</h1>\n"
    return 200, f"{title}<ul>\n{listed}</ul>\n{text}"


def _number(name: str) -> int:
    digits = name.rpartition("-")[2]
    return int(digits) if digits.isdigit() else -1


async def serve(pages: int, safe: bool) -> None:
    """Answer until killed; the port goes to standard output."""
    served = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                served += 1
                status, text = page(head.split(b" ", 2)[1].decode("latin-1"), pages)
                body = text.encode()
                more = _SAFE if safe else _CARELESS % served
                writer.write(
                    b"HTTP/1.1 %d X\r\nContent-Type: text/html; charset=utf-8\r\n"
                    b"Content-Length: %d\r\n%b\r\n%b" % (status, len(body), more, body)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def serving(pages: int, safe: bool) -> Iterator[str]:
    argv = [sys.executable, __file__, "--serve", "--pages", str(pages), *["--safe"] * safe]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def scan(url: str, profile: str) -> None:
    """Run the command on `url` and say what it took."""
    with tempfile.TemporaryDirectory() as folder:
        run = "from scanner.cli import main; main()"
        words = f"scan --no-source --target {url} --profile {profile} --rate 100000 --quiet"
        argv = [sys.executable, "-c", run, *words.split(), "--format", "sarif,html,json"]
        began = time.perf_counter()
        process = subprocess.Popen([*argv, "--output-dir", folder])
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        peak = used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
        print(f"exit code {process.returncode}, {seconds:.1f} s, {used.ru_utime:.1f} s of CPU")
        print(f"peak memory {peak:.0f} MB")
        for report in sorted(Path(folder).iterdir()):
            print(f"{report.name}: {report.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--profile", default="pr", help="pr: the passive checks")
    parser.add_argument("--safe", action="store_true", help="pages without a mistake")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.pages, given.safe))
    else:
        with serving(given.pages, given.safe) as url:
            scan(url, given.profile)
