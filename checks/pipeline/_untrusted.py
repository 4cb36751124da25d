"""Expressions of workflows: which of them give text that somebody outside has written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

EXPRESSION = re.compile(r"\$\{\{((?:(?!\$\{\{|\}\}).)*)\}\}", re.DOTALL)
LONGEST = 21_000
"""Characters; GitHub refuses longer expressions."""

OUTSIDERS = re.compile(
    r"github\.head_ref"
    r"|github\.event\.(?:issue|pull_request|discussion)\.(?:title|body)"
    r"|github\.event\.(?:comment|review|review_comment|discussion_comment)\.body"
    r"|github\.event\.pull_request\.head\.(?:ref|label|repo\.(?:default_branch|description|homepage))"
    r"|github\.event\.pages\..+\.page_name"
    r"|github\.event\.(?:workflow_run\.)?(?:commits\..+|head_commit)"
    r"\.(?:message|author\.(?:name|email)|committer\.(?:name|email))"
    r"|github\.event\.workflow_run\.(?:head_branch|display_title|head_repository\.description)"
    r"|github\.event\.workflow_run\.pull_requests\..+\.head\.ref"
)
# Handed over whole (`toJSON(github.event)`), they carry the texts above along.
WHOLE = re.compile(
    r"github(?:\.event(?:\.(?:issue|pull_request(?:\.head(?:\.repo)?)?|discussion|comment|review"
    r"|head_commit|commits|pages|workflow_run))?)?"
)
INPUT = re.compile(r"(?:github\.event\.)?inputs(?:\.([\w-]+))?")
"""One input by its name, or all of them."""

_QUOTED = re.compile(r"'(?:[^']|'')*'")
_INDEX = re.compile(r"\[\s*'([\w-]+)'\s*\]")
_NUMBER = re.compile(r"\[[^\[\]']*\]")
_TRUTH = re.compile(r"\b(?:contains|startswith|endswith|hashfiles)\s*\([^()]*\)")
_CALL = re.compile(r"\b[a-z]+\s*\(([^()]*)\)|\(([^()]*)\)")
_TERM = r"[\w.*-]+"
_ASKED = re.compile(
    rf"(?<![\w.*-]){_TERM}\s*(?:==|!=|<=?|>=?)\s*{_TERM}"  # compared: true or false
    rf"|!\s*{_TERM}"
    rf"|(?<![\w.*-]){_TERM}\s*(?=&&)"  # `a && b` gives b, or an a that is empty
)
_SPACES = re.compile(r"(?<!\s)\s*\.\s*")


def references(expression: str) -> Iterator[str]:
    """The contexts whose text an expression can give, in small letters, `a['b']` as `a.b`.

    What is only compared, or asked for, gives true or false and is left out.
    """
    text = _INDEX.sub(r".\1", expression[:LONGEST])
    text = _NUMBER.sub(".*", _QUOTED.sub(" 0 ", text)).lower()
    text = _SPACES.sub(".", text)
    text = text.replace("()", "(0)")
    for _ in range(20):
        text = _ASKED.sub(" 0 ", _TRUTH.sub(" 0 ", text))
        inner = _CALL.sub(lambda call: f" {call[1] or call[2] or 0} ", text)
        if inner == text:
            break
        text = inner
    for reference in re.findall(_TERM, text):
        if "." in reference or reference in ("github", "inputs"):
            yield reference


def is_from_outside(reference: str) -> bool:
    """Whether strangers write this text: titles, bodies, branch names, commit messages."""
    return bool(OUTSIDERS.fullmatch(reference) or WHOLE.fullmatch(reference))


def resolved(expression: str, environment: Mapping[str, str]) -> Iterator[str]:
    """The references of an expression; `env.NAME` stands for those that its value has."""
    for reference in references(expression):
        yield reference
        if reference.startswith("env."):
            for inner in EXPRESSION.finditer(environment.get(reference[4:], "")):
                yield from references(inner[1])
