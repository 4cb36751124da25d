"""`wallwalk schema`: the JSON Schema of the targets file, for editors and for tests."""

from __future__ import annotations

import json

import click

from scanner.cli.say import say


@click.command(short_help="Print the JSON Schema of the targets file.")
def command() -> int:
    """Print the JSON Schema of the targets file."""
    from scanner.targets import json_schema

    say(json.dumps(json_schema(), indent=2))
    return 0
