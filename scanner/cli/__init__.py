"""The command line. Every command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click

from scanner.cli.codes import INCOMPLETE, INTERRUPTED, WRONG
from scanner.cli.say import complain, say

_HELP = """\
Security checks for a repository and a running deployment, with one SARIF file at the end.

What was planned and not checked is said, and fails the scan. Exit codes: 0 nothing at or over
--fail-on and everything planned was checked, 1 findings, 2 wrong usage, 3 incomplete,
130 interrupted.
"""
_COMMANDS = ("scan", "demo", "checks", "login", "replay", "schema", "doctor")
_LATER = ("advisories", "init", "merge", "diff", "prove")


class _Commands(click.Group):
    """Commands by the module that holds each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in _LATER:
            raise click.UsageError(f"{name} is not built yet; see `wallwalk --help`")
        if name not in _COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(name, _COMMANDS, n=1)
            hint = f"did you mean {near[0]}?" if near else "see `wallwalk --help`"
            raise click.UsageError(f"no command is called {name!r}; {hint}")
        command: click.Command = import_module(f"scanner.cli.{name}").command
        return command


@click.command(cls=_Commands, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wallwalk", prog_name="wallwalk")
def wallwalk() -> None:
    pass


def main() -> None:
    """What the installed `wallwalk` command runs."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _refuse_shadows()
        code = wallwalk.main(prog_name="wallwalk", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        code = WRONG
    except click.ClickException as error:
        complain(error.format_message())
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except Exception:
        # Python would end with 1, which says that there are findings.
        import traceback

        complain(f"this is a defect of wallwalk: report it, please\n{traceback.format_exc()}")
        code = INCOMPLETE
    sys.exit(code)


def _refuse_shadows() -> None:
    """The packages have plain names: another one of such a name must not run in our place."""
    home = Path(__file__).resolve().parents[2]
    for name in ("scanner", "checks", "reports"):
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or origin.parents[1] != home:
            raise click.UsageError(
                f"the package {name!r} in {origin.parent if origin else 'no folder'} stands in the "
                "place of wallwalk's own; unset PYTHONPATH, or install wallwalk by itself (pipx)"
            )
