import base64
import hashlib
import json
import random
from collections.abc import Callable

import pytest

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
def chars() -> Callable[..., str]:
    """Random characters, the same in every run: no secret stands in a file of the tests."""
    made = random.Random(7)

    def give(number: int, alphabet: str = LETTERS) -> str:
        return "".join(made.choice(alphabet) for _ in range(number))

    return give


@pytest.fixture
def pem() -> Callable[..., str]:
    """A block of PEM; its content begins as that of a key does and is noise from there on."""

    def give(kind: str, start: bytes = b"\x30\x82\x01\x02\x02\x01\x00", head: str = "") -> str:
        noise = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(6))
        coded = base64.b64encode(start + noise).decode()
        lines = [coded[at : at + 64] for at in range(0, len(coded), 64)]
        dashes = "-" * 5
        begin, end = (f"{dashes}{word} {kind}{dashes}" for word in ("BEGIN", "END"))
        return "\n".join([begin, *([head, ""] if head else []), *lines, end, ""])

    return give


@pytest.fixture
def jwt(chars: Callable[..., str]) -> Callable[..., str]:
    def give(algorithm: str = "HS256", **claims: object) -> str:
        parts = ({"alg": algorithm, "typ": "JWT"}, {"sub": "17", **claims})
        packed = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode() for p in parts]
        return ".".join([*(part.rstrip("=") for part in packed), chars(43)])

    return give
