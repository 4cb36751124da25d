from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.secrets._assignments import LONGEST_LINE, assigned, hinted, in_address
from checks.secrets._files import (
    Places,
    Span,
    concealed,
    is_made,
    is_prose,
    is_settings,
    is_test_code,
    lines_judged_elsewhere,
    unread,
)
from checks.secrets._formats import Token, has_known_form, tokens_in
from checks.secrets.env_file import is_env_file
from scanner import Also, Finding, Note, Severity, Skip, Source, SourceFile, check
from scanner.text import counted, one_line


@dataclass(frozen=True, slots=True)
class _Found:
    span: Span
    rule: str
    message: str
    about: str


@check(
    id="secrets/credentials",
    title="Access token or key in the source",
    severity=Severity.HIGH,
    cwe=798,
    owasp=("ASVS-5.0.0-13.3.1", "A07:2021", "A07:2025"),
    controls=("WW-SEC-001",),
    also=(
        Also("assigned", "Password or secret as a literal in the source", Severity.HIGH),
        Also("in-address", "Password in a connection string", Severity.HIGH),
        Also("signed-token", "Signed token (JWT) in the source", Severity.MEDIUM),
    ),
)
def credentials(source: Source) -> Iterator[Finding | Note]:
    """
    Looks through every text file for access tokens of known form (AWS, GitHub, Slack, Stripe,
    OpenAI and some forty more), for random values that a password, secret, token or key is set
    to, and for passwords in connection strings. GitHub's and the package index's tokens carry a
    checksum or structure: one where it is wrong is none. Placeholders, samples, references to
    the environment, hashes, UUIDs, publishable keys and words are left alone; documentation,
    examples and generated files are searched for tokens of known form only, files of tests for
    those that their checksum proves. No setting or comment of other scanners in the scanned tree
    changes that. Reports never show the value.

    ## Why it matters
    Whoever can read the repository, a fork, a backup or a laptop that has it can use the secret,
    now or in ten years. Bots find tokens in public repositories within minutes.

    ## How to fix it
    Replace the secret at its issuer first: deleting the line does not take it out of the history.
    Then read the new one from the environment or a secret store:

    ```python
    API_KEY = os.environ["API_KEY"]
    ```

    ## References
    - [OWASP: secrets management](https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html)
    - [GitHub: remove sensitive data](https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository)
    - [CWE-798](https://cwe.mitre.org/data/definitions/798.html)
    """
    seen = in_tests = long_lines = 0
    for file in source.files():
        seen += 1
        is_test = source.is_test(file.path) or is_test_code(file.path)
        found, left, long = _found_in(file, is_test=is_test)
        in_tests += left
        long_lines += long
        if not found:
            continue
        shown = concealed(file, [one.span for one in found])
        for one in found:
            source.conceal(one.span.secret)
            where = shown.at(one.span.line, one.span.column)
            yield credentials.in_file(where, one.message, rule=one.rule, about=one.about)
    if in_tests:
        yield Note(f"left alone in files of tests: {counted(in_tests, 'token')}")
    if long_lines:
        yield Note(
            f"{counted(long_lines, 'line')} over {LONGEST_LINE} characters: searched for tokens of "
            "known form only"
        )
    unread(source)
    if not seen:
        raise Skip("no files")


def _found_in(file: SourceFile, *, is_test: bool) -> tuple[list[_Found], int, int]:
    """What is found, the number of tokens left alone because tests made them up, and that of
    lines which were too long to be read as code."""
    tokens = list(tokens_in(file.text))
    if is_env_file(file.name):
        return [], 0, 0
    believed = [token for token in tokens if token.proven or not is_test]
    judged = lines_judged_elsewhere(file) if tokens or not is_test else frozenset()
    places = Places(file.text)
    found = [_of_token(token, places) for token in believed]
    taken = [(one.span.line, one.span.column, len(one.span.secret)) for one in found]
    long = 0
    if not (is_test or is_prose(file.path) or is_made(file.path)):
        placed, long = _by_place(file)
        found += [one for one in placed if not _within(one.span, taken)]
    found = [one for one in found if one.span.line not in judged]
    found.sort(key=lambda one: (one.span.line, one.span.column))
    return found, len(tokens) - len(believed), long


def _of_token(token: Token, places: Places) -> _Found:
    article = "An" if token.kind[0] in "AOnaeiou" else "A"
    head = f" ({token.head}…)" if token.head else ""
    message = f"{article} {token.kind}{head} stands in this file."
    rule = "signed-token" if token.text.startswith("eyJ") else ""
    return _Found(places.span(token.start, token.text), rule, message, token.kind)


def _by_place(file: SourceFile) -> tuple[list[_Found], int]:
    found: list[_Found] = []
    long, bare = 0, is_settings(file.path)
    for number in hinted(file.text):
        line = file.lines[number - 1]
        if len(line) > LONGEST_LINE:
            long += 1
            continue
        taken: list[tuple[int, int, int]] = []
        for one in (*in_address(line), *assigned(line, bare=bare)):
            span = Span(number, one.start + 1, one.secret)
            if has_known_form(one.secret) or _within(span, taken):
                continue
            taken.append((number, span.column, len(one.secret)))
            name = one_line(one.name, 60)
            if one.in_address:
                message = "A connection string with its password stands in this file."
                found.append(_Found(span, "in-address", message, name))
            else:
                message = f"The secret of {name} stands in this file."
                found.append(_Found(span, "assigned", message, name))
    return found, long


def _within(span: Span, taken: list[tuple[int, int, int]]) -> bool:
    """Whether it overlaps with a secret that is known already."""
    end = span.column + len(span.secret)
    return any(
        line == span.line and start < end and span.column < start + size
        for line, start, size in taken
    )
