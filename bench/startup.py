"""How long `wallwalk --help` takes, and what it imports: `python bench/startup.py`.

The median of ten runs of the installed command, beside Python's own start, and the packages
that it loads. None that only a scan needs may be among them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 10
MOST = 0.25
SCAN_ONLY = ("httpx", "pydantic", "playwright", "selectolax", "rich", "jinja2")

COMMAND = Path(sys.executable).with_name("wallwalk")
_HELP_AND_MODULES = """
import sys
from scanner.cli import main
sys.argv = ["wallwalk", "--help"]
try:
    main()
finally:
    sys.stderr.write("\\n".join(sys.modules))
"""


def main() -> None:
    ours, alone = [], []
    for _ in range(ROUNDS):  # in turns, so that a busy machine slows both
        ours.append(took([str(COMMAND), "--help"]))
        alone.append(took([sys.executable, "-c", "pass"]))
    print(f"median of {ROUNDS}; to beat: {MOST} s on a machine with nothing else to do")
    for name, runs in (("wallwalk --help", ours), ("python -c pass", alone)):
        wall, cpu = (statistics.median(figures) for figures in zip(*runs, strict=True))
        fastest = min(wall for wall, _ in runs)
        print(f"{name:16} {wall:6.3f} s, fastest {fastest:.3f} s, {cpu:.3f} s of CPU")
    modules = imported()
    packages = Counter(name.partition(".")[0] for name in modules)
    third = [name for name in packages if name not in sys.stdlib_module_names]
    print(f"modules imported: {len(modules)}, beside Python's own: {', '.join(sorted(third))}")
    wrong = sorted(set(SCAN_ONLY) & packages.keys())
    print(f"needed by a scan only: {', '.join(wrong) or 'none'}")


def took(argv: Sequence[str]) -> tuple[float, float]:
    """Seconds on the clock, and of the processor."""
    began = time.perf_counter()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, env=environment())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{argv[0]} ended with {process.returncode}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def imported() -> list[str]:
    """Every module that is loaded when the help has been printed."""
    argv = [sys.executable, "-c", _HELP_AND_MODULES]
    done = subprocess.run(argv, capture_output=True, text=True, env=environment(), check=True)
    return done.stderr.split()


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


if __name__ == "__main__":
    main()
