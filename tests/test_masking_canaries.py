"""A real scan of an application and a source full of secrets, none of which may come out.

Everything goes through the command line, so that logs, progress and errors are looked at, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from canaries import Canaries, Canary, every_writing
from click.testing import CliRunner
from loopback import Answer, Asked, Running, serving

from scanner.cli import wallwalk

FORM = '<form method=post action="/login"><input name=user><input name=pass type=password></form>'
Scanned = tuple[Canaries, dict[str, str]]
STRANGE = '<"{}&é+/%>'


@dataclass
class LeakyShop:
    """Repeats every credential that it is sent, and has flaws for every kind of check."""

    canaries: Canaries
    passwords: dict[str, str]
    sessions: dict[str, str] = field(default_factory=dict)
    port: int = 0

    def __call__(self, asked: Asked) -> Answer | str:
        told = f"postgres://app:{self.known['trace']}@db/x\n"
        told += every_writing(self.known["source, ENV"])
        told += every_writing(repr(sorted(asked.headers.items())) + asked.body.decode())
        for name in ("authorization", "cookie", "x-scan-key"):
            told += every_writing(asked.headers.get(name, ""))
        cookie = "cookie" if self.who(asked) else "cookie of nobody"
        headers = [("Set-Cookie", f"cart_session={self.known[cookie]}; Path=/")]
        if self.who(asked) and asked.path == "/search":
            headers += [("Set-Cookie", f"late_session={self.known['late cookie']}; Path=/")]
        if origin := asked.headers.get("origin"):
            headers += [
                ("Access-Control-Allow-Origin", origin),
                ("Access-Control-Allow-Credentials", "true"),
            ]
        match asked.method, asked.path:
            case "POST", "/login":
                return self.log_in(asked.form.get("user", ""), asked.form.get("pass", ""))
            case "POST", "/api/login":
                return self.api_log_in(asked)
            case _, "/api/me" | "/account" if who := self.who(asked):
                return Answer(f"<p>{who}</p><pre>{told}</pre>", headers=headers)
            case _, "/api/me" | "/account":
                return Answer(f"<pre>{told}</pre>", 401)
            case _, path if path.startswith("/api/orders/"):
                return self.order(asked, path.rpartition("/")[2])
            case _, "/search":
                return Answer(
                    f"<p>{asked.query.get('q', '')}</p><pre>{told}</pre>", headers=headers
                )
            case _, "/error":
                return Answer(f"Traceback: {told}", 500)
            case _, "/moved":
                address = f"http://u:{self.known['redirect']}@127.0.0.1:{self.port}/"
                return Answer("", 302, [("Location", address)])
            case _, "/.env":
                text = f"DB_PASSWORD={self.known['.env']}\nAPI_KEY={self.known['.env key']}\n"
                return Answer(text, kind="text/plain")
            case _, "/.git/config":
                address = f"https://u:{self.known['.git']}@git.example/x.git"
                text = f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {address}\n'
                return Answer(text, kind="text/plain")
            case _, "/.git/HEAD":
                return Answer("ref: refs/heads/main\n", kind="text/plain")
            case _, "/login":
                return FORM
            case _, "/":
                links = "".join(
                    f'<a href="{x}">x</a>' for x in ("/search?q=1", "/api/me", "/moved")
                )
                user = f'<a href="http://u:{self.known["link"]}@127.0.0.1:{self.port}/about">x</a>'
                return Answer(f"<p>{links}{user}{FORM}<pre>{told}</pre>", headers=headers)
            case _:
                return Answer("<p>There is no such page.</p>", 404)

    def plant(self, where: str) -> str:
        return self.canaries.plant(where)

    @property
    def known(self) -> dict[str, str]:
        return {one.where: one.text for one in self.canaries.planted}

    def who(self, asked: Asked) -> str:
        tokens = [*asked.cookies.values(), asked.headers.get("authorization", "")[7:]]
        return next((self.sessions[token] for token in tokens if token in self.sessions), "")

    def log_in(self, name: str, password: str) -> Answer:
        if not password or self.passwords.get(name) != password:
            return Answer(f"<p>Not {every_writing(password)}.</p>{FORM}", 200)
        session = self.plant(f"session of {name}")
        self.sessions[session] = name
        cookie = f"session={session}; Path=/"
        return Answer("", 303, [("Location", "/account"), ("Set-Cookie", cookie)])

    def api_log_in(self, asked: Asked) -> Answer:
        given = json.loads(asked.body)
        name = given["name"]
        if self.passwords.get(name) != given["pass"]:
            return Answer(json.dumps({"error": f"wrong: {given['pass']}"}), 401)
        token = self.plant(f"token of {name}")
        self.sessions[token] = name
        said = {"token": token, "refresh": self.plant(f"refresh token of {name}")}
        return Answer(json.dumps(said), kind="application/json")

    def order(self, asked: Asked, number: str) -> Answer:
        if not self.who(asked):
            return Answer("no", 401)
        if number not in ("5001", "5021"):
            return Answer("no", 404)
        owner = "alice" if number == "5001" else "bob"
        card = self.known[f"card of {owner}"]
        told = {"id": int(number), "of": owner, "card": card}
        return Answer(json.dumps(told), kind="application/json")


def targets(server: Running, gone: str, canaries: Canaries) -> dict[str, Any]:
    """A targets file with credentials in every place that takes them."""
    login = {"json": {"url": "/api/login", "body": {"name": "{username}", "pass": "{password}"},
                      "token": "$.token"}, "for": ["/api/**"], "check": {"url": "/api/me"}}  # fmt: skip
    form = {"form": {"url": "/login", "fields": {"user": "{username}", "pass": "{password}"}},
            "for": ["/**"], "check": {"url": "/account", "contains": "{username}"}}  # fmt: skip
    people: dict[str, Any] = {
        name: {"username": name, "password": f"${{WALLWALK_{name.upper()}}}"}
        for name in ("alice", "bob", "dora")
    }
    people["alice"]["owns"] = {"/api/orders/{id}": [5001]}
    people["bob"]["owns"] = {"/api/orders/{id}": [5021]}
    people["dora"]["disposable"] = True
    limits = {"rate": 10_000, "timeout": 5}
    app = {
        "name": "app",
        "url": server.url,
        "profile": "staging",
        "limits": limits,
        "headers": {"X-Scan-Key": "${WALLWALK_HEADER}"},
        "identities": people,
        "logins": {"api": login, "web": form},
    }
    robot = {
        "name": "robots",
        "url": server.url,
        "profile": "staging",
        "limits": limits,
        "identities": {"robot": {"token": canaries.planted[0].text}},
        "login": {
            "bearer": {"send_as": "Authorization: Bearer {token}"},
            "check": {"url": "/api/me"},
        },
    }
    mallory = {"mallory": {"username": "mallory", "password": "${WALLWALK_MALLORY}"}}
    stranger = {
        **robot,
        "name": "strangers",
        "identities": mallory,
        "login": {"form": form["form"]},
    }
    away = {**app, "name": "gone", "url": gone}
    return {"version": 1, "targets": [app, robot, stranger, away]}


def source(canaries: Canaries, root: Path) -> None:
    """Files with secrets that checks come by."""
    secret = canaries.plant("source, B105", "{}-x!")
    shell = f'subprocess.run("mysql -p{secret}", shell=True)'
    root.mkdir()
    (root / "app.py").write_text(
        f'import subprocess\npassword = "{secret}"\n{shell}\n'
        f'connect(x, password="{canaries.plant("source, B106")}")\n'
        f'def connect(password="{canaries.plant("source, B107")}"): pass\n'
        f'subprocess.run("curl http://u:{canaries.plant("source, address")}@x", shell=True)\n'
        f'eval("clone https://{canaries.plant("source, lone token")}@git.example/x")\n'
    )
    (root / "Dockerfile").write_text(
        f"FROM python\nENV A=1 DB_PASSWORD='{canaries.plant('source, ENV', '{}+/=')}'\n"
        f"ARG NPM_TOKEN={canaries.plant('source, ARG')}\n"
        f"ADD https://u:{canaries.plant('source, ADD')}@x.example/a /a\n"
    )
    (root / "compose.yaml").write_text(
        "services:\n  db:\n    image: postgres:17\n    environment:\n"
        f"      POSTGRES_PASSWORD: {canaries.plant('source, compose')}\n"
        f"      CACHE: redis://:{canaries.plant('source, cache')}@cache/0\n"
    )


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    """What was planted, and everything that came out of the scan, by where it came out."""
    folder = tmp_path_factory.mktemp("canaries")
    canaries = Canaries()
    robot = canaries.plant("token of robot")
    for where in (
        "trace",
        "redirect",
        ".env",
        ".env key",
        ".git",
        "link",
        "cookie",
        "late cookie",
        "cookie of nobody",
    ):
        canaries.plant(where)
    for name in ("alice", "bob"):
        canaries.plant(f"card of {name}")
    passwords = {name: canaries.plant(f"password of {name}", STRANGE) for name in ("alice", "bob")}
    passwords["dora"] = canaries.plant("password of dora")
    shop = LeakyShop(canaries, passwords, {robot: "robot"})
    source(canaries, folder / "source")
    env = {f"WALLWALK_{name.upper()}": password for name, password in passwords.items()}
    env["WALLWALK_MALLORY"] = canaries.plant("wrong password of mallory", STRANGE)
    env["WALLWALK_HEADER"] = canaries.plant("header of the target", "{}/+==")
    with serving(lambda _: None) as closed:
        pass
    with serving(shop) as server:
        shop.port = server.port
        config = folder / "targets.yaml"
        config.write_text(json.dumps(targets(server, closed.url, canaries)))
        out = run(folder, env, "scan", "source", "--config", "targets.yaml", "--offline", "-v",
                  "--format", "sarif,html,json,junit,markdown", "--output-dir", "out")  # fmt: skip
        for target in ("app", "robots", "strangers", "gone"):
            said = run(folder, env, "login", "--config", "targets.yaml", "--target", target)
            out |= {f"login at {target}, {key}": text for key, text in said.items()}
        for rule, print in proved(folder).items():
            replay = ["replay", "out/results.json", print, "--config", "targets.yaml"]
            for more in ([], ["--pytest", f"out/{rule.replace('/', '_')}.py"]):
                said = run(folder, env, *replay, *more)
                out |= {f"replay of {rule} {more[:1]} {key}": text for key, text in said.items()}
    out |= {path.name: path.read_text() for path in (folder / "out").iterdir()}
    return canaries, out


def test_every_writing_of_a_canary_would_be_noticed() -> None:
    canary = Canary("here", '<"abcdefghij0123456789&é', "abcdefghij0123456789")

    for line in every_writing(canary.text).splitlines():
        assert list(canary.traces(line)), line
    assert not list(canary.traces(every_writing("another text of this length")))


def test_the_scan_came_by_the_secrets(scan: Scanned) -> None:
    _, out = scan

    found = json.loads(out["results.json"])
    rules = {one["rule"] for one in found["findings"]}
    assert rules >= {
        "access/other-users-object",
        "bandit/B105",
        "bandit/B106",
        "bandit/B107",
        "bandit/B602/low",
        "container/remote-add",
        "container/secret-in-env",
        "cors/reflected-origin",
        "bandit/B307",
        "exposure/files",
        "exposure/files/secrets",
        "injection/xss-reflected",
        "limits/login",
    }
    reasons = " ".join(one["reason"] for one in found["outcomes"])
    assert "mallory" in reasons
    assert set(out) >= {
        "stdout",
        "stderr",
        "results.sarif",
        "report.html",
        "junit.xml",
        "summary.md",
    }


def test_no_secret_comes_out(scan: Scanned) -> None:
    canaries, out = scan

    leaks = {name: traces for name, text in out.items() if (traces := canaries.traces(text))}
    assert leaks == {}


@pytest.mark.parametrize(
    "target",
    [
        "{url: 'http://u:SECRET@127.0.0.1/'}",
        "{url: 'http://127.0.0.1/', proxy: 'http://u:SECRET@127.0.0.1:9'}",
        "{url: 'http://127.0.0.1/', identities: {a: {password: SECRET, passwort: SECRET}}}",
        "{url: 'http://127.0.0.1/', identities: {a: {password: [SECRET]}}}",
        "{url: 'http://127.0.0.1/', identities: {a: SECRET}}",
        "{url: 'http://127.0.0.1/', headers: [SECRET]}",
        "{url: 'http://127.0.0.1/', headers: {Authorization: SECRET, Authorization: SECRET}}",
        "{url: 'https://example.com/', identities: {a: {password: SECRET}}}",
        "{url: 'http://127.0.0.1/', identities: {a: {password: '${SECRET'}}}",
        "{url: 'http://127.0.0.1/', login: {json: SECRET}}",
        "{url: 'http://127.0.0.1/', tokens: {signing_key: {a: SECRET}}}",
        "{url: 'http://127.0.0.1/', identities: {a: {password: SECRET}}",
    ],
)
def test_a_complaint_about_the_targets_file_shows_no_secret(tmp_path: Path, target: str) -> None:
    canaries = Canaries()
    text = target.replace("SECRET", canaries.plant("targets file"))
    (tmp_path / "targets.yaml").write_text(
        f"version: 1\ntargets:\n  - {text[:1]}name: a, {text[1:]}\n"
    )

    config = str(tmp_path / "targets.yaml")
    said = CliRunner().invoke(wallwalk, ["scan", "--no-source", "--config", config])

    assert (said.exit_code, config in said.output) == (2, True)
    assert canaries.traces(said.output) == []


def run(folder: Path, env: dict[str, str], *arguments: str) -> dict[str, str]:
    """What `wallwalk` says."""
    program = "import sys; from scanner.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "FORCE_COLOR": "1", **env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return {"stdout": done.stdout, "stderr": done.stderr}


def proved(folder: Path) -> dict[str, str]:
    """The fingerprint of one finding of each rule whose answers repeat credentials."""
    found = json.loads((folder / "out" / "results.json").read_text())["findings"]
    of_rule = {one["rule"]: one["fingerprint"] for one in found if one["proof"]}
    wanted = ("access/other-users-object", "cors/reflected-origin", "injection/xss-reflected")
    return {rule: of_rule[rule] for rule in wanted if rule in of_rule}
