import pytest

from checks.container.root_user import root_user
from scanner import Outcome, Severity


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM python:3.13\nUSER 10001\nRUN make\nUSER root\n", 4),
        ("FROM python:3.13\nUSER 0:0\n", 2),
        ("FROM python:3.13\nARG WHO=root\nUSER ${WHO}\n", 3),
        ("FROM a/b:1\nUSER root\n", 2),
        ("FROM windows/x:1\nUSER ContainerAdministrator\n", 2),
        ("FROM python:3.13\nCMD app\n", 1),
        ("FROM docker.io/library/node:22\n", 1),
        ("FROM scratch\nCOPY app /app\nENTRYPOINT ['/app']\n", 1),
        (
            "FROM golang:1.25 AS build\nUSER 1000\nRUN make\nFROM debian:13\nCOPY --from=build /a /a\n",
            4,
        ),
        ("FROM debian:13 AS base\nUSER 0\nFROM base\nRUN make\n", 2),
        ("FROM postgres:17\nENTRYPOINT ['/run.sh']\n", 1),
    ],
)
def test_an_image_that_ends_as_root_is_found(inspect, text: str, line: int) -> None:
    run = inspect(root_user, {"Dockerfile": text})

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.id, finding.rule.severity) == ("container/root-user", Severity.MEDIUM)
    assert finding.where.line == line
    assert finding.message.startswith("The image runs as root: ")


@pytest.mark.parametrize("base", ["registry.example/team/base:4", "ghcr.io/acme/app:1", "$BASE"])
def test_where_nothing_is_known_of_the_base_the_finding_is_the_lesser_one(
    inspect, base: str
) -> None:
    run = inspect(root_user, {"Dockerfile": f"FROM {base}\nCMD app\n"})

    (finding,) = run.findings
    assert (finding.rule.id, finding.rule.severity) == (
        "container/root-user/unknown-base",
        Severity.LOW,
    )
    assert finding.message.endswith(f"and what {base} sets is not known.")


@pytest.mark.parametrize(
    "text",
    [
        "FROM python:3.13\nUSER 10001\n",
        "FROM python:3.13\nUSER root\nRUN make\nUSER app:app\n",
        "FROM python:3.13\nUSER 1000:0\n",
        "FROM python:3.13\nARG WHO\nUSER ${WHO}\n",
        "FROM debian:13 AS base\nUSER 10001\nFROM base\nRUN make\n",
        "FROM gcr.io/distroless/static-debian12:nonroot\nCMD ['/app']\n",
        "FROM nginxinc/nginx-unprivileged:1.29\n",
        "FROM registry.access.redhat.com/ubi9/python-312\n",
        "FROM docker.io/library/solr:9\n",
        "FROM postgres:17\nCOPY init.sql /docker-entrypoint-initdb.d/\n",
        "FROM node:22 AS build\nRUN make\nFROM scratch\nCOPY --from=build /dist /\n",
    ],
)
def test_an_image_with_a_user_of_its_own_is_left_alone(inspect, text: str) -> None:
    run = inspect(root_user, {"Dockerfile": text})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_an_image_with_a_program_that_gives_root_up_is_left_alone_with_a_note(inspect) -> None:
    text = "FROM debian:13\nRUN apt-get install -y gosu\nENTRYPOINT ['/start.sh']\n"

    run = inspect(root_user, {"Dockerfile": text})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    assert run.notes == ("Dockerfile starts as root and has a program to give it up",)


def test_every_name_of_a_dockerfile_is_known(inspect) -> None:
    names = ["Dockerfile", "web/Dockerfile.prod", "api.Dockerfile", "Containerfile"]

    run = inspect(root_user, dict.fromkeys(names, "FROM python:3.13\n"))

    assert sorted(finding.where.path for finding in run.findings) == sorted(names)


def test_without_a_dockerfile_it_is_not_applicable(inspect) -> None:
    run = inspect(root_user, {"compose.yaml": "services: {}"})

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no Dockerfile")


def test_an_empty_dockerfile_makes_it_incomplete(inspect) -> None:
    run = inspect(root_user, {"Dockerfile": "", "a/Dockerfile": "FROM python:3.13\n"})

    assert (run.outcome, len(run.findings)) == (Outcome.INCOMPLETE, 1)
    assert "Dockerfile line 1 (there is no FROM)" in run.reason
