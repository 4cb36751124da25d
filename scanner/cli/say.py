"""What the commands print, and what becomes of it when nobody can take it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from scanner.cli.codes import INCOMPLETE
from scanner.text import printable


class NotSaid(click.ClickException):
    """Standard output takes nothing more: its disk is full, for instance."""

    exit_code = INCOMPLETE


def say(text: str) -> None:
    """Print `text`. Raises NotSaid."""
    with printing():
        click.echo(text)


@contextmanager
def printing() -> Iterator[None]:
    """Around whatever prints to standard output. Raises NotSaid when it cannot be written.

    That its reader went away (`wallwalk checks | head`) is no error.
    """
    try:
        yield
    except BrokenPipeError:
        let_go(1)
    except OSError as error:
        let_go(1)
        raise NotSaid(f"standard output: {error.strerror}") from None


def complain(text: str) -> None:
    """Print `text` to the standard error, if anybody can take it."""
    try:
        click.echo(f"wallwalk: {printable(text)}", err=True)
    except OSError:
        let_go(2)


def let_go(stream: int) -> None:
    """Let the stream's rest go nowhere: Python would try again when it ends, and then end with
    a code of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
