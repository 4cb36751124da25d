"""Signed tokens (JWT, RFC 7519): read, forged, and their secrets guessed offline."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from scanner.proof import Forgery

_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}

Part = dict[str, Any]


def read(token: str) -> tuple[Part, Part]:
    """Header and claims of a token, unverified. Raises ValueError when it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("not a signed token of three parts")
    try:
        header, claims = (json.loads(_decoded(part)) for part in parts[:2])
    except (ValueError, RecursionError):
        raise ValueError("the parts of the token are not base64url of JSON") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError("the parts of the token are not JSON objects")
    return header, claims


def expiry(token: str) -> float | None:
    """The `exp` claim (RFC 7519, 4.1.4) of a signed token; None for what has none."""
    try:
        expires = read(token)[1].get("exp")
    except ValueError:
        return None
    return float(expires) if isinstance(expires, int | float) and expires is not True else None


def forge(token: str, how: Forgery) -> str:
    """A token like `token` that a careful verifier refuses.

    `alg-none` says that it is unsigned and has no signature (RFC 7518, 3.6), `alg-None` and its
    like spell that as a careless list of forbidden words does not; `flipped` has one bit of its
    signature changed, or one where none was; `weak-secret` has a changed claim and is signed
    with the listed secret that verifies `token`; `genuine` is the token itself. Raises ValueError
    when that cannot be made of it.
    """
    header, claims = read(token)
    if how == "genuine":
        return token
    if how not in ("flipped", "weak-secret"):
        alg = how.removeprefix("alg-")
        return f"{_encoded({**header, 'alg': alg})}.{token.split('.')[1]}."
    if how == "flipped":
        signed, _, signature = token.rpartition(".")
        raw = _decoded(signature)
        if not raw:
            return f"{signed}.{_base64url(b'wallwalk')}"
        return f"{signed}.{_base64url(bytes([raw[0] ^ 1]) + raw[1:])}"
    secret = crack(token)
    if secret is None:
        raise ValueError("no listed secret verifies the token")
    signed = f"{_encoded(header)}.{_encoded(_changed(claims))}"
    return f"{signed}.{_base64url(_signature(signed, secret, str(header['alg'])))}"


def crack(token: str) -> str | None:
    """The listed secret that signed `token` with HS256, HS384 or HS512; None when none did.

    Nothing is sent anywhere. Raises ValueError when `token` is no signed token.
    """
    header, _ = read(token)
    algorithm = header.get("alg")
    if algorithm not in _HASHES:
        return None
    signed, _, signature = token.rpartition(".")
    wanted = _decoded(signature)
    for secret in weak_secrets():
        if hmac.compare_digest(_signature(signed, secret, algorithm), wanted):
            return secret
    return None


@lru_cache(maxsize=1)
def weak_secrets() -> tuple[str, ...]:
    """Secrets that stand in documentation, sample code and word lists; the empty one first."""
    text = files("scanner.site").joinpath("weak_secrets.txt").read_text("utf-8")
    return "", *(line for line in text.splitlines() if line and not line.startswith("# "))


def _changed(claims: Part) -> Part:
    """`claims` with one changed that no verifier minds: the token is not one that we were given."""
    expires = claims.get("exp")
    if isinstance(expires, int | float) and not isinstance(expires, bool):
        return {**claims, "exp": expires + 1}
    issued = claims.get("iat")
    if isinstance(issued, int | float) and not isinstance(issued, bool):
        return {**claims, "iat": issued - 1}
    return {**claims, "jti": "wallwalk"}


def _signature(signed: str, secret: str, algorithm: str) -> bytes:
    return hmac.digest(secret.encode(), signed.encode(), _HASHES[algorithm])


def _encoded(part: Part) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(part: str) -> bytes:
    """Bytes of base64url without padding (RFC 7515, 2). Raises ValueError."""
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(str(error)) from None
