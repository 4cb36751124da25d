"""Nothing that a scanned repository configures may run or lead elsewhere."""

import hashlib
from pathlib import Path

import pytest

from scanner.source import Source, SourceError


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A program that leaves a file when it runs."""
    program = tmp_path / "canary.sh"
    program.write_text(f'#!/bin/sh\necho ran $0 "$@" >> {tmp_path}/ran\ncat\n')
    program.chmod(0o755)
    return program


def ran(canary: Path) -> str:
    trace = canary.parent / "ran"
    return trace.read_text() if trace.exists() else ""


def test_the_canary_sings_when_git_is_asked_plainly(repository, canary: Path, git) -> None:
    root = repository({"a.py": "x = 1\n"})
    git(root, "config", "core.fsmonitor", str(canary))

    git(root, "status")

    assert "canary.sh" in ran(canary)


def test_programs_of_the_repository_configuration_do_not_run(repository, canary: Path, git) -> None:
    root = repository({"a.py": "x = 1\n", ".gitattributes": "*.py filter=evil diff=evil\n"})
    first = git(root, "rev-parse", "HEAD")
    hooks = root / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "pre-auto-gc", "fsmonitor-watchman", "reference-transaction"):
        (hooks / name).symlink_to(canary)
    for key, value in {
        "core.fsmonitor": str(canary),
        "core.hooksPath": str(hooks),
        "core.pager": str(canary),
        "pager.ls-files": str(canary),
        "core.sshCommand": str(canary),
        "core.askPass": str(canary),
        "core.editor": str(canary),
        "core.alternateRefsCommand": str(canary),
        "core.untrackedCache": "true",
        "credential.helper": str(canary),
        "diff.external": str(canary),
        "diff.evil.textconv": str(canary),
        "diff.evil.command": str(canary),
        "filter.evil.clean": str(canary),
        "filter.evil.smudge": str(canary),
        "filter.evil.process": str(canary),
        "alias.ls-files": f"!{canary}",
        "gpg.program": str(canary),
        "log.showSignature": "true",
        "uploadpack.packObjectsHook": str(canary),
    }.items():
        git(root, "config", key, value)
    (root / "a.py").write_text("x = 2\n")
    canary.parent.joinpath("ran").unlink(missing_ok=True)

    plain = [file.path for file in Source.open(root).files("*.py")]
    changed = [file.path for file in Source.open(root, changed_since=first).files("*.py")]

    assert plain == changed == ["a.py"]
    assert ran(canary) == ""


def test_included_configuration_does_not_run_either(repository, canary: Path, git) -> None:
    root = repository({"a.py": "", "settings": f"[core]\n\tfsmonitor = {canary}\n"})
    git(root, "config", "include.path", "../settings")
    git(root, "config", "extensions.worktreeConfig", "true")
    (root / ".git" / "config.worktree").write_text(f"[core]\n\tfsmonitor = {canary}\n")

    Source.open(root)

    assert ran(canary) == ""


def test_a_partial_clone_fetches_nothing(repository, canary: Path, git) -> None:
    root = repository({"a.py": "one\n"})
    first = git(root, "rev-parse", "HEAD")
    missing = git(root, "rev-parse", "HEAD^{tree}")
    git(root, "config", "core.repositoryFormatVersion", "1")
    git(root, "config", "extensions.partialClone", "origin")
    git(root, "config", "remote.origin.promisor", "true")
    git(root, "config", "remote.origin.url", f"ext::{canary} %S")
    git(root, "config", "remote.origin.uploadpack", str(canary))
    git(root, "config", "protocol.ext.allow", "always")
    (root / ".git" / "objects" / missing[:2] / missing[2:]).unlink()

    with pytest.raises(SourceError, match="git ls-tree failed"):
        Source.open(root, changed_since=first)

    assert ran(canary) == ""


def test_a_working_tree_elsewhere_is_not_read(repository, tmp_path: Path, git) -> None:
    root = repository({"a.py": ""})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.py").write_text("")
    git(root, "config", "core.worktree", str(elsewhere))
    git(root, "config", "core.bare", "true")

    assert [file.path for file in Source.open(root).files()] == ["a.py"]


def test_a_bare_repository_that_poses_as_a_folder_is_only_files(tree, canary: Path) -> None:
    root = tree(
        {
            "HEAD": "ref: refs/heads/main\n",
            "config": f"[core]\n\tbare = true\n\tfsmonitor = {canary}\n",
            "objects/x.txt": "",
            "refs/y.txt": "",
        }
    )

    given = [file.path for file in Source.open(root).files()]

    assert given == ["HEAD", "config", "objects/x.txt", "refs/y.txt"]
    assert ran(canary) == ""


def test_an_index_that_names_files_outside_gives_none_of_them(
    repository, tmp_path: Path, git
) -> None:
    root = repository({"aa/secret": "x"})
    (tmp_path / "secret").write_text("")
    index = root / ".git" / "index"
    forged = index.read_bytes().replace(b"aa/secret", b"../secret")[:-20]
    index.write_bytes(forged + hashlib.sha1(forged).digest())

    try:
        given = [file.path for file in Source.open(root).files()]
    except SourceError:
        given = []

    assert "../secret" not in given


def test_the_settings_of_whoever_scans_change_nothing(
    repository, tmp_path: Path, monkeypatch, canary: Path
) -> None:
    root = repository({"a.py": "", "b.py": ""})
    (tmp_path / "gitconfig").write_text(f"[core]\n\tfsmonitor = {canary}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nowhere"))

    assert [file.path for file in Source.open(root).files()] == ["a.py", "b.py"]
    assert ran(canary) == ""
