"""Ctrl-C and SIGTERM: the reports of what was done, exit 130; a second one leaves at once."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import begun, read_until

either = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A target that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        server.settimeout(60)
        yield server


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Whoever writes to it waits until somebody reads."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def url(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


@either
def test_a_signal_ends_the_scan_and_its_reports_are_written(
    tmp_path: Path, silent: socket.socket, number: signal.Signals
) -> None:
    words = ("scan", "--no-source", "--target", url(silent), "--profile", "pr")
    with begun(*words, "--format", "json,sarif", cwd=tmp_path) as process:
        asking, _ = silent.accept()

        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        asking.close()

    assert process.returncode == 130
    assert "stopping; what was found is being written" in err
    assert "INTERRUPTED" in out
    assert "Traceback" not in err
    report = json.loads((tmp_path / "wallwalk-report" / "results.json").read_text())
    assert report["interrupted"] is True
    assert {run["outcome"] for run in report["outcomes"]} == {"incomplete"}
    assert {run["reason"] for run in report["outcomes"]} == {"the scan was interrupted"}
    log = json.loads((tmp_path / "wallwalk-report" / "results.sarif").read_text())
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False


@either
def test_a_second_signal_leaves_at_once(
    tmp_path: Path, silent: socket.socket, pipe: Path, number: signal.Signals
) -> None:
    words = ("scan", "--no-source", "--target", url(silent), "--profile", "pr")
    with begun(*words, "--format", "json", "--output", pipe, cwd=tmp_path) as process:
        read_until(process, "checks planned")
        process.send_signal(number)
        read_until(process, "stopping")

        process.send_signal(number)  # while the report waits for a reader that never comes
        process.communicate(timeout=60)

    assert process.returncode == 130


@either
def test_a_signal_while_reports_are_written_lets_them_be_written(
    tmp_path: Path, pipe: Path, number: signal.Signals
) -> None:
    words = ("scan", "--offline", "--select", "container", "--format", "json", "--output", pipe)
    with begun(*words, cwd=tmp_path) as process:
        count = read_until(process, "checks planned").split()[0]
        read_until(process, f"{count} of {count} checks done")

        process.send_signal(number)
        read_until(process, "stopping")
        report = json.loads(pipe.read_text())
        process.communicate(timeout=60)

    assert process.returncode == 130
    assert len(report["outcomes"]) == int(count)


def test_what_the_scan_started_ends_with_it(tmp_path: Path, silent: socket.socket) -> None:
    port = silent.getsockname()[1]
    ready = f"exec 3<>/dev/tcp/127.0.0.1/{port}; echo $$ >&3; exec sleep 60"
    start = json.dumps({"command": ["bash", "-c", ready], "ready": "/", "timeout": 60})
    (tmp_path / "targets.yaml").write_text(
        f"version: 1\ntargets: [{{name: app, url: 'http://127.0.0.1:9', start: {start}}}]\n"
    )
    words = ("scan", "--no-source", "--config", "targets.yaml", "--start", "--profile", "pr")
    with begun(*words, "--format", "json", cwd=tmp_path) as process:
        started, _ = silent.accept()
        with started:
            child = int(started.recv(20))
            os.kill(child, 0)

            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)

    assert process.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@either
def test_other_commands_can_be_interrupted_too(
    tmp_path: Path, silent: socket.socket, number: signal.Signals
) -> None:
    (tmp_path / "targets.yaml").write_text(
        "version: 1\n"
        f"targets: [{{name: app, url: '{url(silent)}', login: {{form: {{url: /login,\n"
        "  fields: {username: '{username}', password: '{password}'}}},\n"
        "  identities: {ann: {username: ann, password: secret-1}}}]\n"
    )
    with begun("login", "--config", "targets.yaml", cwd=tmp_path) as process:
        asking, _ = silent.accept()

        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        asking.close()

    assert process.returncode == 130
    assert "Traceback" not in err
