import pytest

from checks.container.published_database import published_database
from scanner import Outcome, Severity


def service(ports: str, image: str = "postgres:17", more: str = "") -> str:
    return f"services:\n  db:\n    image: {image}\n    ports: [{ports}]\n{more}"


def test_a_database_on_every_interface_is_found_at_its_port(inspect) -> None:
    run = inspect(published_database, {"compose.yaml": service('"5432:5432"')})

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.severity, finding.where.line, finding.where.column) == (
        Severity.MEDIUM,
        4,
        14,
    )
    assert finding.message == "The service db publishes PostgreSQL (port 5432) on every interface."


@pytest.mark.parametrize(
    ("image", "port", "what"),
    [
        ("registry.example:5000/team/db", '"15432:5432"', "PostgreSQL (port 5432)"),
        ("redis", "6379", "Redis (port 6379)"),
        ("bitnami/mongodb:8.0", '"0.0.0.0:27018:27018/tcp"', "mongodb"),
        ("mcr.microsoft.com/mssql/server:2022-latest", '"[::]:9000:1444"', "server"),
        ("postgres:17@sha256:00", "{target: 5433, published: 1}", "postgres"),
        ("redis/redis-stack-server", '"1:7000"', "redis-stack-server"),
        ("phpmyadmin", '"8080:80"', "phpmyadmin"),
        ("app:1", '"3000-3400:3000-3400"', "MySQL (port 3306)"),
    ],
)
def test_databases_are_known_by_port_or_image(inspect, image: str, port: str, what: str) -> None:
    run = inspect(published_database, {"compose.yaml": service(port, image)})

    (finding,) = run.findings
    assert f"publishes {what} on" in finding.message


@pytest.mark.parametrize(
    "port",
    [
        '"127.0.0.1:5432:5432"',
        '"[::1]:5432:5432"',
        '"${BIND:-127.0.0.1}:5432:5432"',
        '"10.0.0.5:1:5432"',
    ],
)
def test_a_port_bound_to_one_address_is_left_alone(inspect, port: str) -> None:
    run = inspect(published_database, {"compose.yaml": service(port)})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


@pytest.mark.parametrize(
    ("image", "port"),
    [
        ("nginx:1.29", '"80:80"'),
        ("prometheuscommunity/postgres-exporter:v0.17", '"9187:9187"'),
        ("acme/redis-cache-ui:3", '"8080:8080"'),
        ("postgrest/postgrest:v13", '"3000:3000"'),
        ("app:1", '"5432:8000"'),
    ],
)
def test_what_only_sounds_like_a_database_is_left_alone(inspect, image: str, port: str) -> None:
    run = inspect(published_database, {"compose.yaml": service(port, image)})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_an_exposed_port_is_not_published(inspect) -> None:
    text = "services:\n  db:\n    image: postgres:17\n    expose: ['5432']\n"

    run = inspect(published_database, {"compose.yaml": text})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


@pytest.mark.parametrize(
    "name", ["compose.dev.yaml", "docker-compose-local.yml", "tests/compose.yaml"]
)
def test_files_for_development_are_left_alone_with_a_note(inspect, name: str) -> None:
    run = inspect(published_database, {name: service('"5432:5432"')})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    assert run.notes == (f"{name}: db publishes PostgreSQL (port 5432), for development only",)


def test_without_a_compose_file_it_is_not_applicable(inspect) -> None:
    run = inspect(published_database, {"ports.txt": "5432:5432"})

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no compose file")


def test_a_port_that_cannot_be_read_makes_it_incomplete(inspect) -> None:
    run = inspect(published_database, {"compose.yaml": service("{published: 5432}")})

    assert run.outcome is Outcome.INCOMPLETE
    assert "a port takes a target" in run.reason
