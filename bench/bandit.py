"""code/bandit against one `bandit -r` over the same files, and its second scan.

Run with `python bench/bandit.py [LINES]`: copies packages of this environment to a temporary
folder until LINES (100,000) lines are there, and prints wall times and their ratios.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from checks.code.bandit import bandit
from scanner import Finding, Incomplete, Source

ROUNDS = 2


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        lines = gather(tree, wanted)
        ours, again, theirs = [], [], []
        for turn in range(ROUNDS):
            cache = Path(folder, f"cache{turn}")
            took, count = timed(lambda: one_bandit(tree))
            theirs.append(took)
            took, first = timed(lambda cache=cache: scan(tree, cache))
            ours.append(took)
            took, second = timed(lambda cache=cache: scan(tree, cache))
            again.append(took)
            if not count == first == second:
                raise SystemExit(f"results differ: bandit {count}, ours {first}, again {second}")
    print(f"{lines:,} lines, {count} issues, best of {ROUNDS}")
    print(f"bandit -r           {min(theirs):7.2f} s")
    print(f"code/bandit         {min(ours):7.2f} s  {min(ours) / min(theirs):.2f} of it")
    print(f"unchanged, again    {min(again):7.2f} s  {min(again) / min(ours):.3f} of the first")


def gather(tree: Path, wanted: int) -> int:
    """Copies whole packages to `tree` until it has `wanted` lines; says how many it has."""
    lines = 0
    for package in sorted(Path(sysconfig.get_path("purelib")).iterdir()):
        if lines >= wanted:
            break
        if package.is_dir() and not package.name.startswith(("pip", "_")):
            for file in package.rglob("*.py"):
                place = tree / file.relative_to(package.parent)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, place)
                lines += file.read_bytes().count(b"\n")
    return lines


def timed(work):
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def one_bandit(tree: Path) -> int:
    argv = [sys.executable, "-I", "-m", "bandit", "-q", "-r", "-f", "json", "-x", "", str(tree)]
    done = subprocess.run(argv, capture_output=True, check=False)
    return len(json.loads(done.stdout)["results"])


def scan(tree: Path, cache: Path) -> int:
    async def count() -> int:
        # Nothing counts as a test, so that asserts are reported as bandit reports them.
        source = Source.open(tree, cache=cache, tests=["none/"])
        found = 0
        try:
            async for item in bandit.run(source):
                found += isinstance(item, Finding)
        except Incomplete as why:
            print(f"  ({why})")
        return found

    return asyncio.run(count())


if __name__ == "__main__":
    main()
