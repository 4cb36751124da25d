"""What a proof expects of the answers, in words that go with the evidence beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
    Proof,
    Refused,
    RunsScript,
    Shows,
    Status,
    Unlike,
)
from scanner.text import one_line

_LONGEST_PATTERN = 50


def deciding(proof: Proof) -> Iterator[str]:
    """A sentence for each expectation; answers are counted from 1, as the evidence is."""
    steps = len(proof.steps)
    for expect in proof.expect:
        if isinstance(expect, Apart):
            these, those = _answers(expect.these, steps), _answers(expect.those, steps)
            lacks = "does not have" if len(expect.those) == 1 else "do not have"
            yield f"{_upper(these)} have something in common that {those} {lacks}."
        else:
            answer = _answers((expect.step,), steps) if steps > 1 else "the answer"
            yield f"{_upper(answer)} {_does(expect, steps)}."


def _does(expect: Expectation, steps: int) -> str:
    match expect:
        case Status(codes):
            return f"has the status {' or '.join(map(str, codes))}"
        case HeaderAbsent(name):
            return f"has no header {name}"
        case HeaderMatches(name, pattern):
            return f"has a header {name} {_matching(pattern)}"
        case BodyContains(text):
            return f"contains {_short(text)}"
        case BodyLacks(text):
            return f"does not contain {_short(text)}"
        case BodyMatches(pattern):
            return f"has a body {_matching(pattern)}"
        case HasElement(selector, text):
            inside = f" with {_short(text)} in it" if text else ""
            return f"has an element {_short(selector)}{inside}"
        case RunsScript(code):
            return f"makes a browser run {_short(code)}"
        case Like(baseline):
            return f"is like {_answers(baseline, steps)}"
        case Unlike(baseline):
            return f"is unlike {_answers(baseline, steps)}"
        case Shows(baseline, beyond):
            but = f" and not in {_answers(beyond, steps)}" if beyond else ""
            return f"shows what is in {_answers(baseline, steps)}{but}"
        case Accepted():
            return "accepts the hello"
        case Refused():
            return "refuses the hello"
        case BadCertificate(fault):
            return f"has a certificate with the fault {fault}"
        case _:
            return f"is as {type(expect).__name__} says"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _short(text: str) -> str:
    return one_line(text, 80)


def _matching(pattern: str) -> str:
    """Nobody reads a long regular expression; results.json has the whole proof."""
    if len(pattern) <= _LONGEST_PATTERN:
        return f"that matches {one_line(pattern)}"
    # The control beside an anchored pattern is its negation as a whole.
    return "unlike what was looked for" if pattern.startswith(r"\A(?!\A") else "as was looked for"


def _answers(steps: Iterable[int], count: int) -> str:
    numbers = [str(step % count + 1) for step in steps]
    *first, last = numbers
    return f"answers {', '.join(first)} and {last}" if first else f"answer {last}"
