"""What the answers to a proof's steps must show, and whether they do. Nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import httpx

from scanner.proof import (
    Accepted,
    Apart,
    BadCertificate,
    BodyContains,
    BodyLacks,
    BodyMatches,
    Expectation,
    HasElement,
    HeaderAbsent,
    HeaderMatches,
    Like,
    Refused,
    Request,
    RunsScript,
    Shows,
    Status,
    Take,
    Unlike,
)
from scanner.site.comparison import alike, apart, shows
from scanner.site.markup import parsed
from scanner.site.scripts import runs

LOOKED_AT = 1_000_000
"""Characters of a body that a regular expression reads."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What came of a handshake: `accepted`, `refused` or the faults of a certificate; in words."""

    signs: tuple[str, ...]
    said: str


Answer = httpx.Response | Handshake
"""What a step came back with."""


def filled(step: Request, values: Mapping[str, str]) -> Request:
    """`step` with every known `{hole}` replaced; other braces stay as they are."""
    return replace(
        step,
        target=_put(step.target, values),
        headers=tuple((name, _put(value, values)) for name, value in step.headers),
        body=_put(step.body, values),
    )


def _put(text: str, values: Mapping[str, str]) -> str:
    if "{" not in text:
        return text
    return re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]), text)


def _pattern(pattern: str, values: Mapping[str, str]) -> str:
    """A regular expression whose holes are filled: what fills them stands for itself."""
    return _put(pattern, {name: re.escape(value) for name, value in values.items()})


def taken(take: Take, response: httpx.Response) -> str:
    """What `take` finds in an answer, or an empty text."""
    source = response.text[:LOOKED_AT]
    if take.source != "body":
        source = "\n".join(response.headers.get_list(take.source))
    found = re.search(take.pattern, source)
    return found[1] if found else ""


def holds(
    expect: Expectation, answers: list[Answer], values: Mapping[str, str], names: list[str]
) -> bool:
    """Whether the answers to a proof's steps show what is expected.

    `values` are those of its holes; `names` what the identities are called: pages greet people.
    """
    own = [*names, *(value for value in values.values() if len(value) > 2)]
    if isinstance(expect, Apart):
        return apart(_responses(answers, expect.these), _responses(answers, expect.those), own)
    answer = answers[expect.step]
    match expect:
        case Accepted():
            return isinstance(answer, Handshake) and "accepted" in answer.signs
        case Refused():
            return isinstance(answer, Handshake) and "refused" in answer.signs
        case BadCertificate(fault):
            return isinstance(answer, Handshake) and fault in answer.signs
    if isinstance(answer, Handshake):
        return False
    match expect:
        case Status(codes):
            return answer.status_code in codes
        case HeaderAbsent(name):
            return name not in answer.headers
        case HeaderMatches(name, pattern):
            values_of = answer.headers.get_list(name)
            return any(re.search(_pattern(pattern, values), value) for value in values_of)
        case BodyContains(text):
            # A hole that an earlier answer left empty shows nothing: every body contains it.
            wanted = _put(text, values)
            return bool(wanted) and wanted in answer.text
        case BodyLacks(text):
            return _put(text, values) not in answer.text
        case BodyMatches(pattern):
            return bool(re.search(_pattern(pattern, values), answer.text[:LOOKED_AT]))
        case HasElement(selector, text):
            return _has_element(answer, _put(selector, values), _put(text, values))
        case RunsScript(code):
            return runs(answer, _put(code, values))
        case Like(baseline):
            return alike(answer, _responses(answers, baseline), own)
        case Unlike(baseline):
            return not alike(answer, _responses(answers, baseline), own)
        case Shows(baseline, beyond):
            return shows(answer, _responses(answers, baseline), _responses(answers, beyond), own)


def _responses(answers: list[Answer], steps: tuple[int, ...]) -> list[httpx.Response]:
    return [one for n in steps if isinstance(one := answers[n], httpx.Response)]


def _has_element(answer: httpx.Response, selector: str, text: str) -> bool:
    page, _ = parsed(answer.text)
    return any(text in node.text() for node in page.css(selector))
