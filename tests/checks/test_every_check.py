"""What every check promises, asked of each one that is discovered."""

from __future__ import annotations

import asyncio
import inspect
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scanning import report_of

from scanner.contract import Check, discover
from scanner.model import Outcome, Report
from scanner.plan import ENGINE_KEYS
from scanner.selection import Selection
from scanner.site.site import Site
from scanner.source import Source
from scanner.targets import keys_set
from scanner.targets.load import parse

ROOT = Path(__file__).parents[2]
CHECKS = discover("checks").checks
LIVE = [check for check in CHECKS if check.subject is Site]
OF_FILES = [check for check in CHECKS if check.subject is Source]
HEADINGS = ["## Why it matters", "## How to fix it", "## References"]

every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


def file_of(check: Check[Any]) -> str:
    return check.id.replace("-", "_")


@every_check
def test_its_id_is_its_path(check: Check[Any]) -> None:
    module = import_module(f"checks.{file_of(check).replace('/', '.')}")

    assert check in vars(module).values()
    assert check.subject in (Site, Source)


@every_check
def test_its_tests_are_where_they_are_looked_for(check: Check[Any]) -> None:
    room, name = file_of(check).split("/")

    assert (ROOT / "tests" / "checks" / room / f"test_{name}.py").is_file()


@every_check
def test_its_help_says_why_and_how(check: Check[Any]) -> None:
    lines = check.rule.help.splitlines()

    assert [line for line in lines if line.startswith("#")] == HEADINGS
    assert re.match(r"[A-Z].{20,}", lines[0])
    places = [lines.index(heading) for heading in HEADINGS]
    for start, end in zip(places, [*places[1:], len(lines)], strict=True):
        assert any(line.strip() for line in lines[start + 1 : end])
    assert "https://" in check.rule.help.partition(HEADINGS[2])[2]


@every_check
def test_its_rules_are_whole_and_lie_under_its_id(check: Check[Any]) -> None:
    ids = [rule.id for rule in check.rules]

    assert len(set(ids)) == len(ids)
    for rule in check.rules:
        assert rule.id == check.id or rule.id.startswith(f"{check.id}/")
        assert rule.cwe
        assert rule.owasp
        assert all(re.fullmatch(r"WW-[A-Z]{2,5}-\d{3}", control) for control in rule.controls)
        assert 5 <= len(rule.title) <= 90
        assert not rule.title.endswith(".")


def test_rules_of_tools_can_be_selected() -> None:
    for word, id in (("bandit/B602", "code/bandit"), ("advisory", "dependencies/python")):
        chosen = Selection.of(word, "", CHECKS)

        assert [check.id for check in CHECKS if chosen.plans(check)] == [id]


def test_no_two_rules_have_one_id_or_one_title() -> None:
    rules = [rule for check in CHECKS for rule in check.rules]

    assert len({rule.id for rule in rules}) == len(rules)
    assert len({rule.title for rule in rules}) == len(rules)


def test_every_key_that_a_check_reads_is_one_of_the_file() -> None:
    example = (ROOT / "targets.example.yaml").read_bytes()
    file = parse(example, Path("targets.yaml"), env={})
    known = {key for target in file.targets for key in keys_set(target)} | ENGINE_KEYS

    assert {key for check in CHECKS for key in check.reads} <= known


# Any answer that a server can give: odd heads before bodies that checks look into.

WORDS = st.sampled_from(
    [
        "<html>", "<form method=post action=/f>", "<input name=q value=1>", "<a href=/a?id=1>",
        "<a href=//evil.example/>", "<a href='http://[::1'>", "<a href=/left-alone/x>", "</form>",
        "<meta http-equiv=refresh content='0;url=/b'>", "<base href=javascript:1>", "<script>",
        '{"id": 1, "user": {"name": ["x"]}}', "[" * 50, "null", "ref: refs/heads/", "\x00", "\ufffd",
        "Traceback (most recent call last):", "<input type=password name=p>", "%s%n{{7*7}}", "'",
        "DB_PASSWORD=x\n", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "é" * 40,
    ]
)  # fmt: skip
HEADERS = st.sampled_from(
    [
        b"Content-Type: text/html", b"Content-Type: text/html; charset=\xff", b"Content-Type:",
        b"Content-Type: application/json", b"Location: /c", b"Location: javascript:1",
        b"Location: http://evil.example/\xff", b"Set-Cookie: sid=\xff\xfe; Path=/; SameSite=\xe9",
        b"Set-Cookie: session=abcdef; Max-Age=99999999999999999999", b"Set-Cookie: =;;=;",
        b"Content-Security-Policy: script-src 'nonce-\xff' ; ;; default-src",
        b"Content-Security-Policy-Report-Only: x", b"Strict-Transport-Security: max-age=1e9;;=",
        b"Access-Control-Allow-Origin: null", b"Access-Control-Allow-Credentials: true",
        b"X-Frame-Options: ALLOW-FROM \xff", b"Referrer-Policy: ,,\xff", b"Server: \xff/1.2.3",
        b"WWW-Authenticate: Basic realm=\xff", b"Cache-Control: \xff=\xff", b"X-Folded: a\r\n b",
        b"Content-Disposition: attachment; filename*=\xff''", b"Retry-After: 0", b"Vary: *",
    ]
)  # fmt: skip
STATUS = st.sampled_from([200, 200, 200, 204, 301, 302, 304, 400, 401, 403, 404, 500, 502])
ANSWERS = st.lists(
    st.tuples(STATUS, st.lists(HEADERS, max_size=5), st.lists(WORDS, max_size=8) | st.binary()),
    min_size=1,
    max_size=6,
)
TARGET: dict[str, Any] = {
    "identities": {
        name: {"username": name, "password": f"correct-horse-{name}", "disposable": name == "dora"}
        for name in ("alice", "bob", "dora")
    },
    "login": {"json": {"url": "/login", "body": {"u": "{username}"}, "token": "$.id"}},
    "scope": {"exclude": ["/left-alone/**"]},
    "limits": {"max_requests": 120, "timeout": 0.5},
}


@asynccontextmanager
async def answering(answers: list[Any], asked: list[bytes]) -> AsyncIterator[str]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                asked.append(head)
                length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                path = head.split(b" ", 2)[1]
                status, headers, text = answers[sum(path + body) % len(answers)]
                content = text if isinstance(text, bytes) else "".join(text).encode("utf-8")
                lines = [b"HTTP/1.1 %d X" % status, *headers, b"Content-Length: %d" % len(content)]
                writer.write(b"\r\n".join([*lines, b"", b""]))
                if not head.startswith(b"HEAD") and status not in (204, 304):
                    writer.write(content)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def none_broke(report: Report) -> None:
    """Every check ended in an outcome that it chose, not in an error of its own."""
    for run in report.runs:
        assert not run.reason.startswith("the check broke"), run
        assert run.outcome is not Outcome.INCOMPLETE or run.reason


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # each example is a whole scan: none to spare
    suppress_health_check=[HealthCheck.too_slow],
)
@given(answers=ANSWERS)
def test_live_checks_survive_any_answer_and_stay_in_scope(answers: list[Any]) -> None:
    asked: list[bytes] = []

    async def scan() -> Report:
        async with answering(answers, asked) as url:
            return await report_of(LIVE, {"url": url, "profile": "deep", **TARGET}, max_time=10)

    report = asyncio.run(scan())

    none_broke(report)
    assert len(asked) <= TARGET["limits"]["max_requests"]
    for head in asked:
        method, target, _ = head.split(b" ", 2)
        assert not target.lower().startswith(b"/left-alone")
        assert target.startswith(b"/") or (method, target) == (b"OPTIONS", b"*")


TEXT = st.sampled_from(
    [
        "FROM python:3.11\n", "USER root\n", "RUN <<EOF\n", "COPY --from=0 \\\n", "ARG X=${Y:-", "ENV",
        "ADD http://x/y /\n", "# escape=`\n", "services:\n", "  web:\n", "    image: x\n", "- a\n",
        "    ports: ['80:80', {target: 1}]\n", "&a [*a]\n", "<<: *a\n", "privileged: yes\n", "\t", "{",
        "flask==1.0\n", "-r other.txt\n", "x @ file:///etc\n", "--hash=sha256:\n", "[project]\n",
        "dependencies = ['a==1', 7]\n", "[[package]]\n", "name = 1\n", "eval(x)\n", "\x00", "\ufeff",
        "\x85\u2028", "é" * 9, "!!python/object:os.system x\n", "%YAML 9.9\n", "---\n...\n", "null\n",
        "on: {workflow_dispatch: {inputs: {a: [x]}}}\n", "permissions: write-all\n", "jobs:\n", "a:\n",
        "    steps:\n", "    - run: echo ${{ github.head_ref }} ${{\n", "    - uses: a/b@v1\n",
        "server {\n", "location /a { alias; }\n", "add_header;\n", "rewrite 'x;\n", "}\n", "autoindex on;\n",
        "runs: {using: composite, steps: [{run: x, with: {a: }}, 1, {}]}\n",
    ]
)  # fmt: skip
NAMES = [
    "Dockerfile", "Containerfile.dev", "compose.yaml", "docker-compose.override.yml",
    "requirements.txt", "requirements/dev.in", "pyproject.toml", "poetry.lock", "uv.lock",
    "Pipfile.lock", "setup.cfg", "app.py", ".env", "a\nb.py", "values.yaml",
    ".github/workflows/ci.yml", "action.yml", "nginx.conf",
]  # fmt: skip
FILES = st.dictionaries(
    st.sampled_from(NAMES),
    st.lists(TEXT, max_size=10).map(lambda parts: "".join(parts).encode()) | st.binary(),
    max_size=5,
)


def of_files(checks: list[Check[Any]], files: dict[str, bytes]) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        advisories = {"service": "osv", "url": "http://127.0.0.1:9"}
        file = {"source": {"advisories": advisories}}
        return asyncio.run(report_of(checks, root=Path(folder), file=file))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(files=FILES)
def test_checks_of_files_survive_any_content(files: dict[str, bytes]) -> None:
    without_tools = [c for c in OF_FILES if not inspect.isasyncgenfunction(c.run)]

    none_broke(of_files(without_tools, files))


@settings(
    max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(files=FILES)
def test_checks_with_tools_survive_any_content(files: dict[str, bytes]) -> None:
    none_broke(of_files(OF_FILES, {"app.py": b"eval(", **files}))
