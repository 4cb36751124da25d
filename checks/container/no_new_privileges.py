from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from scanner import Finding, Incomplete, Severity, Skip, Source, SourceFile, check
from scanner.source.compose import Service
from scanner.source.containers import services

SET = re.compile(r"no-new-privileges(?:\s*[:=]\s*true)?", re.IGNORECASE)


@check(
    id="container/no-new-privileges",
    title="Container may gain new privileges",
    severity=Severity.LOW,
    cwe=269,
    owasp=("ASVS-5.0.0-13.2.2", "A05:2021", "A02:2025"),
    controls=("WW-CTR-003",),
)
def no_new_privileges(source: Source) -> Iterator[Finding]:
    """
    Looks for compose services whose `security_opt` does not set `no-new-privileges:true`.
    A service that sets it in another compose file of its folder is left alone, and so are
    fragments without an image, which only change a service of another file.

    ## Why it matters
    A setuid program in the image (`su`, `mount`, an old `sudo`) turns an ordinary process in
    the container into root. The option closes that way for good.

    ## How to fix it

    ```yaml
    security_opt:
      - no-new-privileges:true
    ```

    ## References
    - [Linux: no_new_privs](https://docs.kernel.org/userspace-api/no_new_privs.html)
    - [OWASP Docker Security, rule 4](https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html)
    - [CWE-269](https://cwe.mitre.org/data/definitions/269.html)
    """
    unknown: list[str] = []
    hardened = _hardened(source)
    for file, service in services(source):
        if not service.whole or _key(file, service) in hardened:
            continue
        if service.elsewhere:
            unknown.append(f"{service.name} in {file.path} extends {service.elsewhere}")
            continue
        yield no_new_privileges.in_file(
            file.at(service.line, service.column),
            f"The service {service.name} does not set no-new-privileges.",
        )
    if unknown:
        raise Incomplete(
            f"what a service takes from another file is not read: {', '.join(unknown[:3])}",
            "set no-new-privileges in the service itself",
        )


def _hardened(source: Source) -> set[tuple[str, str]]:
    """The services that set it in any of their files: `docker compose -f` merges the lists."""
    found: set[tuple[str, str]] = set()
    with suppress(Skip, Incomplete):  # which the check itself meets again
        for file, service in services(source):
            if any(SET.fullmatch(value.text.strip()) for value in service.security_opt):
                found.add(_key(file, service))
    return found


def _key(file: SourceFile, service: Service) -> tuple[str, str]:
    return file.path.rpartition("/")[0], service.name
