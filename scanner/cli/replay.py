"""`wallwalk replay`: one finding's proof, run again."""

from __future__ import annotations

import os
from pathlib import Path

import click

from scanner.cli.say import say


@click.command(short_help="Run one live finding's proof again.")
@click.argument("report", type=click.Path(path_type=Path))
@click.argument("fingerprint")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The targets file, for credentials and scope. Without one only loopback is asked.",
)
@click.option("--target", default="", metavar="NAME|URL", help="Where to send it instead.")
@click.option(
    "--env", multiple=True, metavar="NAME", help="Let the targets file read this variable too."
)
@click.option(
    "--pytest",
    "test",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the proof as a test that stands alone, and send nothing.",
)
def command(
    report: Path,
    fingerprint: str,
    config: Path | None,
    target: str,
    env: tuple[str, ...],
    test: Path | None,
) -> int:
    """Run the proof of the finding FINGERPRINT (or an unambiguous beginning of it, at least 8
    characters) of REPORT, a results.sarif or results.json, once more.

    Exit codes: 0 it is gone, 1 it still holds, 2 wrong usage, 3 it could not be tried.
    """
    import asyncio

    from scanner.cli.output import write_whole
    from scanner.contract import discover
    from scanner.replay import BadReport, as_test, replay
    from scanner.targets import BadTargets, load

    try:
        file = load(config, env=os.environ, allowed=env) if config else None
        if test:
            write_whole(test, as_test(report, fingerprint, file=file, target=target or None))
            say(f"The proof is written as a test to {test}")
            return 0
        checks = discover("checks").checks
        replayed = asyncio.run(
            replay(report, fingerprint, checks=checks, file=file, target=target or None)
        )
    except (BadReport, BadTargets) as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"{test}: can't be written: {error.strerror}") from None
    say(str(replayed))
    return replayed.exit_code
