"""One scan from the command line: signals, progress, reports, and the exit code."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

import click

from reports.console import Progress, summary, terminal
from scanner.cli.codes import INCOMPLETE, INTERRUPTED, WRONG
from scanner.cli.output import Output, Written
from scanner.cli.say import NotSaid, complain, printing, say
from scanner.cli.signals import Signals
from scanner.contract import Discovered
from scanner.engine import scan
from scanner.model import Report
from scanner.plan import Options, make_plan
from scanner.source import SourceError
from scanner.stop import Stop
from scanner.text import one_line


@dataclass(frozen=True)
class Tone:
    """How much is said on the terminal: -1 with --quiet, 1 with --verbose."""

    loudness: int = 0
    progress: bool = True


def conduct(options: Options, discovered: Discovered, output: Output, tone: Tone) -> int:
    """Scan, write the reports, say what came of it; returns the exit code.

    Raises click.UsageError for a source that cannot be read.
    """
    with Signals() as signals:
        report = asyncio.run(_scan(options, discovered, tone, signals))
        written = output.write(report)
        code = _code(report, written, signals)
    _tell(report, written, tone, output)
    return code


async def _scan(options: Options, discovered: Discovered, tone: Tone, signals: Signals) -> Report:
    stop = Stop()
    signals.ending(stop)
    try:
        plan = await make_plan(options, discovered)
    except SourceError as error:
        raise click.UsageError(one_line(str(error))) from None
    shown = tone.progress and tone.loudness >= 0
    with Progress(terminal(sys.stderr), shown=shown) as progress:
        return await scan(plan, progress, stop)


def _code(report: Report, written: Written, signals: Signals) -> int:
    if signals.interrupted:
        return INTERRUPTED
    if written.failed and report.exit_code != WRONG:
        return INCOMPLETE  # a report that nobody gets is work not done
    return report.exit_code


def _tell(report: Report, written: Written, tone: Tone, output: Output) -> None:
    console = terminal(sys.stderr if output.is_stdout else sys.stdout)
    if tone.loudness >= 0:
        try:
            with printing():
                summary(report, console, verbose=tone.loudness > 0)
            if written.paths:
                say(f"Reports: {', '.join(str(path) for path in written.paths)}")
        except NotSaid as error:  # the reports are what counts, and their exit code
            complain(error.format_message())
    elif report.exit_code:
        from reports.overview import verdict

        complain(str(verdict(report)))
    if written.failed:
        complain(f"not every report was written: {'; '.join(written.failed)}")
