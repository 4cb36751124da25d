"""Applications under test, on a free loopback port, as small as a test needs them."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """One request as the application saw it; names of `headers` are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (one.partition("=") for one in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in pairs}


@dataclass(frozen=True)
class Answer:
    body: str | bytes = ""
    status: int = 200
    headers: Headers = ()
    kind: str = "text/html; charset=utf-8"


App = Callable[[Asked], "Answer | str | None"]
"""Text is a page; None closes the connection without an answer."""


@dataclass
class Running:
    url: str
    port: int
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serving(app: App, *, tls: ssl.SSLContext | None = None) -> Iterator[Running]:
    """`app` on 127.0.0.1 while the block lasts. What it raises closes the connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            sent = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, sent, self.rfile.read(length))
            running.asked.append(asked)
            try:
                answer = app(asked)
            except Exception:
                answer = None
            if answer is None:
                self.close_connection = True
                return
            if isinstance(answer, str):
                answer = Answer(answer)
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response_only(answer.status)
            if answer.kind:
                self.send_header("Content-Type", answer.kind)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer
        do_TRACE = _answer

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            pass

        def finish_request(self, request: object, address: object) -> None:
            if tls is None:
                super().finish_request(request, address)  # type: ignore[arg-type]
                return
            with tls.wrap_socket(request, server_side=True) as secured:  # type: ignore[arg-type]
                super().finish_request(secured, address)  # type: ignore[arg-type]

    with Server(("127.0.0.1", 0), Handler) as server:
        scheme = "https" if tls else "http"
        running = Running(f"{scheme}://127.0.0.1:{server.server_port}", server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
