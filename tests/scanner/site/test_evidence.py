"""Curl lines: what they send, and that pasting one executes nothing from outside."""

import shlex
import subprocess
from pathlib import Path

import pytest

from scanner.proof import Request
from scanner.site.evidence import curl

NASTY = "'; touch pwned; $(touch pwned) `touch pwned` \\ \" \x1b[31m \n!! é"


def test_the_shell_gives_curl_every_byte_and_executes_nothing(tmp_path: Path) -> None:
    step = Request("POST", "/a/../b?q=$(x)'%20", (("X-Odd", "a'b$(touch pwned)"),), NASTY)
    line = curl("http://127.0.0.1:1", step)
    # The shell's own words, as the program would get them.
    script = f'curl() {{ printf "%s\\0" "$@"; }}; {line}'
    ran = subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True, capture_output=True)

    words = ran.stdout.decode().split("\0")[:-1]
    assert words[-3:] == ["--data-binary", NASTY, "http://127.0.0.1:1/a/../b?q=$(x)'%20"]
    assert words[words.index("-H") + 1] == "X-Odd: a'b$(touch pwned)"
    assert list(tmp_path.iterdir()) == []


def test_the_session_comes_from_the_environment() -> None:
    line = curl(
        "http://127.0.0.1:1",
        Request("GET", "/", identity="al-ice"),
        credential="Authorization: Bearer {token}",
    )

    assert """-H 'Authorization: Bearer '"$WALLWALK_AL_ICE_TOKEN" http""" in line


@pytest.mark.parametrize(
    ("url", "verify", "words"),
    [
        ("https://x.example", True, []),
        ("https://x.example", False, ["--insecure"]),
        ("https://x.example", "my ca.pem", ["--cacert", "my ca.pem"]),
        ("http://x.example", False, []),
    ],
)
def test_the_line_trusts_what_the_target_trusts(
    url: str, verify: bool | str, words: list[str]
) -> None:
    line = curl(url, Request("GET", "/"), verify=verify)

    assert shlex.split(line) == ["curl", "--path-as-is", "--globoff", "-isS", *words, f"{url}/"]
