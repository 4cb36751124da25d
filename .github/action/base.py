"""The targets file, which a pull request must not choose."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from inputs import INCOMPLETE, WRONG, Ended, given
from outcome import note

# Whoever starts a workflow by these could change the workflow too.
_TRUSTED_EVENTS = ("push", "schedule", "workflow_dispatch", "repository_dispatch", "release")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_SECONDS = 300


def targets_file(name: str, temporary: Path) -> Path:
    """The targets file to use: the workspace's own, unless others than the repository's
    maintainers may have written it. Then it is that of the base commit, or of the default
    branch where there is none."""
    workspace = Path(os.path.normpath(os.environ["GITHUB_WORKSPACE"]))
    path = Path(os.path.normpath(workspace / name))
    event = os.environ.get("GITHUB_EVENT_NAME", "")
    if event in _TRUSTED_EVENTS:
        return path
    top = _top(path, workspace)
    wanted = _revision(event)
    content = _content(top, path.relative_to(top).as_posix(), wanted, temporary)
    kept = Path(tempfile.mkdtemp(prefix="wallwalk-targets-", dir=temporary), path.name)
    kept.write_bytes(content)
    note(f"{event}: the targets file is taken from {wanted}")
    return kept


def _top(path: Path, workspace: Path) -> Path:
    """Where the repository of `path` begins: the outermost folder of the workspace that has a
    .git, else the workspace. The path is taken as it is written: links are not followed."""
    folders = [above for above in reversed(path.parents) if workspace in (above, *above.parents)]
    if not folders:
        raise Ended(WRONG, f"the input targets leads out of the workspace: {path}")
    return next((above for above in folders if (above / ".git").exists()), workspace)


def _revision(event: str) -> str:
    """The commit or branch whose targets file counts for an event that is not trusted."""
    try:
        data = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_bytes())
        pull, group = data.get("pull_request") or {}, data.get("merge_group") or {}
        base = (pull.get("base") or {}).get("sha") or group.get("base_sha")
        revision = base or f"refs/heads/{data['repository']['default_branch']}"
    except (KeyError, OSError, ValueError, TypeError, AttributeError):
        raise Ended(INCOMPLETE, f"the event {event or '(unnamed)'} names no base commit") from None
    if base and not _COMMIT.fullmatch(str(base)):
        raise Ended(INCOMPLETE, f"the event {event} names no base commit, but {base!r}")
    return str(revision)


def _content(top: Path, path: str, wanted: str, temporary: Path) -> bytes:
    if _COMMIT.fullmatch(wanted) and (top / ".git").exists():
        content = _read(top / ".git", wanted, path)
        if content is not None:
            return content
    fetched = tempfile.mkdtemp(prefix="wallwalk-base-", dir=temporary)
    server, repository = os.environ["GITHUB_SERVER_URL"], os.environ["GITHUB_REPOSITORY"]
    address = f"{server}/{repository}"
    _git("init", "--quiet", "--bare", "--template=", fetched)
    fetch = ("fetch", "--quiet", "--depth=1", "--no-tags", address, wanted)
    failure = _git(f"--git-dir={fetched}", *fetch, env=_access(server)).stderr
    content = _read(Path(fetched), "FETCH_HEAD", path)
    if content is None:
        said = failure.decode(errors="replace").strip().splitlines()[-1:]
        why = f"{wanted} could not be fetched, so its {path} is not known: {''.join(said)}"
        raise Ended(INCOMPLETE, f"{why}. The one that was checked out is not used in its place")
    return content


def _read(repository: Path, commit: str, path: str) -> bytes | None:
    """The file at `path` in `commit`; None when the commit cannot be had there."""
    at = f"--git-dir={repository}"
    listed = _git(at, "ls-tree", "-z", "--full-tree", commit, "--", path)
    if listed.returncode:
        return None
    mode, kind, blob = (*listed.stdout.partition(b"\t")[0].decode().split(), "", "", "")[:3]
    if kind != "blob" or mode == "120000":
        raise Ended(
            WRONG,
            f"there is no file {path} in {commit}: the targets file counts once it is merged; "
            "until then leave the input targets empty",
        )
    done = _git(at, "cat-file", "blob", blob)
    return None if done.returncode else done.stdout


def _git(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    """Runs git so that no program can be named by the scanned repository's configuration."""
    program = shutil.which("git")
    if program is None:
        raise Ended(INCOMPLETE, "there is no git on this runner")
    quiet = ("--no-pager", "-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null")
    kept = {n: value for n, value in os.environ.items() if n not in ("GIT_DIR", "GIT_WORK_TREE")}
    alone = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_LITERAL_PATHSPECS": "1",
        "LC_ALL": "C",
    }
    try:
        return subprocess.run(
            [program, *quiet, *words],
            env={**kept, **alone, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Ended(INCOMPLETE, f"git did not end within {_SECONDS} seconds") from None


def _access(server: str) -> dict[str, str]:
    """What lets git fetch from `server`, with the workflow's token where there is one."""
    allowed = {"GIT_ALLOW_PROTOCOL": server.partition(":")[0]}
    token = given("token")
    if not token:
        return allowed
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        **allowed,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {basic}",
    }
