"""What a targets file says is what the engine gets."""

from __future__ import annotations

import datetime
from pathlib import Path

import jsonschema_rs
import pytest

from scanner.targets import (
    BadTargets,
    Target,
    TargetsFile,
    adhoc_target,
    authorized,
    json_schema,
    load,
    loopback,
    moved,
)
from scanner.targets.kinds import RequestLine
from scanner.targets.load import parse

HEAD = "version: 1\ntargets:\n  - name: a\n    url: http://127.0.0.1:8000\n"


def loaded(text: str) -> TargetsFile:
    return parse(text.encode(), Path("targets.yaml"), env={})


def target_of(text: str) -> Target:
    return loaded(HEAD + text).targets[0]


def test_three_keys_are_enough_and_the_rest_has_the_defaults_of_the_contract() -> None:
    target = target_of("")

    assert (target.name, target.url, target.line) == ("a", "http://127.0.0.1:8000", 3)
    assert (target.profile, target.verify, target.proxy, target.roots) == (None, True, None, ("/",))
    assert target.scope.include == ("/**",)
    limits = target.limits
    assert (limits.rate, limits.concurrency, limits.max_requests, limits.timeout) == (
        50, 10, 20000, 10,
    )  # fmt: skip
    assert (target.discover.crawl, target.discover.browser) == (True, "auto")
    assert (target.logins, target.registration, target.tokens) == ({}, (), ())


def test_a_file_is_read_from_disk_and_knows_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "targets.yaml"
    path.write_text(HEAD)

    file = load(path, env={})

    assert file.path == path


def test_each_target_knows_its_line() -> None:
    file = loaded(HEAD + "\n  # another\n  - url: http://127.0.0.1:8001\n    name: b\n")

    assert [target.line for target in file.targets] == [3, 7]


def test_a_login_that_stands_alone_is_one_of_the_logins() -> None:
    alone = target_of("    login: {basic: {}}\n")
    named = target_of("    logins: {api: {bearer: {}, for: [/api/**]}, try_others: true}\n")

    assert [(n, login.kind, login.paths) for n, login in alone.logins.items()] == [
        ("login", "basic", ("/**",))
    ]
    assert [(n, login.kind, login.paths) for n, login in named.logins.items()] == [
        ("api", "bearer", ("/api/**",))
    ]
    assert (alone.try_others, named.try_others) == (False, True)


@pytest.mark.parametrize(
    "written",
    ["{url: /r, body: {a: b}}", "[{url: /r, body: {a: b}}]", "\n      - {url: /r, body: {a: b}}"],
)
@pytest.mark.parametrize("key", ["registration", "reset", "password_change"])
def test_one_entry_stands_for_a_list_of_one(key: str, written: str) -> None:
    target = target_of(f"    {key}: {written}\n")

    assert [(e.url, e.body, e.line > 4) for e in getattr(target, key)] == [("/r", {"a": "b"}, True)]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90", 90), ("1.5", 1.5), ("30s", 30), ("15m", 900), ("1h", 3600), ("2d", 172800)],
)
def test_spans_of_time_become_seconds(written: str, seconds: float) -> None:
    target = target_of(f"    expect: {{presign: {{lifetime: {written}}}}}\n")

    assert target.expect.presign is not None
    assert target.expect.presign.lifetime == seconds


def test_request_lines_are_split() -> None:
    target = target_of('    scope: {never: ["GET /createdb"]}\n')

    assert target.scope.never == (RequestLine("GET", "/createdb"),)


def test_a_consent_holds_until_the_end_of_its_last_day() -> None:
    target = target_of("    authorization: {by: Ann, until: 2027-01-31}\n")

    assert authorized(target, datetime.date(2027, 1, 31))
    assert not authorized(target, datetime.date(2027, 2, 1))
    assert not authorized(target_of(""), datetime.date(2027, 1, 1))


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8000", True),
        ("http://localhost", True),
        ("http://app.localhost", True),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
    ],
)
def test_loopback_is_told_by_the_address_itself(url: str, inside: bool) -> None:
    assert loopback(url) is inside


@pytest.mark.parametrize(
    ("url", "name", "roots"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1-8000", ("/",)),
        ("https://staging.example.com", "staging.example.com", ("/",)),
        ("https://staging.example.com:443/", "staging.example.com", ("/",)),
        ("http://shop.example.com:443/app/", "shop.example.com-443", ("/app/",)),
        ("http://[::1]:8000", "ipv6---1-8000", ("/",)),
        ("http://a_b.example.com", "a_b.example.com", ("/",)),
    ],
)
def test_a_bare_address_is_a_target_named_after_its_host(
    url: str, name: str, roots: tuple[str, ...]
) -> None:
    target = adhoc_target(url)

    assert (target.name, target.url, target.roots, target.line) == (name, url, roots, 0)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "http://u:p@127.0.0.1", "http://a/?b", "a\x1b"])
def test_a_bare_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadTargets) as caught:
        adhoc_target(url)

    assert caught.value.complaints == (
        "--target: not an http or https URL with a host and no user, query or fragment; "
        "write http://127.0.0.1:8000",
    )


def test_a_target_moves_to_another_address_and_takes_no_literal_password_along() -> None:
    plain = target_of("    plain_url: http://127.0.0.1\n    roots: [/shop/]\n")
    secret = target_of("    identities: {ann: {username: ann, password: hunter2}}\n")

    there = moved(plain, "https://preview.example.com")

    assert (there.url, there.plain_url, there.roots) == (
        "https://preview.example.com", None, ("/shop/",),
    )  # fmt: skip
    assert moved(secret, "http://localhost:9").url == "http://localhost:9"
    with pytest.raises(BadTargets, match="'password' in target a at another address is a secret"):
        moved(secret, "https://preview.example.com")


def test_settings_do_not_change_once_they_are_read() -> None:
    target = target_of("")

    with pytest.raises(ValueError, match="frozen"):
        target.name = "b"


@pytest.mark.parametrize(
    "instance",
    [
        {"version": 1, "targets": [{"name": "a", "url": "http://a", "login": {"basic": {}}}]},
        {"version": 1, "targets": [{"name": "a", "url": "http://a", "tokens": {"issuer": "x"}}]},
        {"version": 1, "targets": [{"name": "a", "url": "http://a", "tokens": [{"issuer": "x"}]}]},
    ],
)
def test_the_json_schema_knows_the_short_forms(instance: object) -> None:
    assert jsonschema_rs.validator_for(json_schema()).is_valid(instance)


@pytest.mark.parametrize(
    "instance",
    [
        {"version": 2},
        {"version": 1, "target": []},
        {"version": 1, "targets": [{"name": "a"}]},
        {"version": 1, "targets": [{"name": "a", "url": "http://a", "scope": {"never": ["x"]}}]},
        {"version": 1, "targets": [{"name": "a", "url": "http://a", "logins": {"x": 1}}]},
    ],
)
def test_the_json_schema_refuses_what_the_loader_refuses(instance: object) -> None:
    assert not jsonschema_rs.validator_for(json_schema()).is_valid(instance)


def test_every_key_of_the_json_schema_says_what_it_is_for() -> None:
    schema = json_schema()
    parts = [schema, *schema["$defs"].values()]
    silent = [
        key
        for part in parts
        for key, value in part.get("properties", {}).items()
        if not value.get("description")
        and not schema["$defs"][value["$ref"].rpartition("/")[2]]["description"]
    ]

    assert silent == []


def test_three_thousand_targets_load() -> None:
    more = "".join(
        f"  - name: t{i}\n    url: http://127.0.0.1:{2000 + i}\n    limits: {{rate: 5}}\n"
        for i in range(3000)
    )

    file = loaded(HEAD + more)

    assert (len(file.targets), file.targets[-1].line) == (3001, 9002)
