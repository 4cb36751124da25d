"""Whether a value can be a secret at all: samples, references, words and hashes are none."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

from checks.container._credentials import is_secret_name, secret_in

_SAMPLE = re.compile(
    r"""
    example | sample | placeholder | dummy | redacted | change_?-?me | replace_?-?me | fake
    | (?:your|my|insert|enter|some|not)[-_ ]?(?:a[-_ ])?(?:real|own|api|secret|token|key|password)
    | lorem | todo | fixme | foobar | deadbeef | x{6} | \*{3} | \.{3} | … | 0{8} | 1{8}
    | 12345678 | abcdefgh | 01234567
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SAMPLE_WORD = re.compile(r"example|sample|placeholder|redacted|x{6}|your[-_]", re.IGNORECASE)
_TRIAL = re.compile(
    r"(?:^|[-_.])(?:tests?|testing|demo|mock|stub|insecure|unsafe|dev)(?:[-_.]|$)", re.IGNORECASE
)
_REFERENCE = re.compile(
    r"""
    \$\{ | \$\( | \{\{ | <% | %\( | \#\{ | ^\$\w | ^%\w+%$ | ^<.*>$ | ^\[.*\]$ | ^@ | ^:\w+$
    | ^\{.*\}$ | \{[\w.!:\[\]()-]*\} | %s
    | ^ENC[\[(] | ^\{cipher\} | ^(?:vault|op|ssm|sm|arn|env|file|data|keyring|secret|secretsmanager
      |awssm|gcpsm|keyvault|projects|ref\+\w+)[:/]
    | (?:process|import\.meta)\.env | os\.environ | getenv | \benv\(
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HASH = re.compile(
    r"""
    \$(?:2[abxy]?|argon2\w*|pbkdf2[\w-]*|scrypt|[156]|apr1|y)\$.*
    | (?:pbkdf2_|bcrypt|argon2|scrypt|md5|sha\d|\{\w+\}|crypt)[\w$:.{}-]*[$:}].*
    | (?:md5|sha(?:1|224|256|384|512)?)[-:][\w+/=-]+ | SCRAM-.* | GOLANG.*
    | (?:ssh|ecdsa|sk)-[\w@.-]+\ .* | AAAA[BCE][\w+/=]{40,} | MI[GI][A-Za-z0-9+/=]{60,}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_UUID = re.compile(r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_PUBLISHED = re.compile(r"(?:pk|sk|rk)_(?:test|sandbox)_.*|pk_live_.*|0x4AAAA.*|6L[\w-]{38}")
_WORD = re.compile(r"[A-Za-z]*[aeiouyAEIOUY][A-Za-z]*\d{0,4}|[A-Za-z]{1,4}\d{0,4}|\d{1,4}|v\d+")
_PLAIN = re.compile(r"(?:[A-Z]+|[A-Z]?[a-z]+(?:[A-Z][a-z]+)*)\d{0,4}|\d{1,4}")
_ODD = re.compile(r"(?=[A-Z][a-z][A-Z]|[a-z][A-Z]{2}|[A-Z]{2}[a-z])")
_NO_VOWELS = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}")
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAME = re.compile(r"(?:.*[_.-])?(?:pass|pwd|pw|access_?key|account_?key|credentials?)$", re.I)
# The key of a licence is its short name; the others are made anew for every page.
_NO_NAME = re.compile(
    r".*(?:licen[sc]e_?key|csrf.*|xsrf.*|authenticity.*|verification.*|anti_?forgery.*|captcha.*)",
    re.IGNORECASE,
)
_HOST_OR_FILE = re.compile(r"(?:[\w-]+\.)+[A-Za-z]{2,10}(?::\d+)?(?:/[^\s]*)?|[\w-]+(?:/[\w.-]+)+")


def is_sample(text: str) -> bool:
    """Whether `text` says itself that it is none, or is put together from too few characters."""
    return bool(_SAMPLE.search(text)) or entropy(text) < 2.8 or _in_sequence(text)


def is_sample_token(token: str) -> bool:
    """The same of a token, whose head is a prefix and often the number of an account."""
    words = bool(_SAMPLE_WORD.search(token)) or bool(_SAMPLE.search(token[-20:]))
    return words or entropy(token) < 2.8 or _in_sequence(token[-20:])


def entropy(text: str) -> float:
    """Shannon's, in bits for each character."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values()) if size else 0.0


def names_secret(name: str) -> bool:
    """Whether a variable, key or attribute of this name holds a secret."""
    if _NO_NAME.fullmatch(name):
        return False
    return is_secret_name(name) or _NAME.fullmatch(name) is not None


def is_password_name(name: str) -> bool:
    return re.search(r"pass|pwd|(?:^|_)pw$", name, re.IGNORECASE) is not None


def is_reference(value: str) -> bool:
    """Whether `value` only says where the secret comes from."""
    return _REFERENCE.search(value) is not None


def is_secret_value(name: str, value: str) -> bool:
    """Whether `value`, given to something called `name`, is random enough to be its secret."""
    if is_reference(value) or _HASH.fullmatch(value) or _UUID.fullmatch(value):
        return False
    if any(map(str.isspace, value)):
        return False
    if _PUBLISHED.fullmatch(value) or _TRIAL.search(value) or _SAMPLE.search(value):
        return False
    if not secret_in("SECRET", value) or name.lower() == value.lower():
        return False
    if is_password_name(name):
        return is_strong_password(value)
    return _is_random(value)


def is_strong_password(value: str) -> bool:
    """Whether it is more than a word with a number: nobody writes it but as a real password."""
    if not 8 <= len(value) <= 200 or _in_sequence(value):
        return False
    kinds = (str.islower, str.isupper, str.isdigit)
    classes = sum(any(map(kind, value)) for kind in kinds)
    special = re.search(r"[^\w\s.:/-]", value) is not None
    if special and classes >= 2 and any(map(str.isdigit, value)):
        return not _HOST_OR_FILE.fullmatch(value)
    if _is_shuffled(value):
        return True
    return classes >= 2 and any(map(str.isdigit, value)) and not _is_wordy(value)


def _is_random(value: str) -> bool:
    if not 16 <= len(value) <= 300 or is_sample(value):
        return False
    if not any(map(str.isdigit, value)) and not _is_shuffled(value):
        return False
    if _HOST_OR_FILE.fullmatch(value) and not re.fullmatch(r"[\w+/=-]{32,}", value):
        return False
    return entropy(value) >= 3.0 and not _is_wordy(value)


def _is_wordy(value: str) -> bool:
    """Put together from words and short numbers, as names and labels are."""
    words = [word for word in _SEPARATORS.split(value) if word]
    if len(words) > 1 and all(map(_PLAIN.fullmatch, words)):
        return True
    if _is_shuffled(value) or (value.islower() and _NO_VOWELS.search(value)):
        return False
    parts = [part for word in words for part in _HUMPS.split(word)]
    # Random letters fall apart into many short pieces; names are made of few and longer ones.
    known = all(map(_WORD.fullmatch, parts))
    return known and sum(map(len, parts)) / max(len(parts), 1) >= 4


def _is_shuffled(value: str) -> bool:
    """Capital and small letters take turns as in no name, however many acronyms it has."""
    return len(_ODD.findall(value)) >= max(3, len(value) / 5)


def _in_sequence(text: str) -> bool:
    steps = [ord(b) - ord(a) for a, b in pairwise(text)]
    return bool(steps) and sum(step in (0, 1, -1) for step in steps) > len(steps) * 0.5
