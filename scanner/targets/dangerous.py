"""GETs that look as if they change something."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import unquote, unquote_plus

_CHANGES = re.compile(
    "logout|logoff|signout|signoff"
    "|delete|del|remove|rm|destroy|purge|wipe|erase|truncate|drop|dropdb|clear|flush"
    "|create|createdb|initdb|resetdb|reset|seed|reseed|init|initialize|initialise"
    "|setup|install|uninstall|reinstall|migrate|rollback"
    "|unsubscribe|deactivate|disable|revoke|cancel|terminate|kill|ban|shutdown|reboot|restart"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def looks_dangerous(path: str, query: str = "", operation_id: str = "") -> str:
    """The word for which a GET is left alone, or empty.

    Looked for as a whole word (`deleteAll`, `log-out`, `action=reset`; not `address` or
    `created_at`) in the last segment of `path`, in `query` and in the OpenAPI `operation_id`.
    """
    segments = [s for s in unquote(path).split("/") if s.partition(";")[0]]
    last = segments[-1] if segments else ""
    for text in (last, unquote_plus(query), operation_id):
        word = _dangerous_word(text)
        if word:
            return word
    return ""


def _dangerous_word(text: str) -> str:
    words = [word.lower() for word in _WORD.findall(text[:4000])]
    joined = [a + b for a, b in pairwise(words)]
    whole = [run.lower() for run in re.findall("[A-Za-z]+", text[:4000])]
    return next((word for word in (*words, *whole, *joined) if _CHANGES.fullmatch(word)), "")
