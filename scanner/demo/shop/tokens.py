"""Signed tokens (JWT), made by hand."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import time
from typing import Any

# Mistake: it stands in every list of secrets to try.
SHOP_SECRET = "supersecretkey"
CHECKOUT_SECRET = secrets.token_hex(32)


def issue(name: str, secret: str) -> str:
    """A token that says who somebody is, for an hour."""
    now = int(time.time())
    head = _packed({"alg": "HS256", "typ": "JWT"})
    claims = _packed({"sub": name, "iat": now, "exp": now + 3600})
    return f"{head}.{claims}.{_signature(f'{head}.{claims}', secret)}"


def believed(token: str, secret: str) -> str:
    """Whose token it is; empty when it is not to be believed. The algorithm is ours to name."""
    signed, _, signature = token.rpartition(".")
    genuine = hmac.compare_digest(signature.encode(), _signature(signed, secret).encode())
    return _owner(signed) if genuine and _head(signed).get("alg") == "HS256" else ""


def believed_too_easily(token: str, secret: str) -> str:
    """The same. Mistake: the token itself may say that it needs no signature."""
    signed = token.rpartition(".")[0]
    if _head(signed).get("alg") == "none":
        return _owner(signed)
    return believed(token, secret)


def _owner(signed: str) -> str:
    claims = _unpacked(signed.partition(".")[2])
    expires = claims.get("exp")
    alive = isinstance(expires, int) and expires > time.time()
    return str(claims.get("sub", "")) if alive else ""


def _head(signed: str) -> dict[str, Any]:
    return _unpacked(signed.partition(".")[0])


def _packed(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _unpacked(text: str) -> dict[str, Any]:
    try:
        part = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return part if isinstance(part, dict) else {}


def _signature(signed: str, secret: str) -> str:
    digest = hmac.digest(secret.encode(), signed.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
