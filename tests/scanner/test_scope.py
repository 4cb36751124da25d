"""What may be asked of whom, decided for one request at a time; nothing is sent here."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.model import Probes
from scanner.scope import Origin, Pass, Scope
from scanner.targets import Target

OWN = Origin("http", "app.example", 80)


def scope(level: Probes = "active", url: str = "http://app.example", **settings: Any) -> Scope:
    target = {"name": "app", "url": url, **settings}
    return Scope.of(Target.model_validate(target), level)


def refusal(
    scope: Scope, request: str, *, at: Origin = OWN, probes: Probes = "active", **by: Any
) -> str:
    method, _, path = request.partition(" ")
    return scope.refusal(method, at, path, Pass("room/check", probes, **by))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://App.Example/x", OWN),
        ("HTTP://app.example:80", OWN),
        ("https://app.example", Origin("https", "app.example", 443)),
        ("http://[::1]:8000/", Origin("http", "::1", 8000)),
        ("http://app.example@evil.example/", Origin("http", "evil.example", 80)),
        ("http://evil.example\\@app.example/", OWN),
        ("http://app.example:80@evil.example:81/", Origin("http", "evil.example", 81)),
    ],
)
def test_the_origin_of_a_url_is_where_a_client_would_go(url: str, origin: Origin) -> None:
    assert Origin.of(url) == origin


@pytest.mark.parametrize(
    "url",
    ["", "/path", "ftp://app.example", "javascript:alert(1)", "http:///x", "http://a:99999/"],
)
def test_what_is_no_web_address_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|Port"):
        Origin.of(url)


@pytest.mark.parametrize(
    "origin",
    ["http://app.example:8080", "https://app.example", "http://evil.example", "http://[::1]"],
)
def test_other_origins_are_out_of_scope(origin: str) -> None:
    assert "out of scope" in refusal(scope(), "GET /", at=Origin.of(origin))


def test_further_hosts_are_in_scope_by_their_own_port_only() -> None:
    wide = scope(scope={"hosts": ["api.app.example:9000", "cdn.example"]})

    assert refusal(wide, "GET /", at=Origin("http", "api.app.example", 9000)) == ""
    assert refusal(wide, "GET /", at=Origin("http", "cdn.example", 80)) == ""
    assert refusal(wide, "GET /", at=Origin("http", "api.app.example", 80))


def test_include_is_about_the_target_s_own_origin_and_exclude_about_all() -> None:
    rules = {"hosts": ["api.example"], "include": ["/shop/**"], "exclude": ["/shop/danger/**"]}
    narrow = scope(scope=rules)
    api = Origin("http", "api.example", 80)

    assert "include" in refusal(narrow, "GET /other")
    assert refusal(narrow, "GET /other", at=api) == ""
    assert "exclude" in refusal(narrow, "GET /shop/danger/x", at=api)


@pytest.mark.parametrize(
    "path",
    [
        "/admin/danger",
        "/admin/danger/",
        "/ADMIN/Danger/x",
        "//admin//danger",
        "/admin/%64anger/x",
        "/admin/%2564anger/x",
        "/x/../admin/danger",
        "/x/%2e%2e/admin/danger",
        "/admin%2fdanger",
        "/admin%5cdanger",
        "\\admin\\danger",
        "/admin;x=1/danger",
        "/./admin/./danger?x=1",
        "/admin/danger%00.png",
        "/admin/danger%3fx",
    ],
)
def test_no_writing_of_a_path_gets_around_an_exclusion(path: str) -> None:
    assert "exclude" in refusal(scope(scope={"exclude": ["/admin/danger/**"]}), f"GET {path}")


@pytest.mark.parametrize("path", ["/shop/../admin", "/shop/%2e%2e/admin", "/shop/..%2fadmin"])
def test_no_writing_of_a_path_gets_around_an_inclusion(path: str) -> None:
    narrow = scope(scope={"include": ["/shop/**"]})

    assert refusal(narrow, "GET /shop/cart") == ""
    assert "include" in refusal(narrow, f"GET {path}")


@pytest.mark.parametrize("method", ["DELETE", "delete", "Delete"])
def test_never_means_never_in_every_spelling_and_for_declared_requests_too(method: str) -> None:
    rules = scope(scope={"never": ["DELETE /me", "GET /createdb"]})

    assert "never" in refusal(rules, f"{method} /me")
    assert "never" in refusal(rules, f"{method} /ME/")
    assert "never" in refusal(rules, "HEAD /createdb")
    assert "never" in refusal(rules, "GET /createdb", declared=True)
    assert refusal(rules, "POST /me") == ""


def test_a_declared_request_may_leave_the_scanned_paths() -> None:
    narrow = scope(scope={"include": ["/api/**"], "exclude": ["/login"]})

    assert refusal(narrow, "POST /login", declared=True, probes="passive") == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "PROPFIND"])
def test_passive_checks_only_read(method: str) -> None:
    assert "needs an active check" in refusal(scope(), f"{method} /", probes="passive")


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: y", "/\tx", "/\x00"])
def test_passive_checks_send_no_malformed_request_line(path: str) -> None:
    assert "needs an active check" in refusal(scope(), f"GET {path}", probes="passive")
    assert refusal(scope(), f"GET {path}") == ""


@pytest.mark.parametrize(
    ("level", "allowed"),
    [("passive", ["passive"]), ("active", ["passive", "active"])],
)
def test_nobody_sends_more_than_the_profile_allows(level: Probes, allowed: list[Probes]) -> None:
    sent = [
        probes
        for probes in ("passive", "active", "deep")
        if not refusal(scope(level), "GET /", probes=probes)  # type: ignore[arg-type]
    ]

    assert sent == allowed


DANGEROUS = ["/logout", "/api/deleteAll", "/x?action=reset", "/createdb", "/a/init/", "/%64rop"]


@pytest.mark.parametrize("path", DANGEROUS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_looks_as_if_it_changed_something_is_left_alone(method: str, path: str) -> None:
    assert "looks as if" in refusal(scope(), f"{method} {path}")
    assert "looks as if" in refusal(scope(), f"{method} {path}", probes="passive")


@pytest.mark.parametrize("path", ["/address", "/created_at", "/presets", "/delete/5", "/x?q=ends"])
def test_what_only_resembles_such_a_word_is_asked(path: str) -> None:
    assert refusal(scope(), f"GET {path}") == ""


def test_a_dangerous_get_may_be_named_exactly_or_asked_by_the_profile_deep() -> None:
    named = scope(scope={"include": ["/**", "/createdb"]})

    assert refusal(named, "GET /createdb") == ""
    assert refusal(named, "GET /CreateDB/") == ""
    assert refusal(scope("deep"), "GET /createdb") == ""
    assert refusal(scope(scope={"include": ["/create*"]}), "GET /createdb")


def test_an_identity_that_is_kept_never_sends_one() -> None:
    named = scope("deep", scope={"include": ["/**", "/logout"]})

    assert "alice is not disposable" in refusal(named, "GET /logout", identity="alice")
    assert "alice is not disposable" in refusal(named, "GET /createdb", identity="alice")
    assert "POST" in refusal(named, "POST /logout", identity="alice")
    assert refusal(named, "POST /orders/create", identity="alice") == ""


def test_a_disposable_identity_is_bound_by_the_common_rule() -> None:
    guinea = {"identity": "guinea", "disposable": True}

    assert "looks as if" in refusal(scope(), "GET /createdb", **guinea)
    assert refusal(scope("deep"), "GET /createdb", **guinea) == ""
    assert refusal(scope(), "POST /logout", **guinea) == ""


def test_options_changes_nothing() -> None:
    assert refusal(scope(), "OPTIONS /logout", identity="alice") == ""


def test_plain_http_is_asked_with_head_only() -> None:
    secure = scope(url="https://app.example")

    assert refusal(secure, "HEAD /", at=OWN, probes="passive") == ""
    assert "out of scope" in refusal(secure, "GET /", at=OWN)
    assert "out of scope" in refusal(scope(url="https://app.example:8443"), "HEAD /", at=OWN)


def test_plain_url_says_where_plain_http_is() -> None:
    secure = scope(url="https://app.example:8443", plain_url="http://app.example:8080")

    assert refusal(secure, "HEAD /", at=Origin("http", "app.example", 8080)) == ""
    assert refusal(secure, "HEAD /", at=OWN)


def test_hosts_to_log_in_at_are_asked_by_declared_requests_only() -> None:
    rules = {"login_hosts": ["id.example", "id.example:8443", "sso.example:443"]}
    secure = scope(url="https://app.example", scope=rules)

    for at in ("https://id.example", "https://id.example:8443", "https://sso.example"):
        assert refusal(secure, "POST /", at=Origin.of(at), declared=True) == ""
        assert refusal(secure, "GET /", at=Origin.of(at))
    assert refusal(secure, "POST /", at=Origin.of("http://id.example"), declared=True)
    assert refusal(secure, "POST /", at=Origin.of("https://id.example:81"), declared=True)


def test_every_host_that_may_be_asked_is_known_beforehand() -> None:
    wide = scope(
        url="https://app.example",
        plain_url="http://www.app.example",
        scope={"hosts": ["api.example:9"], "login_hosts": ["id.example:8443"]},
    )

    assert wide.hosts == ("app.example", "api.example", "id.example", "www.app.example")
