"""The plain start of a TLS handshake: a ClientHello of our own, and what a server says to it.

Bytes only, so that no OpenSSL policy decides which versions can be asked for, and the standard
library only, so that the test that `replay --pytest` writes can carry this file.
"""

from __future__ import annotations

import ipaddress
import os
import struct
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Literal

VERSIONS = {
    "SSLv3": 0x0300,
    "TLSv1.0": 0x0301,
    "TLSv1.1": 0x0302,
    "TLSv1.2": 0x0303,
    "TLSv1.3": 0x0304,
}

# Some old servers choke on more than 128 suites, so each version offers those of its own time:
# with RSA, DHE, ECDHE and anonymous keys; NULL, RC4, export, DES, 3DES, AES, Camellia, SEED.
_OF_OLD = (
    *range(0x0001, 0x001C),
    *range(0x002F, 0x003B),
    *range(0x0041, 0x0047),
    *range(0x0084, 0x008A),
    *range(0x0096, 0x009C),
    *range(0xC001, 0xC01A),
)
_WITH_SHA2 = (
    *range(0xC023, 0xC033),
    *range(0x009C, 0x00A8),
    *range(0x003B, 0x0041),
    *range(0x0067, 0x006E),
    *(0xCCA8, 0xCCA9, 0xCCAA, 0xC09C, 0xC09D, 0xC09E, 0xC09F, 0xC0A0, 0xC0A1, 0xC0AC, 0xC0AD),
    *(0x0001, 0x0002, 0x0004, 0x0005, 0x000A, 0x0013, 0x0016, 0x0018, 0x001B),
    *range(0x002F, 0x003B),
    *(0x0041, 0x0045, 0x0084, 0x0088),
    *range(0xC001, 0xC01A),
)
_OF_1_3 = (0x1301, 0x1302, 0x1303, 0x1304, 0x1305)
_RENEGOTIATION = 0x00FF
"""A suite that is none: some servers refuse clients that don't say it (RFC 5746, 3.3)."""

_GROUPS = (29, 23, 24, 25, 30, 256, 257, 258, 4588)
_SIGNATURES = bytes.fromhex(
    "040305030603080408050806080708080809080a080b0401050106010301030302010203020204020502"
)
_F5_HANGS = range(256, 512)
"""Lengths of a ClientHello at which old F5 balancers hang (RFC 7685, 1)."""

_LARGEST_RECORD = 18_432
_LARGEST_FLIGHT = 500_000
_SERVER_HELLO, _SERVER_HELLO_DONE, _HELLO_REQUEST = 2, 14, 0
_ALERT, _HANDSHAKE = 21, 22
_NO_TO_THE_VERSION = {40: "handshake failure", 70: "protocol version", 71: "insufficient security"}
_ALERTS = _NO_TO_THE_VERSION | {
    0: "close notify",
    10: "unexpected message",
    47: "illegal parameter",
    50: "decode error",
    80: "internal error",
    109: "missing extension",
    112: "unrecognized name",
}


@dataclass(frozen=True, slots=True)
class HelloAnswer:
    """What a server said to one ClientHello.

    `refused`: a fitting alert, or an answer in another version. `unclear`: the connection ended,
    or an alert that may have other reasons. `foreign`: no TLS. `said` is that in words.
    """

    kind: Literal["accepted", "refused", "unclear", "foreign"]
    said: str

    @property
    def accepted(self) -> bool:
        return self.kind == "accepted"


def client_hello(version: str, server_name: str) -> bytes:
    """The record of a ClientHello that offers exactly `version`.

    `server_name` is an ASCII host name; an IP address is never sent (RFC 6066, 3).
    """
    number = VERSIONS[version]
    extensions = b"".join(_extensions(number, server_name))
    session = os.urandom(32) if version == "TLSv1.3" else b""
    suites = b"".join(struct.pack("!H", suite) for suite in _offered(version))
    head = struct.pack("!H", min(number, 0x0303)) + os.urandom(32)
    head += bytes([len(session)]) + session + _sized(suites) + b"\x01\x00"
    length = 4 + len(head) + 2 + len(extensions)
    if length in _F5_HANGS and extensions:
        extensions += _extension(21, bytes(max(_F5_HANGS.stop - length - 4, 0)))
    body = head + (_sized(extensions) if extensions else b"")
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return struct.pack("!BH", _HANDSHAKE, min(number, 0x0301)) + _sized(message)


def _offered(version: str) -> tuple[int, ...]:
    if version == "TLSv1.3":
        return _OF_1_3
    return (*(_WITH_SHA2 if version == "TLSv1.2" else _OF_OLD), _RENEGOTIATION)


def _extensions(number: int, server_name: str) -> Iterable[bytes]:
    if number == VERSIONS["SSLv3"]:
        return
    if server_name and not _is_address(server_name):
        yield _extension(0, _sized(b"\x00" + _sized(server_name.encode("ascii"))))
    yield _extension(10, _sized(struct.pack(f"!{len(_GROUPS)}H", *_GROUPS)))
    if number >= VERSIONS["TLSv1.2"]:
        yield _extension(13, _sized(_SIGNATURES))
    if number < VERSIONS["TLSv1.3"]:
        yield _extension(11, b"\x01\x00")
        yield _extension(23, b"")  # extended master secret: servers under FIPS insist on it
    else:
        yield _extension(43, b"\x02" + struct.pack("!H", number))
        # Any 32 bytes are a public key of X25519: the server can answer, and we need no answer
        # to that. One that wants another group asks for it, in the version that it chose.
        yield _extension(51, _sized(struct.pack("!H", 29) + _sized(os.urandom(32))))


def _extension(kind: int, data: bytes) -> bytes:
    return struct.pack("!H", kind) + _sized(data)


def _sized(data: bytes) -> bytes:
    return struct.pack("!H", len(data)) + data


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def listening(version: str) -> Generator[int, bytes, HelloAnswer]:
    """Reads what comes back to `client_hello(version, …)`, and returns what it means.

    Asks for a number of bytes each time; given fewer, it takes the connection for ended. Up to
    TLS 1.2 the server's whole flight is awaited: some choose a version in the ServerHello that
    their own policy then fails, and nobody could ever connect with it.
    """
    flight = b""
    read = 0
    chosen = False
    while True:
        head = yield 5
        if head and (head[0] not in range(20, 24) or head[1:2] not in (b"", b"\x03")):
            return HelloAnswer("foreign", _quoted(head))
        if len(head) < 5:
            return HelloAnswer("unclear", "it ended the connection")
        kind, length = head[0], int.from_bytes(head[3:], "big")
        read += length + 5
        if length > _LARGEST_RECORD or read > _LARGEST_FLIGHT:
            return HelloAnswer("foreign", "it sent more than a handshake holds")
        content = (yield length) if length else b""
        if len(content) < length:
            return HelloAnswer("unclear", "it ended the connection in the middle of its answer")
        if kind == _ALERT:
            if answer := _alert(content):
                return answer
            continue
        if kind != _HANDSHAKE:
            return HelloAnswer("foreign", "its answer is no handshake")
        flight += content
        while len(flight) >= 4 and len(flight) >= 4 + (size := int.from_bytes(flight[1:4], "big")):
            message, body, flight = flight[0], flight[4 : 4 + size], flight[4 + size :]
            if message == _HELLO_REQUEST:
                continue
            if not chosen:
                answer = _choice(version, message, body)
                if not answer.accepted or version == "TLSv1.3":
                    return answer
                chosen = True
            elif message == _SERVER_HELLO_DONE:
                return HelloAnswer("accepted", "it sent its whole part of the handshake")


def _alert(content: bytes) -> HelloAnswer | None:
    """What an alert says; None for a mere warning, such as an unknown server name."""
    level, code = content[:1], content[1] if len(content) == 2 else -1
    said = f"alert {_ALERTS.get(code, code if code >= 0 else 'unreadable')}"
    if code in _NO_TO_THE_VERSION:
        return HelloAnswer("refused", said)
    if level == b"\x01" and code > 0:
        return None
    return HelloAnswer("unclear", said)


def _choice(version: str, message: int, body: bytes) -> HelloAnswer:
    """What a ServerHello (RFC 8446, 4.1.3) chose."""
    if message != _SERVER_HELLO:
        return HelloAnswer("foreign", "its first message is no ServerHello")
    try:
        number, suite = _read_server_hello(body)
    except (struct.error, IndexError):
        return HelloAnswer("foreign", "its ServerHello is broken")
    if number != VERSIONS[version]:
        name = next((name for name, n in VERSIONS.items() if n == number), f"{number:#06x}")
        return HelloAnswer("refused", f"it answered with {name}")
    if suite not in _offered(version):
        return HelloAnswer("foreign", "it chose a cipher suite that was not offered")
    return HelloAnswer("accepted", f"it chose cipher suite {suite:#06x}")


def _read_server_hello(body: bytes) -> tuple[int, int]:
    """Version and cipher suite."""
    (number,) = struct.unpack_from("!H", body)
    at = 35 + body[34]
    suite, _compression = struct.unpack_from("!HB", body, at)
    at += 3
    if at < len(body):
        (left,) = struct.unpack_from("!H", body, at)
        at += 2
        end = at + left
        while at < end:
            kind, size = struct.unpack_from("!HH", body, at)
            if kind == 43:
                (number,) = struct.unpack_from("!H", body, at + 4)
            at += 4 + size
    return number, suite


def _quoted(head: bytes) -> str:
    """The first bytes of something that is no TLS, as a person may read them."""
    text = head.decode("ascii", "replace")
    return f"it answered {text!r}" if text.isprintable() else "it answered something that is no TLS"
