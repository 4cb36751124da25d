"""A loopback service that answers as OSV does (https://google.github.io/osv.dev/post-v1-query/).

It knows two packages that exist nowhere else, so that the demo needs no internet.
"""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LARGEST_QUERY = 100_000
_FLAWS = {
    ("wallwalk-demo-templates", "1.2.0"): {
        "schema_version": "1.6.0",
        "id": "PYSEC-0000-1",
        "aliases": ["CVE-0000-0001"],
        "summary": "An invented flaw of an invented package: templates run what they are given.",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"name": "wallwalk-demo-templates", "ecosystem": "PyPI"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.3"}]}
                ],
            }
        ],
    }
}


class AdvisoryServer(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is nothing to talk about."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        size = int(length) if length.isdecimal() else 0
        try:
            query = json.loads(self.rfile.read(min(size, _LARGEST_QUERY)))
            wanted = (query["package"]["name"], query["version"])
        except (ValueError, TypeError, KeyError):
            self.send_error(400)
            return
        flaw = _FLAWS.get(wanted)
        body = json.dumps({"vulns": [flaw]} if flaw else {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal belongs to the scan."""
