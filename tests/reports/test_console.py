from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from reports.console import Progress, summary, terminal
from scanner.events import CheckFinished, CheckStarted, Said, ScanStarted
from scanner.model import CheckRun, Finding, InFile, Outcome, Report, Rule, Severity

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def piped(report: Report, *, verbose: bool = False) -> str:
    out = io.StringIO()
    summary(report, terminal(out), verbose=verbose)
    return out.getvalue()


def on_screen(report: Report, width: int, *, verbose: bool = False) -> str:
    out = Screen()
    console = Console(file=out, width=width, markup=False, highlight=False, emoji=False)
    summary(report, console, verbose=verbose)
    return out.getvalue()


def test_what_was_not_checked_comes_first_and_the_verdict_last(sample_report: Report) -> None:
    text = piped(sample_report)

    assert text.index("COULD NOT BE CHECKED: 1") < text.index("4 findings")
    assert "to mend it: pin acme-core or accept the gap" in text
    assert text.splitlines()[-1].startswith("INCOMPLETE: 1 planned check could not be done")
    assert text.rstrip().endswith("(exit 3)")


def test_findings_are_grouped_the_gravest_first(sample_report: Report) -> None:
    text = piped(sample_report)

    assert "4 findings: 1 critical, 2 high, 1 medium" in text
    assert (
        text.index("CRITICAL SQL injection") < text.index("HIGH acme") < text.index("MEDIUM HTML")
    )
    assert "GET http://shop.example/ and 2 more places" in text


def test_the_rest_is_said_in_a_line_each(sample_report: Report) -> None:
    text = piped(sample_report)

    assert "Checks: 2 passed, 3 failed, 1 not applicable, 2 incomplete" in text
    assert (
        "Not planned: 2 checks (the profile pr sends nothing active); 1 check (--offline)" in text
    )
    assert "Suppressed: 1 finding" in text
    assert "accepted: bob's account comes in March" in text
    assert "profile staging, allowed by Ann, CTO" in text
    assert "1 min 15 s, 1246 requests" in text


def test_curl_lines_and_notes_are_for_the_curious(sample_report: Report) -> None:
    curl = sample_report.findings[0].curl

    assert curl not in piped(sample_report)
    assert f"$ {curl}\n" in piped(sample_report, verbose=True)
    assert "12 files read" in piped(sample_report, verbose=True)
    assert "being retired, SEC-142" in piped(sample_report, verbose=True)


def test_many_findings_of_one_rule_are_shortened(changed: Callable[..., Report]) -> None:
    rule = Rule("code/x", "x", Severity.LOW)
    found = tuple(Finding(rule, "y", InFile("a.py", n)) for n in range(1, 10))
    run = CheckRun("code/x", "x", "source", False, Outcome.FAILED, found)
    text = piped(changed(runs=(run,)))

    assert "and 4 more" in text
    assert "a.py:9" in piped(changed(runs=(run,)), verbose=True)


def test_a_pipe_gets_whole_lines_and_no_colours(sample_report: Report) -> None:
    long = replace(sample_report.incomplete[0], reason="r " * 300)
    text = piped(replace(sample_report, runs=(long,)))

    assert "\x1b" not in text
    assert ("r " * 300).strip() in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_the_terminal(sample_report: Report, width: int) -> None:
    text = COLOURS.sub("", on_screen(sample_report, width))

    assert max(cell_len(line) for line in text.splitlines()) <= width
    told = " ".join(text.split())
    assert "COULD NOT BE CHECKED: 1" in told
    assert "http://shop.example/search?q=1" in told.replace("\n", "")
    assert "it is not safe to deploy: 3 findings at or over high." in told


def test_a_curl_line_is_never_broken_on_a_terminal(sample_report: Report) -> None:
    text = COLOURS.sub("", on_screen(sample_report, 40, verbose=True))

    assert f"$ {sample_report.findings[0].curl}\n" in text


def test_spaces_inside_a_curl_line_stay(sample_report: Report) -> None:
    found = replace(sample_report.findings[0], curl="curl -d 'a   b' http://shop.example/")
    run = replace(sample_report.runs[3], findings=(found,))
    report = replace(sample_report, runs=(run,))

    assert "curl -d 'a   b' http://shop.example/\n" in piped(report, verbose=True)


def test_colours_are_used_on_a_terminal_only_if_wanted(
    sample_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert COLOURS.search(on_screen(sample_report, 80))

    monkeypatch.setenv("NO_COLOR", "1")
    seen = COLOURS.findall(on_screen(sample_report, 80))
    codes = {code for one in seen for code in one[2:-1].split(";")}
    assert codes <= {"0", "1", "2"}, "bold and dim are no colours"


def test_force_color_colours_a_pipe_and_still_does_not_wrap_it(
    sample_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    long = replace(sample_report.incomplete[0], reason="r" * 300)
    text = piped(replace(sample_report, runs=(long,)))

    assert COLOURS.search(text)
    assert "r" * 300 in text


def test_a_stream_that_cannot_say_it_gets_it_spelled_out(sample_report: Report) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    summary(replace(sample_report, notes=("caf\xe9 …",)), terminal(stream))
    stream.flush()

    assert rb"caf\xe9 \u2026" in raw.getvalue()


@pytest.mark.parametrize("verbose", [False, True])
def test_texts_from_outside_stay_texts(nasty: Report, verbose: bool) -> None:
    for text in (piped(nasty, verbose=verbose), on_screen(nasty, 80, verbose=verbose)):
        bare = COLOURS.sub("", text)
        hidden = {c for c in bare if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
        assert hidden <= {"\n"}
        text.encode()


def test_markup_is_not_obeyed(nasty_with: Callable[[str], Report]) -> None:
    text = piped(nasty_with("[bold red]x[/] [link=http://evil.example]y[/link] :warning:"))

    assert "[bold red]x[/] [link=http://evil.example]y[/link] :warning:" in text


def events(report: Report) -> list[ScanStarted | CheckStarted | CheckFinished | Said]:
    told: list[ScanStarted | CheckStarted | CheckFinished | Said] = [ScanStarted(len(report.runs))]
    for run in report.runs:
        told += [CheckStarted(run.check, run.subject), CheckFinished(run)]
    return [*told, Said("shop", "41 pages crawled")]


def listen(report: Report, out: io.StringIO, *, shown: bool = True, width: int = 80) -> str:
    console = Console(file=out, width=width, markup=False, highlight=False, emoji=False)
    with Progress(console, shown=shown) as progress:
        for event in events(report):
            progress(event)
    return out.getvalue()


def test_progress_in_a_pipe_is_a_few_plain_lines(sample_report: Report) -> None:
    text = listen(sample_report, io.StringIO())

    assert "\x1b" not in text
    assert text.startswith("8 checks planned\n")
    assert "dependencies/python on source: incomplete: 2 of 9 packages had no answer\n" in text
    assert "8 of 8 checks done, 4 findings, 1 incomplete\n" in text
    assert "shop: 41 pages crawled\n" in text


def test_progress_of_many_checks_stays_sparse(sample_report: Report) -> None:
    runs = sample_report.runs[5:6] * 1_000
    text = listen(replace(sample_report, runs=runs), io.StringIO())

    assert len(text.splitlines()) < 15


def test_progress_on_a_terminal_is_one_line_that_goes_away(sample_report: Report) -> None:
    text = listen(sample_report, Screen(), width=40)

    assert "\x1b[?25h" in text, "the cursor is shown again"
    assert "\x1b[2K" in text, "the line is wiped"


def test_forced_colours_do_not_animate_a_log(
    sample_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = listen(sample_report, io.StringIO())

    assert "\x1b[?25l" not in text
    assert "\x1b[2K" not in text


def test_quiet_progress_says_nothing(sample_report: Report) -> None:
    assert listen(sample_report, io.StringIO(), shown=False) == ""
    assert listen(sample_report, Screen(), shown=False) == ""


def test_progress_cannot_be_made_to_write_escapes(nasty: Report) -> None:
    text = COLOURS.sub("", listen(nasty, io.StringIO()))

    assert {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"}} <= {"\n"}


PROGRAM = """
import sys
from reports.console import Progress, terminal
from scanner.events import CheckStarted, ScanStarted
with Progress(terminal(sys.stderr)) as progress:
    progress(ScanStarted(3))
    progress(CheckStarted("headers/a-check-with-a-rather-long-name", "the-staging-deployment"))
    progress(CheckStarted("headers/csp", "[bold]"))
"""


def test_progress_fits_a_real_terminal_of_forty_columns() -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    # readline puts COLUMNS into the process's environment behind Python's back.
    environment = dict(os.environ)
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stderr=theirs, stdin=theirs, env=environment) as child:
        os.close(theirs)
        chunks = []
        try:
            while chunk := os.read(ours, 4096):
                chunks.append(chunk)
        except OSError:  # Linux says EIO where others say end of file
            pass
        os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", b"".join(chunks).decode())

    assert child.returncode == 0
    assert "0 of 3 checks done" in text
    assert max(map(cell_len, re.split(r"[\r\n]+", text))) <= 40
