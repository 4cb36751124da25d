"""A real advisory service on loopback that speaks OSV's query API."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from scanner.source import Advisories

FLAW = {
    "id": "PYSEC-2099-1",
    "aliases": ["CVE-2099-1234", "GHSA-aaaa-bbbb-cccc"],
    "summary": "Reads files of others",
    "affected": [
        {
            "package": {"name": "acme", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.4.2"}]}],
        }
    ],
}


@dataclass
class Osv:
    """`knows` maps a package and version to advisories; `asked` is what it was asked for;
    `answer` replaces every answer, by status and body."""

    advisories: Advisories
    knows: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    answer: tuple[int, bytes] | None = None


@pytest.fixture
def osv() -> Iterator[Osv]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["content-length"])))
            package = (query["package"]["name"], query["version"])
            service.asked.append(package)
            vulnerabilities = service.knows.get(package)
            found = {"vulns": vulnerabilities} if vulnerabilities else {}
            status, body = service.answer or (200, json.dumps(found).encode())
            self.send_response(status if self.path == "/v1/query" else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        service = Osv(Advisories("osv", url))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield service
        server.shutdown()
        thread.join()


@pytest.fixture
def flaw() -> Callable[..., dict[str, Any]]:
    """An advisory for `acme`, with changes."""
    return lambda **changes: FLAW | changes
