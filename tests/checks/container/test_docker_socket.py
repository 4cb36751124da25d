import pytest

from checks.container.docker_socket import docker_socket
from scanner import Outcome, Severity


def mounting(*volumes: str, image: str = "deployer:1.4") -> dict[str, str]:
    lines = "".join(f"      - {volume}\n" for volume in volumes)
    return {"compose.yaml": f"services:\n  tool:\n    image: {image}\n    volumes:\n{lines}"}


@pytest.mark.parametrize(
    "volume",
    [
        "/var/run/docker.sock:/var/run/docker.sock",
        "/var/run/docker.sock:/var/run/docker.sock:ro",
        "//var//run/docker.sock:/sock",
        "${XDG_RUNTIME_DIR}/docker.sock:/var/run/docker.sock",
        "${SOCKET:-/var/run/docker.sock}:/sock",
        "/run/podman/podman.sock:/run/podman.sock",
        "/run/containerd/containerd.sock:/sock",
        "{type: bind, source: /var/run/docker.sock, target: /sock}",
        r"'\\.\pipe\docker_engine:\\.\pipe\docker_engine'",
    ],
)
def test_a_socket_is_found_however_it_is_mounted(inspect, volume: str) -> None:
    run = inspect(docker_socket, mounting("data:/data", volume))

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.severity, finding.where.line) == (Severity.HIGH, 6)
    assert finding.message == "The service tool mounts the Docker socket."


@pytest.mark.parametrize("folder", ["/var/run", "//var//run", "/run/", "/var", "/"])
def test_a_folder_that_holds_the_socket_is_found(inspect, folder: str) -> None:
    run = inspect(docker_socket, mounting(f"{folder}:/host:ro"))

    (finding,) = run.findings
    assert "which holds the Docker socket" in finding.message


def test_the_key_that_gives_the_socket_is_found(inspect) -> None:
    text = "services:\n  tool:\n    image: deployer:1.4\n    use_api_socket: true\n"

    run = inspect(docker_socket, {"compose.yaml": text})

    assert [finding.where.line for finding in run.findings] == [4]


@pytest.mark.parametrize(
    "volume",
    [
        "./docker.sock.md:/srv/docker.sock.md",
        "/var/lib/app:/var/run/docker.sock",
        "/var/run/postgresql:/var/run/postgresql",
        "run:/var/run",
        "/srv/docker.sock",
    ],
)
def test_what_only_has_its_name_is_left_alone(inspect, volume: str) -> None:
    run = inspect(docker_socket, mounting(volume))

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_a_proxy_is_left_alone_with_a_note(inspect) -> None:
    socket = "/var/run/docker.sock:/var/run/docker.sock:ro"

    run = inspect(docker_socket, mounting(socket, image="tecnativa/docker-socket-proxy:0.3"))

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    assert run.notes == ("compose.yaml: tool is a proxy and holds the Docker socket",)


def test_without_a_compose_file_it_is_not_applicable(inspect) -> None:
    run = inspect(docker_socket, {"README.md": "-v /var/run/docker.sock:/var/run/docker.sock"})

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no compose file")


def test_a_binary_compose_file_makes_it_incomplete(inspect) -> None:
    run = inspect(docker_socket, {"compose.yaml": b"services:\0"})

    assert (run.outcome, run.reason) == (
        Outcome.INCOMPLETE,
        "not read in full: compose.yaml (binary)",
    )
