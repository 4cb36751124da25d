"""One scan from the command line: signals, progress, reports, and the exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from reports.console import Progress, summary, terminal
from scanner.cli.output import NotWritten, Output
from scanner.contract import Discovered
from scanner.engine import scan
from scanner.model import Report
from scanner.plan import Options, make_plan
from scanner.source import SourceError
from scanner.stop import Stop

INTERRUPTED = 130
INCOMPLETE = 3
NOTHING = 2


@dataclass(frozen=True)
class Tone:
    """How much is said on the terminal: -1 with --quiet, 1 with --verbose."""

    loudness: int = 0
    progress: bool = True


def conduct(options: Options, discovered: Discovered, output: Output, tone: Tone) -> int:
    """Scan, write the reports, say what came of it; returns the exit code.

    Raises click.UsageError for a source that cannot be read.
    """
    report = asyncio.run(_scan(options, discovered, tone))
    return _tell(report, output, tone)


async def _scan(options: Options, discovered: Discovered, tone: Tone) -> Report:
    stop = Stop()
    _listen_to_signals(stop)
    try:
        plan = await make_plan(options, discovered)
    except SourceError as error:
        raise click.UsageError(str(error)) from None
    shown = tone.progress and tone.loudness >= 0
    with Progress(terminal(sys.stderr), shown=shown) as progress:
        return await scan(plan, progress, stop)


def _listen_to_signals(stop: Stop) -> None:
    """The first signal ends the scan and writes what was found; a second one leaves at once."""

    def interrupt() -> None:
        if stop.interrupted:
            os._exit(INTERRUPTED)
        click.echo("\nstopping; what was found is being written (again: leave at once)", err=True)
        stop.now("the scan was interrupted", interrupted=True)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)


def _tell(report: Report, output: Output, tone: Tone) -> int:
    try:
        written, failure = output.write(report), ""
    except NotWritten as error:
        written, failure = [], str(error)
    console = terminal(sys.stderr if output.is_stdout else sys.stdout)
    if tone.loudness >= 0:
        summary(report, console, verbose=tone.loudness > 0)
        _say_where(written)
    elif report.exit_code:
        from reports.overview import verdict

        click.echo(f"wallwalk: {verdict(report)}", err=True)
    if failure:
        click.echo(f"wallwalk: {failure}", err=True)
        return report.exit_code if report.exit_code in (INTERRUPTED, NOTHING) else INCOMPLETE
    return report.exit_code


def _say_where(written: list[Path]) -> None:
    if written:
        click.echo(f"Reports: {', '.join(str(path) for path in written)}")
