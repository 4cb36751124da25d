import json
import re

import pytest

from checks.secrets.private_key import private_key
from scanner import Outcome, Severity

PLAIN = "RSA PRIVATE " + "KEY"
OPEN = b"openssh-key-v1\0\0\0\0\x04none"
LOCKED = b"openssh-key-v1\0\0\0\0\x0aaes256-ctr"


@pytest.mark.parametrize(
    ("kind", "begin"),
    [
        (PLAIN, b"\x30\x82\x04\xa2"),
        ("EC PRIVATE " + "KEY", b"\x30\x77\x02\x01"),
        ("PRIVATE " + "KEY", b"\x30\x82\x04\xa2"),
        ("OPENSSH PRIVATE " + "KEY", OPEN),
        ("PGP PRIVATE " + "KEY BLOCK", b"\x95\x01\xd8"),
    ],
)
def test_a_private_key_is_found_and_not_shown(inspect, pem, kind: str, begin: bytes) -> None:
    text = pem(kind, begin)

    run = inspect(private_key, {"deploy/id": f"\n{text}"})

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.id, finding.rule.severity) == ("secrets/private-key", Severity.HIGH)
    assert finding.where.line == 2
    assert not any(line in repr(run) for line in text.splitlines()[1:-1])


@pytest.mark.parametrize(
    "write",
    [
        lambda text: json.dumps({"type": "service_account", "private_key": text}),
        lambda text: f'KEY = """{text}"""\n',
        lambda text: "const key =\n" + " +\n".join(f'  "{x}\\n"' for x in text.splitlines()),
        lambda text: "tls:\n  key: |\n" + "".join(f"    {x}\n" for x in text.splitlines()),
        lambda text: text.replace("\n", "\r\n"),
    ],
    ids=["JSON", "a literal", "pieces", "YAML", "CRLF"],
)
def test_a_private_key_within_another_file_is_found_and_not_shown(inspect, pem, write) -> None:
    text = pem(PLAIN)

    run = inspect(private_key, {"app/settings": write(text)})

    assert len(run.findings) == 1
    assert text.splitlines()[1][:20] not in repr(run)


@pytest.mark.parametrize(
    ("kind", "begin", "head"),
    [
        ("ENCRYPTED PRIVATE " + "KEY", b"\x30\x82\x04\xa2", ""),
        ("OPENSSH PRIVATE " + "KEY", LOCKED, ""),
        (PLAIN, b"\x9c", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A0B"),
    ],
)
def test_a_key_under_a_passphrase_is_a_lesser_finding(inspect, pem, kind, begin, head) -> None:
    run = inspect(private_key, {"id": pem(kind, begin, head)})

    (finding,) = run.findings
    assert finding.rule.id == "secrets/private-key/encrypted"
    assert finding.rule.severity is Severity.MEDIUM


def test_a_key_of_the_tests_is_the_least_finding(inspect, pem) -> None:
    run = inspect(private_key, {"tests/server.pem": pem(PLAIN)})

    (finding,) = run.findings
    assert (finding.rule.id, finding.rule.severity) == (
        "secrets/private-key/in-tests",
        Severity.LOW,
    )


@pytest.mark.parametrize(("how", "rule"), [("none", ""), ("aes256-cbc", "/encrypted")])
def test_a_key_of_putty_is_found_and_not_shown(inspect, pem, how: str, rule: str) -> None:
    public, private = pem(PLAIN).splitlines()[1:3]
    head = "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: "
    text = f"{head}{how}\nPublic-Lines: 1\n{public}\nPrivate-Lines: 1\n{private}\n"

    run = inspect(private_key, {"id.ppk": text, "notes": text.partition("Private")[0]})

    (finding,) = run.findings
    assert (finding.rule.id, finding.where.line) == (f"secrets/private-key{rule}", 1)
    assert private not in repr(run)


def test_two_keys_of_one_file_are_two_findings(inspect, pem) -> None:
    run = inspect(private_key, {"keys": pem(PLAIN) + pem(PLAIN)})

    assert len({finding.fingerprint for finding in run.findings}) == 2


def test_another_key_is_the_same_finding(inspect, pem) -> None:
    first = inspect(private_key, {"id": pem(PLAIN)})

    second = inspect(private_key, {"id": pem(PLAIN, b"\x30\x82\x09\x02")})

    assert first.findings[0].fingerprint == second.findings[0].fingerprint


@pytest.mark.parametrize(
    "write",
    [
        lambda pem: pem("CERTIFICATE"),
        lambda pem: pem("PUBLIC " + "KEY"),
        lambda pem: pem("RSA PUBLIC " + "KEY"),
        lambda pem: pem("PGP PUBLIC " + "KEY BLOCK"),
        lambda pem: pem("CERTIFICATE REQUEST"),
        lambda pem: pem(PLAIN).splitlines()[0],
        lambda pem: f'if "{pem(PLAIN).splitlines()[0]}" in text: refuse()\n',
        lambda pem: "\n".join([*pem(PLAIN).splitlines()[:1], "MIIE...", pem(PLAIN)[-32:]]),
        lambda pem: pem(PLAIN, b"no key"),
        lambda pem: re.sub("\n.*\n", "\n<the content of your key as you got it>\n", pem(PLAIN)),
        lambda pem: re.sub("(?s)\n.*\n", f"\n<{'the content of your key ' * 3}>\n", pem(PLAIN)),
        lambda pem: "\n".join([pem(PLAIN).splitlines()[0], "A" * 64, pem(PLAIN).splitlines()[-1]]),
    ],
)
def test_what_is_no_private_key_is_left_alone(inspect, pem, write) -> None:
    run = inspect(private_key, {"file.txt": write(pem)})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_a_file_that_is_too_large_is_incomplete_and_a_picture_is_not(inspect) -> None:
    run = inspect(private_key, {"dump.sql": b"\n" * 10_000_001, "a.png": b"\0" * 10_000_001})

    assert run.outcome is Outcome.INCOMPLETE
    assert "dump.sql" in run.reason
    assert "a.png" not in run.reason


def test_nothing_to_read_is_not_applicable(inspect) -> None:
    assert inspect(private_key, {}).outcome is Outcome.NOT_APPLICABLE
