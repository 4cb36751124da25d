from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.container._credentials import is_guessable, is_secret_name, secret_in
from scanner import Also, Finding, Note, Severity, Source, SourceFile, check
from scanner.masking import MASK
from scanner.source.compose import Compose
from scanner.source.containers import container_files
from scanner.source.dockerfile import Dockerfile
from scanner.source.substitute import dockerfile_word
from scanner.text import counted, one_line

_REFERENCE = re.compile(r"\$\{?(\w+)")


@dataclass(frozen=True, slots=True)
class _Held:
    """A secret, the variable that holds it, and where it begins."""

    name: str
    secret: str
    line: int
    column: int
    message: str
    rule: str


@check(
    id="container/secret-in-env",
    title="Secret in the environment of an image or service",
    severity=Severity.HIGH,
    cwe=798,
    owasp=("ASVS-5.0.0-13.3.1", "A07:2021", "A07:2025"),
    controls=("WW-SEC-001", "WW-SEC-004"),
    also=(
        Also("guessable", "Guessable password in an image or service", Severity.MEDIUM, 521, True),
        Also("fallback", "Secret as a variable's default", Severity.LOW, variant=True),
    ),
)
def secret_in_env(source: Source) -> Iterator[Finding | Note]:
    """
    Looks for secrets in `ENV` and `ARG` of Dockerfiles and in `environment` and build `args` of
    compose files: variables whose name says so, passwords in addresses, and tokens of known
    form. Paths of secret files, references to variables, placeholders and files of tests are
    left alone. A word as a password, and a default such as `${PASSWORD:-word}`, are lesser
    findings. Reports never show the value.

    ## Why it matters
    Whoever can pull the image reads its `ENV` and, in its history, its `ARG`. Whoever can read
    the repository, now or in ten years, reads the rest. Such a secret is the same everywhere
    and hard to change.

    ## How to fix it
    Replace the secret, because it is known now. Give the new one at run time, as a file:

    ```yaml
    environment: {POSTGRES_PASSWORD_FILE: /run/secrets/db}
    secrets: [db]
    ```

    A build gets it by `RUN --mount=type=secret,id=token`, which leaves nothing in the image.

    ## References
    - [Docker: build secrets](https://docs.docker.com/build/building/secrets/)
    - [Compose: secrets](https://docs.docker.com/compose/how-tos/use-secrets/)
    - [CWE-798](https://cwe.mitre.org/data/definitions/798.html)
    """
    in_tests = 0
    for file, parsed in container_files(source):
        found = _in_image(parsed) if isinstance(parsed, Dockerfile) else _in_services(parsed)
        held = list(found)
        if source.is_test(file.path):
            in_tests += len(held)
            continue
        shown = _concealed(file, held)
        for one in held:
            source.conceal(one.secret)
            where = shown.at(one.line, one.column)
            yield secret_in_env.in_file(where, one.message, rule=one.rule, about=one.name)
    if in_tests:
        yield Note(f"left alone in files of tests: {counted(in_tests, 'secret')}")


def _in_image(dockerfile: Dockerfile) -> Iterator[_Held]:
    stages = {id(inner): stage for stage in dockerfile.stages for inner in stage.instructions}
    for outer in dockerfile.instructions:
        instruction = outer.trigger or outer
        if instruction.name not in ("ENV", "ARG"):
            continue
        stage = stages.get(id(outer))
        for name, word in instruction.pairs():
            # The variable that it refers to is a finding of its own.
            if word is None or any(map(is_secret_name, _REFERENCE.findall(word.text))):
                continue
            escape = instruction.escape
            value = stage.resolve(word.text) if stage else dockerfile_word(word.text, {}, escape)
            secret = secret_in(name, value.text)
            if secret and not value.missing:
                name = one_line(name, 60)
                message = f"{instruction.name} {name} puts a secret into the image."
                rule = "guessable" if is_guessable(secret) else ""
                yield _Held(name, secret, word.line, word.column, message, rule)


def _in_services(compose: Compose) -> Iterator[_Held]:
    for service in compose.services:
        for name, value in (*service.environment, *service.build_args):
            secret = secret_in(name, value.text)
            if not secret or value.missing:
                continue
            rule = "guessable" if is_guessable(secret) else ""
            name = one_line(name, 60)
            message = f"{name} of the service {service.name} is a secret that stands in this file."
            if not value.literal:
                rule = "fallback"
                message = f"{name} of the service {service.name} has a secret as its default."
            yield _Held(name, secret, value.line, value.column, message, rule)


def _concealed(file: SourceFile, held: list[_Held]) -> SourceFile:
    """The file as it may be shown: nothing of a line behind where its first secret begins."""
    begins: dict[int, int] = {}
    for one in held:
        begins[one.line] = min(one.column, begins.get(one.line, one.column))
    shown = {line: file.lines[line - 1][: column - 1] + MASK for line, column in begins.items()}
    for one in held:
        shown[one.line] = shown[one.line].replace(one.secret, MASK)
    return file.concealing(shown)
