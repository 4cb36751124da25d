"""Every mistake in a targets file is told with its line and with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.targets import BadTargets, load
from scanner.targets.load import parse

TARGET = "version: 1\ntargets:\n  - name: a\n    url: http://127.0.0.1:8000\n"
AWAY = "version: 1\ntargets:\n  - name: a\n    url: https://staging.example.com\n"


def complaints_about(text: str | bytes, **env: str) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(BadTargets) as caught:
        parse(data, Path("targets.yaml"), env=env)
    return list(caught.value.complaints)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("targets: []\n", "1: the file needs 'version'; write version: 1"),
        ("version: 2\n", "1: 'version' must be 1, the only version there is; write version: 1"),
        ("version: true\n", "1: 'version' must be 1, the only version there is; write version: 1"),
        ("version: 1\ntargets:\n", "2: 'targets' must be a list, not empty; write [...] or lines "
         "that begin with '-'"),
        ("version: 1\ntargets: [7]\n",
         "2: targets[0] must be a mapping, not a number; write key: value"),
        ("version: 1\ntargets:\n  - name: a\n",
         "3: targets[0] needs 'url'; write url: https://staging.example.com"),
        (TARGET + "    identites: {}\n",
         "5: unknown key 'identites' in targets[0]; did you mean 'identities'?"),
        (TARGET + "    exclude: [/a]\n",
         "5: unknown key 'exclude' in targets[0]; did you mean 'scope.exclude'?"),
        (TARGET + "    suppressions: []\n",
         "5: unknown key 'suppressions' in targets[0]; it stands at the top of the file, "
         "beside 'targets'"),
        (TARGET + "    limits: {rte: 5}\n",
         "5: unknown key 'rte' in targets[0].limits; did you mean 'rate'?"),
        (TARGET + "    limits: {zzzzzz: 5}\n", "5: unknown key 'zzzzzz' in targets[0].limits; "
         "write one of rate, concurrency, max_requests, timeout"),
        (TARGET + "    logins: {api: {bearer: {}, fro: [/a]}}\n",
         "5: unknown key 'fro' in targets[0].logins.api; did you mean 'for'?"),
        (TARGET + "    logins: {try_other: true}\n",
         "5: 'try_other' in targets[0].logins names no login; did you mean 'try_others'?"),
        (TARGET + "    identities: {json: {username: a, pasword: b}}\n",
         "5: unknown key 'pasword' in targets[0].identities.json; did you mean 'password'?"),
        (TARGET + "    discover: {crawl: yes}\n",
         "5: 'crawl' in targets[0].discover must be true or false, not text; write true"),
        (TARGET + "    limits: {concurrency: 1.5}\n",
         "5: 'concurrency' in targets[0].limits must be a whole number, not a number; write 10"),
        (TARGET + "    limits: {concurrency: 0}\n",
         "5: 'concurrency' in targets[0].limits must be at least 1"),
        (TARGET + "    limits: {rate: 0}\n",
         "5: 'rate' in targets[0].limits must be a number over 0; write 50"),
        (TARGET + "    profile: stagng\n", "5: 'profile' in targets[0] must be pr, staging or "
         "deep, not 'stagng'; did you mean 'staging'?"),
        (TARGET + "    expect: {tls: {minimum: 1.2}}\n", "5: 'minimum' in targets[0].expect.tls "
         'must be 1.0, 1.1, 1.2 or 1.3 in quotes; write "1.2"'),
        (TARGET + "    expect: {tokens: {access_lifetime: 15x}}\n",
         "5: 'access_lifetime' in targets[0].expect.tokens must be seconds, or a number with "
         "s, m, h or d; write 15m"),
        (TARGET + "    authorization: {by: Ann, until: 2027-02-30}\n",
         "5: 'until' in targets[0].authorization must be a date; write 2027-01-31"),
        (TARGET + "    verify: no\n",
         "5: 'verify' in targets[0] must be true, false or a CA bundle's path; write true"),
        (TARGET + "    scope: {never: [/createdb]}\n", "5: targets[0].scope.never[0] must be a "
         "method and a path; write GET /createdb"),
        (TARGET + "    scope: {exclude: ['admin/**']}\n", "5: targets[0].scope.exclude[0] must be "
         "a path pattern that begins with '/'; write /admin/** or /**"),
        (TARGET + "    scope: {hosts: ['https://api.example.com']}\n",
         "5: targets[0].scope.hosts[0] must be a host or host:port, without a scheme; "
         "write api.example.com"),
        (TARGET + "    start: {command: python}\n", "5: 'command' in targets[0].start must be a "
         "list, not text; write [...] or lines that begin with '-'"),
        (TARGET + "    headers: {X-Port: 8000}\n",
         "5: 'X-Port' in targets[0].headers must be text, not a number; write it in quotes"),
        (TARGET + "    identities: {ann: {username: ann, password: 12345}}\n",
         "5: 'password' in targets[0].identities.ann must be text, not a number; "
         "write it in quotes"),
        (TARGET + "    identities:\n      ann: {role: user}\n", "6: 'ann' in targets[0].identities "
         "has no way in; write username and password, or a token"),
        (TARGET + "    identities:\n      ann:\n        password: x\n        token: y\n",
         "7: 'ann' in targets[0].identities has a password and no username; write username: ann"),
        (TARGET + "    login: {for: [/a]}\n", "5: 'login' in targets[0] needs exactly one of "
         "json, form, bearer, basic, storage_state, oauth2, browser"),
        (TARGET + "    login: {basic: {}, bearer: {}}\n", "5: 'login' in targets[0] needs exactly "
         "one of json, form, bearer, basic, storage_state, oauth2, browser"),
        (TARGET + "    login: {basic: {}}\n    logins: {api: {bearer: {}}}\n",
         "5: 'login' in targets[0] stands beside 'logins'; move it into logins"),
        (TARGET + "    logins: {api: {basic: {}}}\n    tokens: {foreign: [{login: app}]}\n",
         "6: 'login' in targets[0].tokens.foreign names none of the logins; write api"),
        (TARGET + "    access: {rules: [{path: /a}]}\n",
         "5: targets[0].access.rules[0] needs roles or owner; write roles: [admin]"),
        (TARGET + "  - name: a\n    url: http://127.0.0.1:8001\n",
         "5: 'name' in targets[1]: 'a' is on line 3 already; write another name"),
        (TARGET + "    name: b\n", "5: duplicate key 'name' in targets[0]; it already stands on "
         "line 3, keep one of the two"),
        (AWAY + "    identities: {ann: {username: ann, password: hunter2}}\n",
         "5: 'password' in targets[0] is a secret written out, which only a loopback target may "
         'have; write "${WALLWALK_…}"'),
        (AWAY + "    headers: {Authorization: Bearer abc}\n",
         "5: 'Authorization' in targets[0].headers is a secret written out, which only a loopback "
         'target may have; write "${WALLWALK_…}"'),
        (AWAY + "    registration: {url: /r, body: {password: hunter2}}\n",
         "5: 'password' in targets[0] is a secret written out, which only a loopback target may "
         'have; write "${WALLWALK_…}"'),
        ("version: 1\nsuppressions:\n  - {check: headers/csp, until: 2027-01-01}\n",
         "3: suppressions[0] needs 'reason'; write reason: \"why it is bearable\""),
        ("version: 1\nsource: {advisories: {service: pypi, url: 'http://127.0.0.1'}}\n",
         "2: 'advisories' in source has a url, which is for OSV services; write service: osv"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_its_mend(text: str, complaint: str) -> None:
    assert complaints_about(text) == ["targets.yaml:" + complaint]


def test_all_mistakes_are_told_at_once_in_the_order_of_lines() -> None:
    told = complaints_about(TARGET + "    limits: {rte: 5}\n    profile: x\nfoo: 1\n")

    assert [line.split(":")[1] for line in told] == ["5", "6", "7"]


@pytest.mark.parametrize(
    "url",
    [
        "staging.example.com",
        "ftp://staging.example.com",
        "https://",
        "https://ann:pw@staging.example.com",
        "https://staging.example.com/?a=1",
        "https://staging.example.com/#a",
        "https://staging.example.com:99999",
        "https://staging.example.com:0",
        "https://staging.example.com\\@evil.example",
        "https://staging example.com",
        "https://[::1",
    ],
)
def test_an_address_that_is_not_plain_is_refused_and_not_repeated(url: str) -> None:
    told = complaints_about(f"version: 1\ntargets:\n  - {{name: a, url: '{url}'}}\n")

    assert told == [
        "targets.yaml:3: 'url' in targets[0] must be an http or https URL with a host and no "
        "user, query or fragment; write https://staging.example.com"
    ]


def test_terminal_escapes_of_the_file_do_not_reach_the_message() -> None:
    told = complaints_about('version: 1\n"\\e]0;x\\a\\u202e\\n": 1\n')

    assert "\\x1b]0;x\\x07\\u202e" in told[0]
    assert all(line.isprintable() for line in told)


def test_a_wrong_secret_is_not_repeated() -> None:
    text = TARGET + "    identities: {ann: {username: ann, password: [hunter2], role: hunter2 }}\n"
    told = complaints_about(text.replace("role: hunter2 ", "disposable: hunter2"))

    assert len(told) == 2
    assert not any("hunter2" in line for line in told)


def test_thousands_of_mistakes_end_in_fifty_lines() -> None:
    told = complaints_about("version: 1\n" + "".join(f"k{i}: 1\n" for i in range(3000)))

    assert len(told) == 51
    assert told[-1].startswith("targets.yaml: and ")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadTargets) as caught:
        load(tmp_path / "targets.yaml", env={})

    assert "can't be read: No such file or directory" in str(caught.value)


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadTargets, match="can't be read: Is a directory"):
        load(tmp_path, env={})
