"""What action.yml runs: installs wallwalk, scans the workspace, writes down what came of it.

It needs only Python's standard library and is started with -I, from outside the scanned
repository: nothing of that repository may run. It ends with 0 whatever the scan says, so that
the reports are uploaded; the action's last step ends with the scan's own exit code, and with 3
when there is none.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path

from base import targets_file
from inputs import WRONG, Ended, given, switch
from outcome import believed, outputs, summarise, tell
from running import program, scanned

_OURS = ("--config", "--format", "--output", "--output-dir")


def main() -> None:
    temporary = Path(os.environ["RUNNER_TEMP"])
    report = Path(tempfile.mkdtemp(prefix="wallwalk-report-", dir=temporary))
    checkout = ""
    try:
        path = folder()
        tops = (top for top in (path, *path.parents) if (top / ".git").exists())
        checkout = str(next(tops, path))
        words = [*arguments(temporary, report), "--", str(path)]
        code, said = scanned([*program(temporary), *words], temporary)
        code, said = believed(code, said, report)
    except Ended as why:
        code, said = why.code, str(why)
    if said:
        tell("error", said)
    if switch("summary"):
        summarise(code, said, report)
    outputs(code, report, checkout)


def arguments(temporary: Path, report: Path) -> list[str]:
    """The words of `wallwalk scan` before the path. Values stand in their option's own word, so
    that none can pass for an option."""
    for name in ("upload-sarif", "summary"):
        if given(name) not in ("true", "false"):
            raise Ended(WRONG, f"the input {name} is {given(name)!r}: write true or false")
    words = ["scan", "--format=sarif,html,json,markdown", f"--output-dir={report}"]
    if given("targets"):
        words.append(f"--config={targets_file(given('targets'), temporary)}")
    words += [f"--target={line.strip()}" for line in given("target").splitlines() if line.strip()]
    for name in ("profile", "fail-on", "select", "changed-since"):
        if given(name):
            words.append(f"--{name}={given(name)}")
    return [*words, *_further()]


def _further() -> list[str]:
    try:
        words = shlex.split(given("args"))
    except ValueError as error:
        raise Ended(WRONG, f"the input args cannot be read: {error}") from None
    for word in words:
        if word.partition("=")[0] in _OURS:
            raise Ended(WRONG, f"the input args holds {word}, which the action sets itself")
    return words


def folder() -> Path:
    """The folder to scan. A link in a pull request must not lead out of the workspace."""
    workspace = Path(os.environ["GITHUB_WORKSPACE"]).resolve()
    path = (workspace / (given("working-directory") or ".")).resolve()
    if path != workspace and workspace not in path.parents:
        raise Ended(WRONG, f"the input working-directory leads out of the workspace: {path}")
    return path


if __name__ == "__main__":
    main()
