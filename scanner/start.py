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
_PAUSE = 0.1


@asynccontextmanager
async def started(target: Target) -> AsyncIterator[None]:
    """Run the target's `start` command until the block ends.

    It gets a small environment and its own process group. Raises Incomplete when it does
    not start, ends early, or `ready` does not answer in time, and when something answers at
    its address already: that would be scanned in its place.
    """
    start = target.start
    assert start is not None  # noqa: S101  (the caller asked)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        environment |= revealed(start.env)
    except MissingVariables as missing:
        raise Incomplete(f"start.env: {missing}", "set the variable") from None
    wire = await _wire(target)
    try:
        if await _answers(target, wire):
            raise Incomplete(
                f"start: something answers at {target.url} already",
                "stop it, or scan it without --start",
            )
        process = await _run(start.command, environment)
        try:
            await _ready(target, wire, process)
            yield
        finally:
            await _stopped(process)
    finally:
        await wire.aclose()


async def _run(command: tuple[str, ...], environment: dict[str, str]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise Incomplete(f"start: {command[0]} could not be run: {why}") from None


async def _wire(target: Target) -> Wire:
    host = Origin.of(target.url).host
    try:
        addresses = await resolve(host)
    except Unresolved as error:
        raise Incomplete(f"start: {error}") from None
    if not is_loopback(addresses):
        raise Incomplete("start: only a target on loopback can be started")
    pinned = {host: [str(address) for address in addresses]}
    return Wire(addresses=pinned, verify=target.verify, timeout=2.0)


async def _ready(target: Target, wire: Wire, process: asyncio.subprocess.Process) -> None:
    start = target.start
    assert start is not None  # noqa: S101
    try:
        async with asyncio.timeout(start.timeout):
            while not await _answers(target, wire):
                await asyncio.sleep(_PAUSE)
                if process.returncode is not None:
                    raise Incomplete(f"start: the command ended with {process.returncode}")
    except TimeoutError:
        raise Incomplete(
            f"start: {start.ready} did not answer within {start.timeout:g} s",
            "raise start.timeout, or correct start.ready",
        ) from None


async def _answers(target: Target, wire: Wire) -> bool:
    assert target.start is not None  # noqa: S101
    request = httpx.Request("GET", f"{Origin.of(target.url)}{target.start.ready}")
    try:
        return (await wire.handle_async_request(request)).status_code < 500
    except httpx.TransportError:
        return False


async def _stopped(process: asyncio.subprocess.Process) -> None:
    """End the command and whatever it started: first politely, then for good."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _GRACE
    _signal(process, signal.SIGTERM)
    while _signal(process, 0) and loop.time() < until:
        # Asked for again and again, because a group outlives the command that led it.
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _PAUSE)
        if process.returncode is not None and _signal(process, 0):
            await asyncio.sleep(_PAUSE)
    _signal(process, signal.SIGKILL)
    await process.wait()


def _signal(process: asyncio.subprocess.Process, number: int) -> bool:
    """Send a signal to the command's whole group. Returns whether there is one."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
