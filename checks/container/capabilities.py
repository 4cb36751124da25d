from __future__ import annotations

from collections.abc import Iterator

from scanner import Also, Finding, Severity, Source, check
from scanner.source.containers import services

HOST = frozenset(
    ("ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF")
)
DEFAULT = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP "
    "SETGID SETPCAP SETUID SYS_CHROOT".split()
)
HARMLESS = DEFAULT | {"SYS_NICE", "IPC_LOCK", "WAKE_ALARM", "BLOCK_SUSPEND", "LEASE"}


@check(
    id="container/capabilities",
    title="Container with a capability that gives the host away",
    severity=Severity.HIGH,
    cwe=250,
    owasp=("ASVS-5.0.0-13.2.2", "A05:2021", "A02:2025"),
    controls=("WW-CTR-005",),
    also=(Also("beyond-default", "Container with a risky capability", Severity.MEDIUM),),
)
def capabilities(source: Source) -> Iterator[Finding]:
    """
    Looks at `cap_add` of compose services: `ALL`, `SYS_ADMIN`, `SYS_MODULE`, `SYS_PTRACE`,
    `SYS_RAWIO`, `DAC_READ_SEARCH` and `BPF` are as good as root on the host; others that
    Docker does not give by itself, such as `NET_ADMIN`, are the lesser finding.

    ## Why it matters
    Capabilities are the parts of root's power. With one of the first group a process in the
    container can mount disks, load modules or read other processes' memory, and so leave it.

    ## How to fix it
    Drop all of them and give back only what the service shows that it needs:

    ```yaml
    cap_drop: [ALL]
    cap_add: [NET_BIND_SERVICE]
    ```

    ## References
    - [Docker: runtime privilege and capabilities](https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities)
    - [capabilities(7)](https://man7.org/linux/man-pages/man7/capabilities.7.html)
    - [CWE-250](https://cwe.mitre.org/data/definitions/250.html)
    """
    for file, service in services(source):
        for value in service.cap_add:
            name = value.text.strip().upper().removeprefix("CAP_")
            if not name or name in HARMLESS or value.missing:
                continue
            yield capabilities.in_file(
                file.at(value.line, value.column),
                f"The service {service.name} has the capability {name}.",
                rule="" if name in HOST else "beyond-default",
            )
