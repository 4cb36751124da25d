import pytest

from checks.container.unpinned_base import unpinned_base
from scanner import Outcome, Severity


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("FROM python", "The image python has no tag."),
        ("FROM python:latest", "The image python:latest has the tag latest, which is no version."),
        ("FROM --platform=linux/amd64 node:lts-alpine AS web", "the tag lts-alpine"),
        ("FROM registry.example:5000/team/app", "registry.example:5000/team/app has no tag"),
        ("FROM docker.io/library/debian:stable-slim", "the tag stable-slim"),
    ],
)
def test_an_image_without_a_version_is_found(inspect, line: str, says: str) -> None:
    run = inspect(unpinned_base, {"Dockerfile": f"{line}\nUSER 1\n"})

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.severity, finding.where.line) == (Severity.MEDIUM, 1)
    assert says in finding.message


def test_the_default_of_an_argument_counts(inspect) -> None:
    run = inspect(unpinned_base, {"Dockerfile": "ARG TAG=latest\nFROM python:${TAG}\n"})

    assert [finding.where.line for finding in run.findings] == [2]


def test_files_copied_from_an_image_without_a_version_are_found(inspect) -> None:
    text = "FROM python:3.13\nCOPY --from=ghcr.io/acme/uv:latest /uv /bin/\n"

    run = inspect(unpinned_base, {"Dockerfile": text})

    (finding,) = run.findings
    assert (finding.where.line, finding.where.column) == (2, 36)


@pytest.mark.parametrize(
    "text",
    [
        "FROM python:3.13-slim\n",
        f"FROM python@sha256:{'0' * 64}\n",
        f"FROM python:latest@sha256:{'0' * 64}\n",
        "FROM debian:bookworm-slim\n",
        "FROM ubuntu:noble\n",
        "FROM scratch\n",
        "ARG BASE\nFROM $BASE\n",
        "ARG TAG\nFROM python:$TAG\n",
        "FROM golang:1.25 AS Build\nFROM build\nCOPY --from=BUILD /a /a\nCOPY --from=0 /a /b\n",
        "FROM python:3.13\n# FROM python:latest\nRUN echo FROM python:latest\n",
        "FROM python:3.13\nCOPY --from=ghcr.io/acme/uv:0.9 /uv /bin/\n",
    ],
)
def test_what_says_its_version_or_cannot_is_left_alone(inspect, text: str) -> None:
    run = inspect(unpinned_base, {"Dockerfile": text})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_without_a_dockerfile_it_is_not_applicable(inspect) -> None:
    run = inspect(unpinned_base, {".dockerignore": "*", "Dockerfile.dockerignore": "FROM x"})

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no Dockerfile")


def test_a_dockerfile_without_a_from_makes_it_incomplete(inspect) -> None:
    run = inspect(unpinned_base, {"Dockerfile": "RUN make\n"})

    assert run.outcome is Outcome.INCOMPLETE
    assert "Dockerfile line 1" in run.reason


def test_a_copy_that_says_nothing_makes_it_incomplete(inspect) -> None:
    run = inspect(unpinned_base, {"Dockerfile": "FROM python:3.13\nCOPY --from=x\n"})

    assert (run.outcome, run.findings) == (Outcome.INCOMPLETE, ())
    assert "COPY says nothing" in run.reason
