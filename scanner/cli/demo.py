"""`wallwalk demo`: the embedded vulnerable application, scanned offline, every report written."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import click

from scanner.cli.say import say
from scanner.cli.scan import shared_options


@click.command(short_help="Scan the embedded vulnerable application.")
@click.option("--keep", is_flag=True, help="Serve on until Ctrl-C, for the printed curl lines.")
@shared_options
def command(
    keep: bool, output_dir: Path | None, quiet: bool, verbose: bool, no_progress: bool
) -> int:
    """Start a shop full of mistakes on free loopback ports, scan its source and its live
    instance offline, and write every report.

    Exit 0 when everything planned was checked, findings or not; 3 otherwise.
    """
    import reports
    from scanner.cli.conduct import Tone, conduct
    from scanner.cli.output import Output
    from scanner.contract import discover
    from scanner.demo.server import SOURCE, serve
    from scanner.demo.targets import targets_yaml
    from scanner.plan import Options
    from scanner.source import default_folder
    from scanner.targets.load import parse

    formats = ",".join(name for name, writer in reports.writers().items() if not writer.broken)
    output = Output.of(formats, output_dir, "")
    with serve() as servers:
        text, name = targets_yaml(servers), "targets.yaml"
        file = parse(text.encode(), Path(name), env={})
        options = Options(
            root=SOURCE,
            file=file,
            targets=file.targets,
            file_name=name,
            offline=True,
            fail_on=None,
            cache=default_folder(),
        )
        code = conduct(
            options, discover("checks"), output, Tone(int(verbose) - int(quiet), not no_progress)
        )
        if keep and code in (0, 3):
            say(f"The shop stays at {servers.http_url} and {servers.https_url}; Ctrl-C ends")
            _wait()
    return code


def _wait() -> None:
    with suppress(KeyboardInterrupt):  # SIGTERM comes as one too
        threading.Event().wait()
