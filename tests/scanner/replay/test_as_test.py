"""The test that stands alone: it runs without wallwalk, and fails while the flaw is there."""

from __future__ import annotations

import ast
import base64
import dataclasses
import hmac
import json
import os
import socketserver
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import httpx
import pytest
from certificates import Authority, context
from loopback import Answer, serving

from checks.headers.nosniff import nosniff
from checks.tls.certificate import certificate
from checks.tls.versions import versions
from scanner.proof import (
    Accepted,
    Apart,
    BadCertificate,
    BodyContains,
    BodyLacks,
    BodyMatches,
    Expectation,
    Forged,
    HasElement,
    HeaderAbsent,
    HeaderMatches,
    Hello,
    Like,
    LogIn,
    Number,
    Product,
    Proof,
    Refused,
    Request,
    RunsScript,
    Shows,
    Status,
    Take,
    Unlike,
    Word,
)
from scanner.replay import BadReport, as_test
from scanner.replay.carried import carried
from scanner.site.tokens import forge

REFLECTED = Proof(
    (Request("GET", "/search?q=<i>{word}</i>"),), (BodyContains("<i>{word}</i>"),), (Word("word"),)
)
EVERY = {
    Status: Status((200,)),
    HeaderAbsent: HeaderAbsent("x-no"),
    HeaderMatches: HeaderMatches("content-type", "html"),
    BodyContains: BodyContains("{word}"),
    BodyLacks: BodyLacks("no such text"),
    BodyMatches: BodyMatches("<h1>.*{word}"),
    HasElement: HasElement("h1", "{word}"),
    RunsScript: RunsScript("{word}()"),
    Like: Like((0,)),
    Unlike: Unlike((1,), step=0),
    Apart: Apart((0, 2), (1,)),
    Shows: Shows((0,), (1,)),
}
"""An expectation of each kind that holds for `EVERYTHING` against `echo`."""
EVERYTHING = Proof(
    (
        Request("GET", "/?q=<script>{word}()</script>", takes=(Take("own", "body", "<h1>(.)"),)),
        Request("GET", "/nothing"),
        Request("GET", "/?q=<script>{word}()</script>", (("X-Own", "{own}{sum}"),)),
    ),
    tuple(EVERY.values()),
    (Word("word"), Number("a"), Number("b"), Product("sum", "a", "b")),
)


def echo(asked):
    if asked.path == "/nothing":
        return "<p>two</p>"
    return f"<p>one</p><h1>{asked.query.get('q', '')}</h1>"


def module_of(text: str) -> types.ModuleType:
    """The written file, imported without pytest."""
    made = types.ModuleType("written")
    sys.modules["written"] = made
    exec(compile(text, "written.py", "exec"), vars(made))
    return made


def against(text: str) -> str:
    made = module_of(text)
    found: str = made.failing(made.PROOF, made.PLACE)
    return found


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the file with pytest, in a folder of its own, where wallwalk cannot be imported."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "scanner.py").write_text("raise ImportError('the test must stand alone')")

    def go(text: str, **environment: str) -> subprocess.CompletedProcess[str]:
        (folder / "test_written.py").write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_written.py"],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # they take seconds to load
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )

    return go


def test_it_fails_while_the_flaw_is_there_and_passes_when_it_is_gone(reported, run):
    mended = []

    def search(asked):
        return "<h1>results</h1>" if mended else echo(asked)

    with serving(search) as server:
        report, fingerprint = reported(REFLECTED, server.url, message="Any input is echoed.")
        text = as_test(report, fingerprint)
        there = run(text)
        mended.append(True)
        gone = run(text)

    assert (there.returncode, gone.returncode) == (1, 0)
    assert "1 failed" in there.stdout
    assert "room/flaw: Any input is echoed." in there.stdout
    assert "1 passed" in gone.stdout
    with pytest.raises(httpx.ConnectError):
        against(text)  # nobody is there any more: that is no pass


def test_nothing_is_sent_while_it_is_written(reported):
    with serving(echo) as server:
        report, fingerprint = reported(REFLECTED, server.url)
        server.asked.clear()
        as_test(report, fingerprint)

    assert server.asked == []


def test_a_target_that_is_busy_is_no_flaw_that_is_gone(reported):
    busy = []

    def app(asked):
        return Answer("later", 503) if busy else echo(asked)

    with serving(app) as server:
        report, fingerprint = reported(REFLECTED, server.url)
        busy.append(True)
        with pytest.raises(RuntimeError, match="answered 503"):
            against(as_test(report, fingerprint))


def test_every_kind_of_expectation_means_the_same_as_in_a_scan(reported):
    assert {*EVERY} == {*get_args(Expectation)} - {Accepted, Refused, BadCertificate}
    with serving(echo) as server:
        report, fingerprint = reported(EVERYTHING, server.url)
        server.asked.clear()

        assert against(as_test(report, fingerprint)) == ""

    own = int(server.asked[2].headers["x-own"].removeprefix("<"))
    assert own > 1_000_000


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_each_kind_brings_what_it_needs_and_no_more(reported, kind, tmp_path):
    proof = dataclasses.replace(EVERYTHING, expect=(EVERY[kind],))
    with serving(echo) as server:
        report, fingerprint = reported(proof, server.url)
        text = as_test(report, fingerprint)

        assert against(text) == ""

    others = {other.__name__ for other in EVERY} - {kind.__name__}
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert not others & names
    assert ("selectolax" in text) == (kind in (HasElement, RunsScript))


@pytest.mark.parametrize(
    "proof",
    [
        REFLECTED,
        EVERYTHING,
        Proof((Hello("TLSv1.1"),), (Accepted(),)),
        Proof(
            (Request("GET", "/", (("Authorization", "Bearer {t}"),)),),
            (Status((200,)),),
            (Forged("t", "alice", "weak-secret"),),
        ),
    ],
    ids=["plain", "everything", "hello", "forged"],
)
def test_no_name_is_missing_and_none_is_defined_twice(recorded_as, proof, tmp_path):
    class Bare(ast.NodeTransformer):
        """Takes the types away, which nothing evaluates."""

        def generic_visit(self, node: ast.AST) -> ast.AST:
            for name in ("annotation", "returns"):
                if getattr(node, name, None):
                    setattr(node, name, ast.Constant(None))
            return super().generic_visit(node)

    written = as_test(*recorded_as(proof))
    path = tmp_path / "written.py"
    path.write_text(ast.unparse(Bare().visit(ast.parse(written))))

    ruff = Path(sys.executable).with_name("ruff")
    found = subprocess.run(
        [
            ruff,
            "check",
            "--isolated",
            "--no-cache",
            "--select",
            "F4,F8,E9",
            "--ignore",
            "F841",
            path,
        ],
        capture_output=True,
        text=True,
    )

    assert found.stdout.strip() == "All checks passed!"
    assert "from scanner" not in written


@pytest.fixture
def recorded_as(tmp_path: Path) -> Callable[..., tuple[Path, str]]:
    """A report that was never scanned: with `proof` at `url`, and what else stands in it."""
    from scanner.proof import to_data

    def write(
        proof: Proof, url: str = "http://127.0.0.1:8000/", **more: object
    ) -> tuple[Path, str]:
        finding = {
            "fingerprint": "12345678",
            "rule": "a/b",
            "message": "wrong",
            "where": {"kind": "url", "target": "app", "url": url},
            "proof": to_data(proof),
            **more,
        }
        path = tmp_path / "results.json"
        path.write_text(json.dumps({"format": "wallwalk-results/1", "findings": [finding]}))
        return path, "12345678"

    return write


EVIL = "\"\"\"'''\\\n#{}{0}{packages}\nimport os; os.system('touch pwned') #\x00\r\u2028\udcff"


def test_nothing_from_a_report_can_run(recorded_as):
    proof = Proof(
        (Request("GET", f"/{EVIL}", (("X", "a'b\"c{{}}"),), EVIL, identity=EVIL),),
        (BodyContains(EVIL), HeaderAbsent(EVIL)),
        (Word(EVIL),),
    )
    written = as_test(*recorded_as(proof, message=EVIL, rule=EVIL, curl=f"curl -H '{EVIL}'"))

    made = module_of(written)

    assert eval(repr(proof), vars(made)) == made.PROOF
    top = {type(node) for node in ast.parse(written).body}
    assert top <= {ast.Expr, ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.Assign}
    calls = [node for node in ast.parse(written).body if isinstance(node, ast.Expr)]
    assert all(isinstance(node.value, ast.Constant) for node in calls)
    assert not [name for name in ("os.system", "pwned") if name in without_literals(written)]


def without_literals(text: str) -> str:
    class Blank(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> ast.Constant:
            return ast.Constant("" if isinstance(node.value, str) else node.value)

        def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.Constant:
            return ast.Constant("")

    return ast.unparse(Blank().visit(ast.parse(text)))


def test_tokens_come_from_the_environment(reported, monkeypatch):
    def mine(asked):
        if asked.path == "/login":
            return Answer(json.dumps({"access_token": "token-of-alice"}))
        return "hers" if asked.headers.get("x-key") == "Key token-of-alice!" else "nobody's"

    people = {
        "identities": {"a.lice": {"username": "alice", "password": "x"}},
        "login": {
            "json": {
                "url": "/login",
                "body": {"username": "{username}", "password": "{password}"},
                "token": "$.access_token",
                "send_as": "X-Key: Key {token}!",
            }
        },
    }
    proof = Proof((Request("GET", "/mine", identity="a.lice"),), (BodyContains("hers"),))
    with serving(mine) as server:
        report, fingerprint = reported(proof, server.url, **people)
        text = as_test(report, fingerprint)
        with pytest.raises(RuntimeError, match=r"set WALLWALK_A_LICE_TOKEN to a session of a.lice"):
            against(text)
        monkeypatch.setenv("WALLWALK_A_LICE_TOKEN", "token-of-alice")
        there = against(text)
        monkeypatch.setenv("WALLWALK_A_LICE_TOKEN", "token-of-bob")
        gone = against(text)

    assert there == ""
    assert gone.startswith("BodyContains")
    assert "token-of-alice" not in text
    assert "WALLWALK_A_LICE_TOKEN must hold" in text


def signed(secret: str) -> str:
    """A token of Alice's, signed with HS256."""
    head = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9"
    digest = hmac.digest(secret.encode(), head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


@pytest.mark.parametrize("how", ["alg-none", "flipped", "weak-secret", "genuine"])
def test_tokens_are_forged_as_a_scan_forges_them(recorded_as, monkeypatch, how):
    proof = Proof(
        (Request("GET", "/", (("Authorization", "Bearer {t}"),)),),
        (BodyContains("{t}"),),
        (Forged("t", "alice", how),),
    )
    with serving(lambda asked: asked.headers["authorization"]) as server:
        text = as_test(*recorded_as(proof, f"{server.url}/"))
        monkeypatch.setenv("WALLWALK_ALICE_TOKEN", signed("secret"))
        there = against(text)
        monkeypatch.setenv("WALLWALK_ALICE_TOKEN", signed("not on any list, 4711"))
        another = against(text)

    assert there == ""
    assert server.asked[0].headers["authorization"] == f"Bearer {forge(signed('secret'), how)}"
    assert another == ("no listed secret verifies the token" if how == "weak-secret" else "")


def test_nothing_is_followed_and_nothing_is_remembered(recorded_as):
    def app(asked):
        headers = [("Set-Cookie", "a=b"), ("Location", "/elsewhere")]
        return Answer("", 302, headers)

    proof = Proof(
        (Request("GET", "/a//../b?c=%27&d=ü"), Request("PUT", "/", body="x")), (Status((302,)),)
    )
    with serving(app) as server:
        assert against(as_test(*recorded_as(proof, f"{server.url}/"))) == ""

    first, second = server.asked
    assert (first.target, first.method) == ("/a//../b?c=%27&d=%C3%BC", "GET")
    assert (second.method, second.body) == ("PUT", b"x")
    assert "cookie" not in second.headers


def test_headers_of_the_target_go_with_it_and_its_secrets_do_not(recorded_as, targets):
    proof = Proof((Request("GET", "/"),), (Status((200,)),))
    with serving(echo) as server:
        file = targets(server.url, headers={"X-Scan": "yes", "Authorization": "Basic c2VjcmV0"})
        text = as_test(*recorded_as(proof), file=file)
        against(text)

    assert server.asked[0].headers["x-scan"] == "yes"
    assert "authorization" not in server.asked[0].headers
    assert "c2VjcmV0" not in text


def test_a_tls_version_is_offered_as_in_a_scan(reported, tmp_path):
    pem = Authority(tmp_path).issue()
    with serving(echo, tls=context(pem, "TLSv1_1")) as old:
        report, fingerprint = reported(versions, old.url, verify=False)
        there = against(as_test(report, fingerprint))
    with serving(echo, tls=context(pem)) as today:
        gone = against(as_test(report, fingerprint, target=today.url))

    assert there == ""
    assert gone.startswith("Accepted")


def test_hanging_up_counts_when_it_happens_twice(recorded_as):
    hung_up = []

    class Rude(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            hung_up.append(self.request.recv(5_000))

    with socketserver.TCPServer(("127.0.0.1", 0), Rude) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        url = f"https://127.0.0.1:{server.server_address[1]}/"
        proof = Proof((Hello("TLSv1.1"),), (Refused(),))
        found = against(as_test(*recorded_as(proof, url)))
        server.shutdown()
        thread.join()

    assert (found, len(hung_up)) == ("", 2)


def test_two_functions_of_one_name_do_not_meet():
    roots = [("scanner.site.tokens", "read"), ("scanner.site.certificate", "judge")]

    text = "\n".join([*(found := carried(roots)).imports, found.code])

    made = module_of(f"from __future__ import annotations\n{text}")
    assert made.read(signed("x"))[1] == {"sub": "alice"}
    assert made.read_of_certificate_facts(b"nonsense").unread
    assert "read_of_certificate_facts" in made.judge.__code__.co_names
    assert found.packages == ("cryptography", "httpx")


def test_https_is_verified_as_the_targets_file_says(reported, tmp_path, targets):
    authority = Authority(tmp_path)
    with serving(echo, tls=context(authority.issue())) as server:
        report, fingerprint = reported(nosniff, server.url, verify=str(authority.bundle))

        def text(verify: str | bool) -> str:
            return as_test(report, fingerprint, file=targets(server.url, verify=verify))

        assert against(text(str(authority.bundle))) == against(text(False)) == ""
        with pytest.raises(Exception, match="certificate verify failed"):
            against(text(True))


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        (Proof((LogIn("alice", "POST", "/login"),), (Status((200,)),)), "it logs in"),
        (Proof((Request("GET", "http://127.0.0.1:9/x"),), (Status((200,)),)), "asks http://127"),
        (dataclasses.replace(REFLECTED, once="a burst"), "runs only once"),
    ],
)
def test_what_needs_a_scan_is_not_written(recorded_as, proof, reason):
    with pytest.raises(BadReport, match=reason):
        as_test(*recorded_as(proof))


def test_a_certificate_is_not_judged_by_a_test(reported, tmp_path):
    tls = context(Authority(tmp_path).issue(["a.example"]))
    with serving(echo, tls=tls) as server:
        report, fingerprint = reported(certificate, server.url, verify=False)

    with pytest.raises(BadReport, match="judges a certificate"):
        as_test(report, fingerprint)


def test_a_report_that_names_another_host_gives_no_test(recorded_as):
    with pytest.raises(BadReport, match=r"the report names http://shop\.example.*--config"):
        as_test(*recorded_as(REFLECTED, "http://shop.example/"))
