"""External tools: Python programs of our own environment, run away from the scanned tree."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scanner.contract import Incomplete
from scanner.text import one_line

MOST_OUTPUT = 64_000_000
_STDERR_KEPT = 64_000
_KEPT = (
    "PATH LANG LC_ALL LC_CTYPE TMPDIR TEMP TMP SYSTEMROOT SSL_CERT_FILE SSL_CERT_DIR "
    "REQUESTS_CA_BUNDLE CURL_CA_BUNDLE HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY "
    "http_proxy https_proxy all_proxy no_proxy"
)
_LOOPBACK = "127.0.0.1,localhost,::1"


class ToolFailed(Incomplete):
    """An external tool did not do its work. Never the same as a clean result."""


async def run_tool(
    argv: Sequence[str],
    *,
    input: bytes | None = None,
    files: Mapping[str, bytes] | None = None,
    seconds: float = 600.0,
) -> Any:
    """What the Python program `argv[0]` (by its distribution's name, such as `pip-audit`) prints
    as JSON.

    It starts with `-I`, so that neither its folder nor PYTHON* variables can put code into it,
    in an empty temporary folder that holds only `files`, with the environment variables of
    certificates and proxies and few others. An exit code alone says nothing: tools end with 1
    for findings and with 0 for files that they could not read.

    Raises ToolFailed, naming the tool, when it is missing, takes longer than `seconds`,
    dies of a signal, prints more than `MOST_OUTPUT` bytes or anything but JSON.
    """
    name, *arguments = argv
    module = name.replace("-", "_")
    if find_spec(module) is None:
        raise ToolFailed(f"{name} is not installed", mend=f"pip install {name}")
    with tempfile.TemporaryDirectory(prefix="wallwalk-") as folder:
        _write(Path(folder), files or {})
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-X", "utf8", "-m", module, *arguments),
            cwd=folder,
            env=_environment(folder),
            stdin=asyncio.subprocess.DEVNULL if input is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(seconds):
                out, err = await _talk(process, input)
                code = await process.wait()
        except TimeoutError:
            raise ToolFailed(f"{name} did not end within {seconds:g} s") from None
        except _TooMuch:
            raise ToolFailed(f"{name} printed more than {MOST_OUTPUT // 1_000_000} MB") from None
        finally:
            await _end(process)
    try:
        if code < 0:
            raise ValueError
        return json.loads(out)
    except (ValueError, RecursionError):
        said = err.decode(errors="replace").strip().splitlines()[-1:] or ["it printed no report"]
        raise ToolFailed(f"{name} ended with {code}: {one_line(said[0])}") from None


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)


class _TooMuch(Exception):
    pass


async def _talk(
    process: asyncio.subprocess.Process, input: bytes | None
) -> tuple[bytearray, bytearray]:
    async def feed() -> None:
        if process.stdin is not None and input is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                process.stdin.write(input)
                await process.stdin.drain()
            process.stdin.close()

    async def output() -> bytearray:
        assert process.stdout is not None  # noqa: S101  # opened above
        data = bytearray()
        while chunk := await process.stdout.read(1 << 16):
            data += chunk
            if len(data) > MOST_OUTPUT:
                raise _TooMuch
        return data

    async def complaints() -> bytearray:
        assert process.stderr is not None  # noqa: S101  # opened above
        data = bytearray()
        while chunk := await process.stderr.read(1 << 16):
            data = (data + chunk)[-_STDERR_KEPT:]
        return data

    out, err, _ = await asyncio.gather(output(), complaints(), feed())
    return out, err


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ends the tool and whatever it started, however we came here."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()


def _environment(home: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _KEPT.split()}
    # A service on this machine is never asked through a proxy.
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, [kept.get(name), _LOOPBACK]))
    return kept | {"HOME": home, "XDG_CACHE_HOME": home, "NO_COLOR": "1"}
