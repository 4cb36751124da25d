"""A plain connection through an http proxy, for handshakes of our own (RFC 9110, 9.3.6)."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter

from scanner.scope import Origin
from scanner.wire.outgoing import Origin as Place
from scanner.wire.outgoing import Proxy, connect_request


async def tunnel(address: str, origin: Origin) -> tuple[StreamReader, StreamWriter]:
    """A connection to `origin` through the proxy at `address`. Raises OSError."""
    proxy = Proxy.at(address)
    reader, writer = await asyncio.open_connection(proxy.origin.host, proxy.origin.port)
    try:
        writer.write(connect_request(Place(*origin), proxy))
        head = await reader.readuntil(b"\r\n\r\n")
        status = head.split(b" ", 2)[1:2]
        if not status or status[0][:1] != b"2":
            raise OSError("the proxy gave no tunnel")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.close()
        raise OSError("the proxy gave no tunnel") from None
    except BaseException:
        writer.close()
        raise
    return reader, writer
