"""`wallwalk login`: each identity's login tried, and what happened, step by step."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from scanner.targets import Target, TargetsFile


@click.command(short_help="Try each identity's login, step by step.")
@click.option("--config", required=True, type=click.Path(path_type=Path), help="The targets file.")
@click.option("--target", default="", metavar="NAME|NAME=URL", help="Whose logins. [default: all]")
@click.option(
    "--env", multiple=True, metavar="NAME", help="Let the targets file read this variable too."
)
def command(config: Path, target: str, env: tuple[str, ...]) -> int:
    """Log every identity in at every login that fits it, and say what was asked and answered.

    Exit codes: 0 every login works, 2 wrong usage, 3 one does not.
    """
    import asyncio

    from scanner.cli.choice import chosen
    from scanner.cli.codes import INCOMPLETE
    from scanner.targets import BadTargets, load

    try:
        file = load(config, env=os.environ, allowed=env)
        targets = chosen(file, [target] if target else [], named=True)
    except BadTargets as error:
        raise click.UsageError(str(error)) from None
    if not any(one.identities for one in targets):
        raise click.UsageError(f"{config}: nobody can log in; add identities and a login")
    failed = [one.name for one in targets if not asyncio.run(_told(file, one))]
    return INCOMPLETE if failed else 0


async def _told(file: TargetsFile, target: Target) -> bool:
    """Whether every login of `target` worked."""
    from scanner.cli.say import say
    from scanner.contract import Incomplete
    from scanner.masking import Masker
    from scanner.rehearsal import rehearse
    from scanner.targets import secrets_of

    good = True
    try:
        async for one in rehearse(target, Masker(secrets_of(file))):
            via = f" by {one.login}" if one.login else ""
            say(f"{target.name}: {one.identity}{via}")
            for step in one.steps:
                say(f"  {step}")
            if one.failure:
                good = False
                say(f"  FAILED: {one.failure}")
            else:
                say("  logged in")
            if one.mend:
                say(f"  to mend it: {one.mend}")
    except Incomplete as why:
        say(f"{target.name}: {why}")
        return False
    return good
