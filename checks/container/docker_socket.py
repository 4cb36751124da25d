from __future__ import annotations

import re
from collections.abc import Iterator

from scanner import Finding, Note, Severity, Source, check
from scanner.source.containers import services

SOCKET = re.compile(
    r".*(?:^|/)(?:docker|podman|containerd|crio)\.sock|//\./pipe/docker_engine", re.IGNORECASE
)
HOLDS_IT = re.compile(r"/(?:var/)?run|/var|/")
PROXY = re.compile(r"(?:.*/)?(?:docker-)?socket-proxy(?:[:@].*)?")


@check(
    id="container/docker-socket",
    title="Docker socket in a container",
    severity=Severity.HIGH,
    cwe=250,
    owasp=("ASVS-5.0.0-13.2.2", "A05:2021", "A02:2025"),
    controls=("WW-CTR-012",),
)
def docker_socket(source: Source) -> Iterator[Finding | Note]:
    """
    Looks for compose services that mount the socket of Docker, Podman or containerd, or a host
    folder that holds it. Read-only mounts count: the socket can be written to all the same. A
    socket proxy is left alone, with a note.

    ## Why it matters
    The socket starts containers with any mount and any right. Whoever gets into this container
    is root on the host with one request.

    ## How to fix it
    Remove the mount. What must talk to Docker does so through a proxy that lets only the few
    calls pass that it needs (`tecnativa/docker-socket-proxy`).

    ## References
    - [Docker: protect the daemon socket](https://docs.docker.com/engine/security/protect-access/)
    - [OWASP Docker Security, rule 1](https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html)
    - [CWE-250](https://cwe.mitre.org/data/definitions/250.html)
    """
    for file, service in services(source):
        held = [
            (mount.value, _what(mount.source)) for mount in service.mounts if _what(mount.source)
        ]
        if service.api_socket is not None and service.api_socket.is_true:
            held.append((service.api_socket, "the Docker socket (use_api_socket)"))
        if held and service.image is not None and PROXY.fullmatch(service.image.text):
            yield Note(f"{file.path}: {service.name} is a proxy and holds the Docker socket")
            continue
        for value, what in held:
            yield docker_socket.in_file(
                file.at(value.line, value.column), f"The service {service.name} mounts {what}."
            )


def _what(source: str) -> str:
    path = re.sub("/+", "/", source.replace("\\", "/").strip())
    path = path.rstrip("/") or path[:1]
    if SOCKET.fullmatch(path) or path.lower() == "/./pipe/docker_engine":
        return "the Docker socket"
    return f"the host's {path}, which holds the Docker socket" if HOLDS_IT.fullmatch(path) else ""
