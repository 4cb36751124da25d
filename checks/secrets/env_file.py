from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.container._credentials import secret_in
from checks.secrets._assignments import in_address
from checks.secrets._files import Span, concealed, is_test_code, unread
from checks.secrets._formats import tokens_in
from checks.secrets._values import is_reference, is_secret_value, names_secret
from scanner import Finding, Note, Severity, Skip, Source, SourceFile, check
from scanner.text import counted, one_line

_GLOBS = (".env*", "*.env", ".envrc", ".flaskenv")
_SAMPLES = re.compile(
    r"(?:.*[._-])?(?:example|sample|template|dist|tmpl|tpl|j2|schema|defaults?|vault|enc|encrypted"
    r"|gpg|d\.ts|py|rb|js|ts|md|keys)s?(?:[._-].*)?",
    re.IGNORECASE | re.DOTALL,
)
_LINE = re.compile(
    r"""\s*+(?:export\s++)?+(?P<name>[A-Za-z_][\w.-]*+)\s*+(?:=|:\s)\s*+
        (?:(?P<quote>["'])(?P<quoted>[^"']*+)(?P=quote)|(?P<bare>[^"'\s][^\s]*+))""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Setting:
    name: str
    span: Span


@check(
    id="secrets/env-file",
    title="Environment file with secrets in the repository",
    severity=Severity.HIGH,
    cwe=538,
    owasp=("ASVS-5.0.0-13.3.1", "A05:2021", "A02:2025"),
    controls=("WW-SEC-001", "WW-SEC-002"),
)
def env_file(source: Source) -> Iterator[Finding | Note]:
    """
    Looks for environment files (`.env`, `.env.production`, `web.env`, `.envrc`) that git does not
    ignore and that hold secrets: values of variables whose name says so, passwords in addresses,
    tokens of known form. One finding for each file, at its first secret. Files named as samples
    (`.env.example`), empty values, placeholders, references and encrypted values are left alone,
    and so are files of tests. Reports never show a value.

    ## Why it matters
    An environment file holds everything that a deployment needs to run, and so everything that a
    stranger needs to take it over. Once it is committed, each clone has it for good.

    ## How to fix it
    Replace the secrets, take the file out, and let git ignore it:

    ```sh
    git rm --cached .env
    echo .env >> .gitignore
    ```

    Commit a `.env.example` that has the names without the values.

    ## References
    - [The twelve-factor app: config](https://12factor.net/config)
    - [CWE-538](https://cwe.mitre.org/data/definitions/538.html)
    """
    in_tests = 0
    seen = False
    for file in source.files(*_GLOBS):
        if not is_env_file(file.name):
            continue
        seen = True
        held = list(_secrets_of(file))
        if source.is_test(file.path) or is_test_code(file.path):
            in_tests += len(held)
        elif held:
            yield _finding(source, file, held)
    if in_tests:
        yield Note(f"left alone in files of tests: {counted(in_tests, 'secret')}")
    unread(source, *_GLOBS)
    if not seen:
        raise Skip("no environment files")


def is_env_file(name: str) -> bool:
    """Whether a file of this name sets the environment of a deployment, and is no sample."""
    is_env = name.startswith(".env") or name.endswith(".env") or name == ".flaskenv"
    return is_env and not _SAMPLES.fullmatch(name.strip("."))


def _finding(source: Source, file: SourceFile, held: list[_Setting]) -> Finding:
    for one in held:
        source.conceal(one.span.secret)
    shown = concealed(file, [one.span for one in held])
    first = held[0]
    names = list(dict.fromkeys(one.name for one in held))
    listed = ", ".join(names[:3])
    more = f" and {counted(len(names) - 3, 'more secret')}" if len(names) > 3 else ""
    where = shown.at(first.span.line, first.span.column)
    message = f"This environment file is part of the source and sets {listed}{more}."
    return env_file.in_file(where, message, about="environment file")


def _secrets_of(file: SourceFile) -> Iterator[_Setting]:
    for number, line in enumerate(file.lines, 1):
        match = _LINE.match(line)
        if match is None:
            continue
        name = match["name"]
        group = "bare" if match["quoted"] is None else "quoted"
        value = match[group]
        if _is_secret(name, value):
            span = Span(number, match.start(group) + 1, value)
            yield _Setting(one_line(name, 60), span)


def _is_secret(name: str, value: str) -> bool:
    if is_reference(value):
        return False
    if any(tokens_in(value)) or any(in_address(value)):
        return True
    return bool(secret_in(name, value)) and names_secret(name) and is_secret_value(name, value)
