from __future__ import annotations

import httpx
import pytest

from scanner.site.cookies import Jar


def absorbed(*lines: bytes, host: str = "app.example.com", line: str = "/shop/cart") -> Jar:
    jar = Jar()
    headers = [(b"Set-Cookie", value) for value in lines]
    jar.absorb(host, line, httpx.Response(200, headers=headers))
    return jar


def test_a_cookie_comes_back_as_it_was_set() -> None:
    jar = absorbed(b"session=abc=def; Path=/; HttpOnly; Secure")

    assert jar.header("app.example.com", "/anything?q=1") == "session=abc=def"


def test_bytes_that_are_no_text_survive() -> None:
    jar = absorbed(b"odd=\xff\xfe; Path=/", b"session=fine; Path=/")

    sent = jar.header("app.example.com", "/").encode("utf-8", "surrogateescape")

    assert sent == b"odd=\xff\xfe; session=fine"


@pytest.mark.parametrize(
    "end",
    [b"Max-Age=0", b"max-age=-1", b"Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
)
def test_a_cookie_that_is_taken_back_is_gone(end: bytes) -> None:
    jar = absorbed(b"session=abc; Path=/", b"session=; Path=/; " + end)

    assert not jar


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"novalue",
        b"=nameless",
        b"a\x00b=c",
        b"big=" + b"x" * 5000,
        b"foreign=x; Domain=evil.example",
        b"whole=x; Domain=com",
    ],
)
def test_a_line_that_no_browser_takes_is_left_out(broken: bytes) -> None:
    assert not absorbed(broken)


@pytest.mark.parametrize("odd", [b"Expires=never", b"Max-Age=soon", b"Path", b"Expires=\xff"])
def test_odd_attributes_do_not_lose_the_cookie(odd: bytes) -> None:
    assert absorbed(b"session=abc; " + odd)


def test_paths_and_hosts_are_kept_apart() -> None:
    jar = absorbed(b"near=1", b"wide=2; Path=/; Domain=example.com", b"admin=3; Path=/admin")

    assert jar.header("app.example.com", "/shop/list") == "near=1; wide=2"
    assert jar.header("app.example.com", "/shopping") == "wide=2"
    assert jar.header("id.example.com", "/shop/list") == "wide=2"
    assert jar.header("badexample.com", "/shop/list") == ""
    assert jar.header("app.example.com", "/admin/x") == "admin=3; wide=2"


def test_a_hostile_server_cannot_fill_the_memory() -> None:
    jar = absorbed(*(f"c{n}=1; Path=/".encode() for n in range(500)))

    assert len(list(jar)) == 100


def test_preferences_are_no_secrets() -> None:
    jar = absorbed(b"lang=english; Path=/", b"sessionid=abcdef; Path=/", b"x=0123456789abcdef")

    assert [cookie.name for cookie in jar if cookie.is_secret] == ["sessionid", "x"]


@pytest.mark.parametrize(
    ("attribute", "told"),
    [
        (b"; SameSite=Lax", "lax"),
        (b"; samesite = STRICT", "strict"),
        (b"; SameSite=None; Secure", "none"),
        (b"; SameSite=maybe", ""),
        (b"", ""),
    ],
)
def test_a_cookie_tells_its_same_site_attribute(attribute: bytes, told: str) -> None:
    (cookie,) = absorbed(b"session=abcdef" + attribute)

    assert cookie.same_site == told


def test_a_path_that_is_none_counts_for_nothing() -> None:
    jar = absorbed(b"a=1; Path=/admin; Path=shop", b"b=2; Path=shop")

    assert jar.header("app.example.com", "/shop/list") == "a=1; b=2"
