from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from scanner.site.tokens import crack, expiry, forge, read, weak_secrets


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(claims: dict[str, object], secret: str, algorithm: str = "HS256") -> str:
    head = _base64url(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    text = f"{head}.{_base64url(json.dumps(claims).encode())}"
    digest = f"sha{algorithm[2:]}"
    return f"{text}.{_base64url(hmac.digest(secret.encode(), text.encode(), digest))}"


def verifies(token: str, secret: str, digest: str = "sha256") -> bool:
    text, _, signature = token.rpartition(".")
    return _base64url(hmac.digest(secret.encode(), text.encode(), digest)) == signature


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_listed_secret_is_found_offline(algorithm: str) -> None:
    token = signed({"sub": "alice"}, "changeme", algorithm)

    assert crack(token) == "changeme"


def test_a_long_random_secret_is_not_found() -> None:
    token = signed({"sub": "alice"}, hashlib.sha256(b"nobody lists this").hexdigest())

    assert crack(token) is None


def test_an_asymmetric_token_is_not_guessed_at() -> None:
    head = _base64url(b'{"alg": "RS256"}')
    token = f"{head}.{_base64url(b'{}')}.{_base64url(b'x' * 256)}"

    assert crack(token) is None


def test_a_token_signed_with_nothing_counts_as_weak() -> None:
    assert crack(signed({"sub": "alice"}, "")) == ""


def test_alg_none_keeps_the_claims_and_drops_the_signature() -> None:
    token = signed({"sub": "alice"}, "changeme")

    header, claims = read(forge(token, "alg-none"))

    assert header == {"alg": "none", "typ": "JWT"}
    assert claims == {"sub": "alice"}
    assert forge(token, "alg-none").endswith(".")


def test_flipped_spoils_the_signature_and_nothing_else() -> None:
    token = signed({"sub": "alice"}, "changeme")

    spoiled = forge(token, "flipped")

    assert spoiled.rpartition(".")[0] == token.rpartition(".")[0]
    assert not verifies(spoiled, "changeme")


@pytest.mark.parametrize(
    ("claims", "changed"),
    [
        ({"sub": "a", "exp": 100, "iat": 50}, {"sub": "a", "exp": 101, "iat": 50}),
        ({"sub": "a", "iat": 50}, {"sub": "a", "iat": 49}),
        ({"sub": "a"}, {"sub": "a", "jti": "wallwalk"}),
    ],
)
def test_weak_secret_signs_a_changed_claim_anew(
    claims: dict[str, object], changed: dict[str, object]
) -> None:
    token = signed(claims, "changeme", "HS384")

    made = forge(token, "weak-secret")

    assert verifies(made, "changeme", "sha384")
    assert read(made)[1] == changed


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "....", "\xff.\xff.\xff", "e30.W10.e30"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="token"):
        read(text)


def test_a_strong_token_cannot_be_signed_anew() -> None:
    token = signed({}, hashlib.sha256(b"nobody lists this").hexdigest())

    with pytest.raises(ValueError, match="no listed secret"):
        forge(token, "weak-secret")


def test_the_list_has_no_doubles_and_is_worth_trying() -> None:
    secrets = weak_secrets()

    assert len(secrets) == len(set(secrets)) > 1000


@pytest.mark.parametrize("spelling", ["none", "None", "NONE", "nOnE"])
def test_alg_none_is_spelt_in_four_ways(spelling: str) -> None:
    header, _ = read(forge(signed({"sub": "alice"}, "changeme"), f"alg-{spelling}"))

    assert header["alg"] == spelling


def test_the_genuine_token_is_left_as_it_is() -> None:
    token = signed({"sub": "alice"}, "changeme")

    assert forge(token, "genuine") == token


def test_a_token_without_a_signature_gets_a_wrong_one() -> None:
    unsigned = forge(signed({"sub": "alice"}, "changeme"), "alg-none")

    assert forge(unsigned, "flipped").startswith(unsigned)
    assert not forge(unsigned, "flipped").endswith(".")


@pytest.mark.parametrize(
    ("token", "expires"),
    [
        (signed({"exp": 100}, "x"), 100.0),
        (signed({"exp": 1.5}, "x"), 1.5),
        (signed({"exp": True}, "x"), None),
        (signed({"exp": "100"}, "x"), None),
        (signed({}, "x"), None),
        ("an-opaque-token", None),
    ],
)
def test_when_a_token_expires_is_what_it_claims(token: str, expires: float | None) -> None:
    assert expiry(token) == expires
