"""The server: HTTP/1.1 with keep-alive, a thread for each connection, on 127.0.0.1 only."""

from __future__ import annotations

import secrets
import socket
import ssl
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .hardening import headers_for
from .store import Store
from .web import Request, Response, Routes, plain

_LARGEST_BODY = 1_000_000


class Server(ThreadingHTTPServer):
    """Serves `routes` on a free port of 127.0.0.1; with `tls`, over https."""

    request_queue_size = 128
    daemon_threads = False  # so that server_close waits until the last one has ended

    def __init__(self, routes: Routes, store: Store, tls: ssl.SSLContext | None = None) -> None:
        self.routes, self.store, self.https = routes, store, tls is not None
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls:
            # Each thread shakes hands for itself: a client that stalls holds up nobody else.
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Hang up on everybody, and wait for their threads."""
        for connection in list(self._open):
            try:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                continue  # it has gone by itself
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up, and handshakes that fail, are nothing to talk about."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: Server

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        known = length.isdecimal() and int(length) <= _LARGEST_BODY
        if not known or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(plain("A body needs a length, and not a great one.\n", 411))
            return
        headers = {name.lower(): " ".join(text.split()) for name, text in self.headers.items()}
        body = self.rfile.read(int(length))
        request = Request(self.command, self.path, headers, body, self.server.store)
        self._send(self.server.routes.answer(request), request.path)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer

    def _send(self, response: Response, path: str = "") -> None:
        """One write for head and body."""
        nonce = secrets.token_urlsafe(12)
        headers = {
            "Date": self.date_time_string(),
            "Content-Type": response.kind,
            "Content-Length": str(len(response.body)),
            **headers_for(path, https=self.server.https, nonce=nonce),
        }
        if self.close_connection:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in (*headers.items(), *response.headers)]
        head = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
        self.wfile.write(head if self.command == "HEAD" else head + response.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the standard library refuses looks like every other answer."""
        self.close_connection = True
        self._send(plain(f"{message or 'That cannot be answered.'}\n", int(code)))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal belongs to the scan."""
