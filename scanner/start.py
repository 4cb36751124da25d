"""Starting a target ourselves, with the user's consent (`--start`), and stopping it again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from scanner.address import Unresolved, is_loopback, resolve
from scanner.contract import Incomplete
from scanner.scope import Origin
from scanner.targets import MissingVariables, Target, revealed
from scanner.wire import Wire

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
_GRACE = 5.0


@asynccontextmanager
async def started(target: Target) -> AsyncIterator[None]:
    """Run the target's `start` command until the block ends.

    It gets a small environment and its own process group. Raises Incomplete when it does
    not start, ends early, or `ready` does not answer in time.
    """
    start = target.start
    assert start is not None  # noqa: S101  (the caller asked)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        environment |= revealed(start.env)
    except MissingVariables as missing:
        raise Incomplete(f"start.env: {missing}", "set the variable") from None
    try:
        process = await asyncio.create_subprocess_exec(
            *start.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise Incomplete(f"start: {start.command[0]} could not be run: {error.strerror}") from None
    try:
        async with asyncio.timeout(start.timeout):
            await _ready(target, process)
        yield
    except TimeoutError:
        raise Incomplete(
            f"start: {start.ready} did not answer within {start.timeout:g} s",
            "raise start.timeout, or correct start.ready",
        ) from None
    finally:
        await _stopped(process)


async def _ready(target: Target, process: asyncio.subprocess.Process) -> None:
    assert target.start is not None  # noqa: S101
    origin = Origin.of(target.url)
    try:
        addresses = await resolve(origin.host)
    except Unresolved as error:
        raise Incomplete(f"start: {error}") from None
    if not is_loopback(addresses):
        raise Incomplete("start: only a target on loopback can be started")
    wire = Wire(addresses={origin.host: str(addresses[0])}, verify=target.verify, timeout=2.0)
    try:
        while True:
            if process.returncode is not None:
                raise Incomplete(f"start: the command ended with {process.returncode}")
            with suppress(httpx.TransportError):
                request = httpx.Request("GET", f"{origin}{target.start.ready}")
                if (await wire.handle_async_request(request)).status_code < 500:
                    return
            await asyncio.sleep(0.1)
    finally:
        await wire.aclose()


async def _stopped(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(_GRACE):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
