import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[[dict[str, str | bytes]], Path]


def git(folder: Path, *arguments: str) -> str:
    """Runs git as a developer would, with a name and none of this machine's settings."""
    done = subprocess.run(
        ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        },
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


@pytest.fixture
def tree(tmp_path: Path) -> Write:
    """Writes files into a folder without git and returns it."""

    def write(files: dict[str, str | bytes]) -> Path:
        root = tmp_path / "tree"
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return write


@pytest.fixture
def repository(tree: Write) -> Write:
    """The same in a git repository, with everything committed."""

    def write(files: dict[str, str | bytes]) -> Path:
        root = tree(files)
        git(root, "init", "-q", "-b", "main", ".")
        git(root, "add", "-A")
        git(root, "commit", "-q", "--allow-empty", "-m", "first")
        return root

    return write


@pytest.fixture(name="git")
def _git() -> Callable[..., str]:
    return git
