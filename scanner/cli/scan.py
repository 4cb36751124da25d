"""`wallwalk scan`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_LATER = ("--baseline", "--shard")


def _not_built(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None:
        raise click.UsageError(f"{option.opts[0]} is not built yet; see `wallwalk scan --help`")


def shared_options(command: Any) -> Any:
    """The options that say where reports go and how much the terminal shows."""
    for option in (
        click.option("--no-progress", is_flag=True, help="No progress while it works."),
        click.option("-v", "--verbose", is_flag=True, help="Every place, note and curl line."),
        click.option("-q", "--quiet", is_flag=True, help="Only what went wrong."),
        click.option(
            "--output-dir",
            type=click.Path(file_okay=False, path_type=Path),
            help="Folder of the reports. [default: wallwalk-report]",
        ),
    ):
        command = option(command)
    return command


@click.command(short_help="Scan a repository, running targets, or both.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--no-source", is_flag=True, help="Do not scan PATH, only targets.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The targets file. It is read only when named here.",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME|NAME=URL|URL",
    help="Targets of the file by name, one at another address, or a URL of its own.",
)
@click.option(
    "--profile",
    type=click.Choice(["pr", "staging", "deep"]),
    help="What may be sent: passive probes; active ones too; slow or risky ones too.",
)
@click.option("--select", default="", metavar="IDS", help="Only these checks, rules or prefixes.")
@click.option("--ignore", default="", metavar="IDS", help="Not these checks, rules or prefixes.")
@click.option(
    "--env", multiple=True, metavar="NAME", help="Let the targets file read this variable too."
)
@click.option("--offline", is_flag=True, help="Plan nothing that needs the internet.")
@click.option("--changed-since", default="", metavar="REV", help="Only files that differ from REV.")
@click.option(
    "--format",
    "formats",
    default="sarif,html",
    show_default=True,
    help="Comma-separated: sarif, html, json, junit, markdown.",
)
@click.option("--output", default="", metavar="FILE", help="One report to this file; - is stdout.")
@click.option(
    "--fail-on",
    type=click.Choice(["critical", "high", "medium", "low", "never"]),
    default="high",
    show_default=True,
    help="The least severity that fails the scan.",
)
@click.option("--max-requests", type=click.IntRange(1), help="Requests for each target.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Requests a second.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), help="Seconds a request.")
@click.option(
    "--max-time", type=click.FloatRange(0, min_open=True), help="Seconds for the whole scan."
)
@click.option("--jobs", type=click.IntRange(1), help="Worker processes for source checks.")
@click.option("--start", is_flag=True, help="Run the targets' start commands.")
@click.option("--allow-incomplete", is_flag=True, help="Gaps do not fail the scan by themselves.")
@click.option("--baseline", hidden=True, callback=_not_built, expose_value=False, is_eager=True)
@click.option("--shard", hidden=True, callback=_not_built, expose_value=False, is_eager=True)
@shared_options
def command(
    path: Path,
    no_source: bool,
    formats: str,
    output: str,
    output_dir: Path | None,
    quiet: bool,
    verbose: bool,
    no_progress: bool,
    **words: Any,
) -> int:
    """Scan the repository at PATH (default: this folder) and every target.

    Exit codes: 0 nothing at or over --fail-on and everything planned was checked; 1 findings;
    2 wrong usage; 3 something planned could not be checked; 130 interrupted.
    """
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other; take one")
    from scanner.cli.choice import Words, options_of
    from scanner.cli.conduct import Tone, conduct
    from scanner.cli.output import Output
    from scanner.contract import discover

    discovered = discover("checks")
    options = options_of(Words(path=path, source=not no_source, **words), discovered)
    if options.root is None and not options.targets:
        raise click.UsageError("there is nothing to scan: name a --target or a --config with some")
    tone = Tone(int(verbose) - int(quiet), progress=not no_progress)
    return conduct(options, discovered, Output.of(formats, output_dir, output), tone)
