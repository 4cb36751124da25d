"""A request as the bytes that go out."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Where a request goes: scheme, host (as in DNS, without brackets), port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def origin_of(url: httpx.URL) -> Origin:
    """The origin of a URL. Raises UnsupportedProtocol when it is neither http nor https."""
    scheme = url.scheme
    port = url.port or _PORTS.get(scheme)
    host = url.raw_host.decode("ascii")
    if port is None or scheme not in _PORTS:
        raise httpx.UnsupportedProtocol(f"{scheme or 'no scheme'}: only http and https are spoken")
    if not host:
        raise httpx.UnsupportedProtocol("the URL has no host")
    return Origin(scheme, host, port)


@dataclass(frozen=True, slots=True)
class Proxy:
    """An http proxy; `authorization` is the value of its Proxy-Authorization header or None."""

    origin: Origin
    authorization: bytes | None

    @staticmethod
    def at(address: str) -> Proxy:
        """Reads `http://[user:password@]host:port`. Raises ValueError when it is something else."""
        url = httpx.URL(address)
        if url.scheme != "http" or not url.host:
            raise ValueError(f"the proxy must be http://host:port, not {url.scheme or address}")
        authorization = None
        if url.username or url.password:
            pair = f"{url.username}:{url.password}".encode()
            authorization = b"Basic " + b64encode(pair)
        return Proxy(origin_of(url), authorization)

    def lines(self) -> bytes:
        """The header line that the proxy wants, or nothing."""
        if self.authorization is None:
            return b""
        return b"Proxy-Authorization: " + self.authorization + b"\r\n"


def connect_request(origin: Origin, proxy: Proxy) -> bytes:
    """The CONNECT request that opens a tunnel to `origin`."""
    place = str(origin).encode("ascii")
    return b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (place, place, proxy.lines())


def request_bytes(
    request: httpx.Request, body: bytes, origin: Origin, proxy: Proxy | None
) -> bytes:
    """The whole request, `body` included.

    The extensions `target` and `raw_headers` go out as they are. Everything else must not break
    its line: a header value that came from a hostile page could otherwise smuggle a request past
    the gate (CWE-93). Raises LocalProtocolError then. `proxy` is given for plain http through a
    proxy, where the target names the origin.
    """
    extensions: dict[str, Any] = request.extensions
    target = extensions.get("target") or request.url.raw_path
    if proxy is not None and target[:1] == b"/":
        target = b"http://" + str(origin).encode("ascii") + target
    raw = extensions.get("raw_headers")
    headers = request.headers.raw if raw is None else raw
    parts: list[bytes] = []
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    lines = b"".join(parts)
    if raw is None and not (
        lines.count(b"\n") == lines.count(b"\r") == len(headers) and b"\0" not in lines
    ):
        raise httpx.LocalProtocolError("a header of the request has a line break or NUL in it")
    try:
        method = request.method.encode("ascii")
    except UnicodeEncodeError:
        raise httpx.LocalProtocolError("the method has characters outside ASCII") from None
    if b"\n" in method or b"\r" in method:
        raise httpx.LocalProtocolError("the method has a line break in it")
    via = proxy.lines() if proxy is not None else b""
    return b"".join((method, b" ", target, b" HTTP/1.1\r\n", via, lines, b"\r\n", body))


def is_orderly(request: httpx.Request) -> bool:
    """Whether a server must take the request for exactly one.

    Raw targets and headers can say more than one request, or less; the answer to the rest would
    come later, to whoever used the connection next.
    """
    extensions: dict[str, Any] = request.extensions
    target = extensions.get("target")
    if target is not None and (not target or min(target) <= 0x20):
        return False
    raw = extensions.get("raw_headers")
    if raw is None:
        return True
    length = str(len(request.content)).encode()
    framing: list[bytes] = []
    for name, value in raw:
        if any(byte in name + value for byte in b"\r\n\0"):
            return False
        if name.strip().lower() in (b"content-length", b"transfer-encoding"):
            framing.append(name.lower() + b":" + value)
    return framing == [b"content-length:" + length] or (not framing and not request.content)
