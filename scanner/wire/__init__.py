"""The way out to a server: an httpx transport that survives hostile answers and is fast.

`Wire` is given requests and gives back whole answers. Above it nothing reads from a socket; it
knows nothing of scope, pace or budget, which are the gate's.

    transport   Wire: one request in, one response out, with one retry
    outgoing    a request as bytes
    dial        resolving, pinning, connecting, proxy, TLS
    tls         the TLS context and what a handshake agreed on
    connection  one socket as an asyncio protocol
    pool        the connections that wait for their next request
    deadlines   one timer for all requests under way
    answer      one answer as it comes in: head, framing, body
    head        status line and headers: the C parser, and behind it our tolerant splitter
    framing     where a body ends
    decode      content codings, capped
    response    the httpx.Response that is handed out
"""

from __future__ import annotations

from scanner.wire.tls import TlsFacts
from scanner.wire.transport import Wire

__all__ = ["TlsFacts", "Wire"]
