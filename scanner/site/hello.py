"""One ClientHello on one connection (see scanner.site.handshake)."""

from __future__ import annotations

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter

from scanner.contract import Incomplete
from scanner.site.handshake import HelloAnswer, client_hello, listening

__all__ = ["HelloAnswer", "hello"]


async def hello(
    streams: tuple[StreamReader, StreamWriter], version: str, *, server_name: str, limit: float
) -> HelloAnswer:
    """Offer exactly `version` (`SSLv3`, `TLSv1.0` … `TLSv1.3`) and read the answer.

    Raises Incomplete when the server is silent for `limit` seconds: that is no refusal.
    """
    reader, writer = streams
    ear = listening(version)
    wanted = next(ear)
    try:
        async with asyncio.timeout(limit):
            writer.write(client_hello(version, server_name))
            while True:
                wanted = ear.send(await _read(reader, wanted))
    except StopIteration as end:
        answer: HelloAnswer = end.value
        return answer
    except TimeoutError:
        raise Incomplete(
            f"{version}: the server did not answer the handshake within {limit:g} s",
            "raise limits.timeout, or look for what drops the connection",
        ) from None


async def _read(reader: StreamReader, wanted: int) -> bytes:
    """So many bytes, or fewer where the connection ends, in whatever way it does."""
    try:
        return await reader.readexactly(wanted)
    except IncompleteReadError as end:
        return end.partial
    except OSError:
        return b""
