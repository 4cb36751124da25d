"""No key whose check is not built is ignored in silence."""

from __future__ import annotations

from pathlib import Path

from scanner.targets import keys_set, unbuilt_keys
from scanner.targets.load import parse

TEXT = """version: 1
source: {exclude: [a], tests: [b]}
targets:
  - name: a
    url: http://127.0.0.1:8000
    limits: {rate: 5, timeout: 3}
    proxy: null
    uploads: []
    headers: {X-Scan: wallwalk}
    identities:
      ann: {username: ann, password: x, owns: {"/o/{id}": [1]}}
      bob: {username: bob, password: y, tenant: t}
    login:
      json: {url: /l, body: {u: "{username}"}}
      logout: {url: /out}
    services:
      - {port: 25}
  - name: b
    url: http://127.0.0.1:8001
    logins:
      one: {basic: {}}
      two: {bearer: {}}
suppressions:
  - {check: a, reason: b, until: 2027-01-01}
"""
FILE = parse(TEXT.encode(), Path("targets.yaml"), env={})


def test_keys_that_nothing_reads_are_named_with_target_and_line() -> None:
    built = {"source.exclude", "suppressions", "limits.rate", "headers", "identities.username",
             "identities.password", "logins.json", "logins.bearer"}  # fmt: skip

    assert unbuilt_keys(FILE, built) == [
        ("", "source.tests", 2),
        ("a", "limits.timeout", 6),
        ("a", "identities.owns", 11),
        ("a", "identities.tenant", 12),
        ("a", "logins.logout", 15),
        ("a", "services", 16),
        ("b", "logins.basic", 21),
    ]


def test_a_built_key_stands_for_all_that_lies_under_it() -> None:
    built = {"source", "suppressions", "limits", "headers", "identities", "logins", "services"}

    assert unbuilt_keys(FILE, built) == []


def test_a_key_with_nothing_built_under_it_is_named_once() -> None:
    names = [key for _, key, _ in unbuilt_keys(FILE, set())]

    assert names == [
        "source", "suppressions", "limits", "headers", "identities", "logins", "services", "logins",
    ]  # fmt: skip


def test_the_keys_of_a_target_leave_out_the_names_that_people_chose() -> None:
    keys = keys_set(FILE.targets[0])

    assert {"identities.owns", "logins.json.url", "limits.rate", "services.port"} <= keys
    assert not any("ann" in key for key in keys)
