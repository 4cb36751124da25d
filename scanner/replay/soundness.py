"""Whether a proof from a report can be run at all, and how much it would send.

`scanner.proof` has looked at its form; this looks at what would be sent and computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from scanner.model import Probes
from scanner.proof import Hello, LogIn, Proof, Request
from scanner.scope import SAFE_METHODS
from scanner.site.handshake import VERSIONS

_MOST = 400
_LONGEST_PATTERN = 2_000
_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]{1,100}", re.ASCII)
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "upgrade", "te"})
_ORDINARY = frozenset(
    """
    accept accept-encoding accept-language access-control-request-headers
    access-control-request-method cache-control origin range user-agent
    """.split()
)
_PAYLOAD = re.compile(r"[<>'\"`;|\\\x00-\x1f]|\.\./|\$\(")


def unsound(proof: Proof) -> str:
    """What is wrong with `proof`, or an empty text."""
    return next(_faults(proof), "")


def _faults(proof: Proof) -> Iterator[str]:
    if max(len(proof.steps), len(proof.expect), len(proof.holes)) > _MOST:
        yield f"it has more than {_MOST} steps, expectations or holes"
    for step in proof.steps:
        yield from _of_step(step)
    for expect in proof.expect:
        if pattern := getattr(expect, "pattern", ""):
            yield from _of_pattern(pattern)
        if selector := getattr(expect, "selector", ""):
            yield from _of_selector(selector)


def _of_step(step: object) -> Iterator[str]:
    if isinstance(step, Hello) and step.version not in VERSIONS:
        yield f"there is no TLS version {step.version}"
    if isinstance(step, Request | LogIn) and not _TOKEN.fullmatch(step.method):
        yield f"{step.method!r} is no method"
    if not isinstance(step, Request):
        return
    for name, value in step.headers:
        if not _TOKEN.fullmatch(name) or re.search(r"[\r\n\0]", value):
            yield f"{name!r} is no header"
        if name.lower() in _FRAMING:
            yield f"the header {name} would change where the request ends"
    for take in step.takes:
        yield from _of_pattern(take.pattern, groups=1)


def _of_pattern(pattern: str, groups: int = 0) -> Iterator[str]:
    if len(pattern) > _LONGEST_PATTERN:
        yield "a regular expression is too long"
        return
    try:
        if re.compile(pattern).groups < groups:
            yield f"{pattern!r} takes nothing"
    except (re.error, RecursionError, OverflowError) as error:
        yield f"{pattern!r} is no regular expression: {error}"


def _of_selector(selector: str) -> Iterator[str]:
    try:
        LexborHTMLParser("<p>").css(re.sub(r"\{\w+\}", "hole", selector))
    except SelectolaxError:
        yield f"{selector!r} is no CSS selector"


def needed(proof: Proof, declared: Probes | None) -> Probes:
    """What may be sent must be at least this much for `proof` to run.

    `declared` is what its check says of itself, None for a check that is not known. Since the
    report says which check it was, a proof that does not look passive is not taken for it.
    """
    if declared != "passive":
        return declared or "active"
    return "passive" if all(_looks_passive(step) for step in proof.steps) else "active"


def _looks_passive(step: object) -> bool:
    if not isinstance(step, Request):
        return True
    return (
        step.method in SAFE_METHODS
        and not step.body
        and all(name.lower() in _ORDINARY for name, _ in step.headers)
        and not _PAYLOAD.search(unquote(step.target))
    )
