"""Targets that we start: only when asked to, only on this machine, and gone afterwards."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from loopback import serving
from scanning import live_check, run_of, scanned

from scanner.model import Finding, Outcome, Report
from scanner.proof import Status

SERVER = """
import http.server, os, pathlib, signal, subprocess, sys
folder = pathlib.Path(sys.argv[2])
folder.joinpath("environment").write_text("\\n".join(os.environ))
if "--child" in sys.argv:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    folder.joinpath("child").write_text(str(child.pid))
if "--stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path != "/sick" else 503)
        self.end_headers()
        self.wfile.write(b"started")

folder.joinpath("pid").write_text(str(os.getpid()))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


async def _look(site: Any) -> AsyncIterator[Finding]:
    response = await site.get("/")
    assert response.text == "started"
    yield LOOK.at(response, "there", Status((200,)))


LOOK = live_check("room/look", _look, crawled=False)


def free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


def start(tmp_path: Path, *flags: str, consent: bool = True, **keys: Any) -> Report:
    port = free_port()
    command = [sys.executable, "-c", SERVER, str(port), str(tmp_path), *flags]
    settings = {"command": command, "timeout": 15, **keys}
    return scanned([LOOK], {"url": f"http://127.0.0.1:{port}", "start": settings}, start=consent)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def ended(pid: int) -> bool:
    for _ in range(40):
        if not is_running(pid):
            return True
        time.sleep(0.05)
    return False


def test_a_started_target_is_scanned_and_gone_afterwards(tmp_path: Path) -> None:
    report = start(tmp_path)

    assert run_of(report, "room/look").outcome is Outcome.FAILED
    assert ended(int((tmp_path / "pid").read_text()))


def test_it_gets_a_small_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET", "not for it")
    start(tmp_path, env={"PORT": "1"})

    names = set((tmp_path / "environment").read_text().split())
    assert "PORT" in names
    assert "AWS_SECRET" not in names


def test_nothing_is_started_without_consent(tmp_path: Path) -> None:
    report = start(tmp_path, consent=False)

    assert run_of(report, "room/look").outcome is Outcome.INCOMPLETE
    assert "its start command was not run (--start)" in report.targets[0].notes
    assert not (tmp_path / "pid").exists()


def test_what_it_started_itself_is_ended_too(tmp_path: Path) -> None:
    start(tmp_path, "--child")

    assert ended(int((tmp_path / "child").read_text()))


def test_one_that_does_not_listen_to_reason_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scanner.start._GRACE", 0.3)

    start(tmp_path, "--stubborn")

    assert ended(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"command": ["/no/such/program"]}, "/no/such/program could not be run: No such file"),
        ({"command": ["a\0b"]}, "could not be run"),
        ({"command": [sys.executable, "-c", "raise SystemExit(7)"]}, "the command ended with 7"),
        ({"ready": "/sick", "timeout": 0.5}, "/sick did not answer within 0.5 s"),
        ({"env": {"KEY": "${WALLWALK_NONE}"}}, "WALLWALK_NONE is not set"),
    ],
)
def test_one_that_does_not_start_is_incomplete_with_its_reason(
    keys: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    run = run_of(start(tmp_path, **keys), "room/look")

    assert run.outcome is Outcome.INCOMPLETE
    assert reason in run.reason
    pid = tmp_path / "pid"
    assert not pid.exists() or ended(int(pid.read_text()))


def test_what_answers_there_already_is_not_scanned_in_its_place() -> None:
    with serving(lambda asked: "started") as server:
        target = {"url": server.url, "start": {"command": [sys.executable, "-c", "0"]}}
        run = run_of(scanned([LOOK], target, start=True), "room/look")

    assert run.reason == f"start: something answers at {server.url} already"


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-name.invalid"])
def test_only_a_target_on_this_machine_is_started(host: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", f"open({str(tmp_path / 'ran')!r}, 'w')"]
    target = {"url": f"http://{host}:9", "profile": "pr", "start": {"command": command}}

    run = run_of(scanned([LOOK], target, start=True), "room/look")

    assert run.reason.startswith("start: ")
    assert not os.path.exists(tmp_path / "ran")
