"""`wallwalk login`, driven from the command line against an application on loopback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from loopback import Answer, Asked, serving

WALLWALK = Path(sys.executable).parent / "wallwalk"
WORD = "correct-horse-9"


def shop(asked: Asked) -> Answer:
    if asked.path == "/api/login":
        given = json.loads(asked.body)
        if given != {"user": "ann", "pass": WORD}:
            return Answer('{"error": "no"}', 401, kind="application/json")
        return Answer(json.dumps({"token": "opaque-" + "7" * 20}), kind="application/json")
    if asked.path == "/login" and asked.method == "GET":
        return Answer('<form method="post"><input name="u"><input name="p" type="password"></form>')
    if asked.path == "/login":
        cookie = ("Set-Cookie", "sid=" + "a1b2c3d4" * 4)
        return Answer("", 303, [("Location", "/account?secret=1"), cookie])
    if asked.path == "/me":
        signed_in = asked.headers.get("authorization") == "Bearer opaque-" + "7" * 20
        return Answer("ann" if signed_in else "who?", 200 if signed_in else 401)
    return Answer("hello ann" if "sid" in asked.cookies else "hello", 200)


def run(folder: Path, url: str, password: str, *options: str) -> subprocess.CompletedProcess[str]:
    target = {
        "name": "shop",
        "url": url,
        "identities": {"ann": {"username": "ann", "password": password}},
        "logins": {
            "api": {
                "json": {
                    "url": "/api/login",
                    "body": {"user": "{username}", "pass": "{password}"},
                    "token": "$.token",
                },
                "for": ["/me"],
                "check": {"url": "/me", "contains": "{username}"},
            },
            "web": {
                "form": {"url": "/login", "fields": {"u": "{username}", "p": "{password}"}},
                "for": ["/**"],
                "check": {"url": "/account", "contains": "{username}"},
            },
        },
    }
    file = folder / "t.yaml"
    file.write_text(json.dumps({"version": 1, "targets": [target]}))
    argv = [str(WALLWALK), "login", "--config", str(file), *options]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60)


def test_each_login_is_told_step_by_step(tmp_path: Path) -> None:
    with serving(shop) as server:
        ran = run(tmp_path, server.url, WORD)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "shop: ann by api",
        "  POST /api/login answered 200",
        "  GET /me answered 200",
        "  logged in",
        "shop: ann by web",
        "  GET /login answered 200",
        "  POST /login answered 303, to /account, sets sid",
        "  GET /account answered 200",
        "  GET /account answered 200",
        "  logged in",
    ]


def test_a_wrong_password_is_named_and_never_shown(tmp_path: Path) -> None:
    wrong = "wrong-" + "horse-77"
    with serving(shop) as server:
        ran = run(tmp_path, server.url, wrong, "--target", "shop")

    assert ran.returncode == 3
    assert "  FAILED: ann could not log in: POST /api/login answered 401" in ran.stdout
    assert wrong not in ran.stdout + ran.stderr


def test_a_target_that_does_not_answer_is_no_success(tmp_path: Path) -> None:
    with serving(shop) as server:
        url = server.url
    ran = run(tmp_path, url, WORD)

    assert ran.returncode == 3
    assert "FAILED" in ran.stdout


@pytest.mark.parametrize("option", ["--target=nobody", "--config=/nowhere.yaml"])
def test_wrong_usage_is_one_line(tmp_path: Path, option: str) -> None:
    ran = run(tmp_path, "http://127.0.0.1:9", WORD, option)

    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1
