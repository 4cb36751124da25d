"""`wallwalk doctor`: which engines, browsers and data are here, and what a missing one costs."""

from __future__ import annotations

import click

from scanner.cli.say import say


@click.command(short_help="Say which engines are present, and what missing ones cost.")
def command() -> int:
    """Say which engines, browsers and data are present, their versions, what each missing one
    costs in coverage and the command that installs it.
    """
    from importlib.metadata import version

    from scanner.contract import discover
    from scanner.doctor import parts
    from scanner.text import one_line

    found = discover("checks")
    say(f"wallwalk {version('wallwalk')}: {len(found.checks)} checks")
    for part in parts():
        if part.found:
            say(f"  {part.name:10} {one_line(part.found)}")
        else:
            say(f"  {part.name:10} MISSING: {part.costs}")
            say(f"  {'':10} to install it: {part.install}")
    for name, reason in found.broken:
        say(f"  plug-in {one_line(name)} can't be imported: {one_line(reason)}")
    return 0
