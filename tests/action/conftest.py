import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from github_runner import Runner, git

STAND_IN = """\
#!/bin/sh
printf '%s\\n' "$@" | tail -n +3 > {seen}
for word; do case $word in
    --output-dir=*) cp {reports}/* "${{word#*=}}/" 2>/dev/null;;
    --config=*) cp "${{word#*=}}" {temporary}/targets-used;;
esac; done
cat {prints}
exit {code}
"""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    made = Runner(tmp_path / "work" / "shop", tmp_path / "temp", tmp_path / "server")
    for folder in (made.workspace, made.temporary, made.server / "acme" / "shop"):
        folder.mkdir(parents=True)
    git(made.workspace, "init", "-q", "-b", "main", ".")
    git(made.server / "acme" / "shop", "init", "-q", "--bare", "-b", "main", ".")
    return made


@pytest.fixture
def stand_in(runner: Runner) -> Callable[..., None]:
    """Puts a program in wallwalk's place that notes its words, one a line, in `words`, keeps the
    targets file, leaves ready-made reports, prints what it is given and ends with `code`."""

    def place(code: int = 0, reports: dict[str, Any] | None = None, prints: str = "") -> None:
        venv = runner.temporary / "stand-in"
        (venv / "bin").mkdir(parents=True)
        (venv / "reports").mkdir()
        given = {"results.json": {"exit_code": code, "findings": [], "outcomes": []}}
        for name, data in (given if reports is None else reports).items():
            (venv / "reports" / name).write_text(json.dumps(data))
        (venv / "prints").write_text(prints)
        program = venv / "bin" / "python"
        program.write_text(
            STAND_IN.format(
                seen=runner.temporary / "words",
                reports=venv / "reports",
                prints=venv / "prints",
                temporary=runner.temporary,
                code=code,
            )
        )
        program.chmod(0o755)
        runner.environment["WALLWALK_ACTION_VENV"] = str(venv)

    return place
