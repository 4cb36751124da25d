from __future__ import annotations

from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.containers import services


@check(
    id="container/privileged",
    title="Privileged container",
    severity=Severity.HIGH,
    cwe=250,
    owasp=("ASVS-5.0.0-13.2.2", "A05:2021", "A02:2025"),
    controls=("WW-CTR-002",),
)
def privileged(source: Source) -> Iterator[Finding]:
    """
    Looks for compose services with `privileged: true`.

    ## Why it matters
    A privileged container has every capability and every device of the host. Whoever gets into
    it can mount the host's disk, and owns the host.

    ## How to fix it
    Remove the key. If the service needs one device or one capability, give it that one:

    ```yaml
    devices: ["/dev/snd"]
    cap_add: [NET_BIND_SERVICE]
    ```

    ## References
    - [Compose file: privileged](https://docs.docker.com/reference/compose-file/services/#privileged)
    - [OWASP Docker Security, rule 3](https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html)
    - [CWE-250](https://cwe.mitre.org/data/definitions/250.html)
    """
    for file, service in services(source):
        value = service.privileged
        if value is not None and value.is_true:
            yield privileged.in_file(
                file.at(value.line, value.column), f"The service {service.name} is privileged."
            )
