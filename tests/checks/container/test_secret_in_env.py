import json

import pytest

from checks.container.secret_in_env import secret_in_env
from scanner import CheckRun, Outcome, Severity

STRONG = "kX9-" + "q7Vw2Lp0"
FINE = (Outcome.PASSED, ())


def image(*lines: str) -> dict[str, str]:
    return {"Dockerfile": "\n".join(("FROM python:3.13", *lines, "USER 1", ""))}


def service(environment: str) -> dict[str, str]:
    return {"compose.yaml": f"services:\n  db:\n    image: a:1\n    environment: {environment}\n"}


def everything(run: CheckRun) -> str:
    return repr(run) + json.dumps([finding.fingerprint for finding in run.findings])


@pytest.mark.parametrize(
    "line",
    [
        f"ENV DB_PASSWORD={STRONG}",
        f"ENV DB_PASSWORD {STRONG}",
        f'ENV A=1 DB_PASSWORD="{STRONG}" B=2',
        f"ENV A=1 \\\n    DB_PASSWORD='{STRONG}'",
        f"ARG DB_PASSWORD={STRONG}",
        f"ONBUILD ENV DB_PASSWORD={STRONG}",
        f"ARG X={STRONG}\nENV DB_PASSWORD=$X",
        f"ENV DATABASE=postgres://shop:{STRONG}@db/shop",
        f"ENV DATABASE='Server=db;Password={STRONG};Timeout=3'",
        f"ENV springDatasourcePassword={STRONG}",
        f"ENV STRIPE={'sk_' + 'live_'}0a1b2c3d4e5f6g7h",
    ],
)
def test_a_secret_in_an_image_is_found_and_not_shown(inspect, line: str) -> None:
    run = inspect(secret_in_env, image(line))

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.id, finding.rule.severity) == ("container/secret-in-env", Severity.HIGH)
    assert finding.where.line == 2 + line.count("\n")
    assert finding.where.snippet.endswith("•••")
    assert STRONG not in everything(run)
    assert "0a1b2c3d" not in everything(run)


@pytest.mark.parametrize(
    "environment",
    [
        f"{{POSTGRES_PASSWORD: {STRONG}}}",
        f'{{POSTGRES_PASSWORD: "{STRONG}", A: b}}',
        f"[A=b, 'POSTGRES_PASSWORD={STRONG}']",
        f"\n      - POSTGRES_PASSWORD={STRONG}",
        f"\n      POSTGRES_PASSWORD: >\n        {STRONG}",
        f"{{CACHE: 'redis://:{STRONG}@cache:6379/0'}}",
    ],
)
def test_a_secret_of_a_service_is_found_and_not_shown(inspect, environment: str) -> None:
    run = inspect(secret_in_env, service(environment))

    (finding,) = run.findings
    assert (finding.rule.id, finding.where.line) == (
        "container/secret-in-env",
        4 + environment.startswith("\n"),
    )
    assert finding.message.endswith("of the service db is a secret that stands in this file.")
    assert STRONG not in everything(run)


def test_a_secret_build_argument_of_a_service_is_found(inspect) -> None:
    text = f"services:\n  web:\n    build:\n      context: .\n      args: [NPM_TOKEN={STRONG}]\n"

    run = inspect(secret_in_env, {"compose.yaml": text})

    assert [(finding.about, finding.where.line) for finding in run.findings] == [("NPM_TOKEN", 5)]


def test_an_argument_before_the_first_stage_is_found(inspect) -> None:
    run = inspect(secret_in_env, {"Dockerfile": f"ARG TOKEN={STRONG}\nFROM python:3.13\n"})

    assert [finding.where.line for finding in run.findings] == [1]


def test_a_secret_that_is_passed_on_is_found_where_it_stands(inspect) -> None:
    run = inspect(secret_in_env, image(f"ARG TOKEN={STRONG}", "ENV APP_TOKEN=$TOKEN"))

    assert [finding.where.line for finding in run.findings] == [2]


def test_several_secrets_of_one_line_are_several_findings_and_none_is_shown(inspect) -> None:
    other = "Zt4!" + "mmQ81x"

    run = inspect(secret_in_env, image(f"ENV A_TOKEN={STRONG} B_SECRET={other}"))

    assert [finding.about for finding in run.findings] == ["A_TOKEN", "B_SECRET"]
    assert {finding.where.snippet for finding in run.findings} == {"ENV A_TOKEN=•••"}
    assert other not in everything(run)


def test_secrets_that_look_alike_when_they_are_hidden_stay_two_findings(inspect) -> None:
    lines = f"ENV DB_PASSWORD={STRONG}", "FROM python:3.13", f"ENV DB_PASSWORD={STRONG[::-1]}"

    run = inspect(secret_in_env, image(*lines))

    assert len({finding.fingerprint for finding in run.findings}) == 2


def test_another_value_is_the_same_finding(inspect) -> None:
    first = inspect(secret_in_env, image(f"ENV DB_PASSWORD={STRONG}"))

    second = inspect(secret_in_env, image("ENV DB_PASSWORD=9!tt-0Kx"))

    assert first.findings[0].fingerprint == second.findings[0].fingerprint


@pytest.mark.parametrize("value", ["postgres", "admin123", "123456", "hunter2"])
def test_a_word_as_a_password_is_the_lesser_finding(inspect, value: str) -> None:
    run = inspect(secret_in_env, service(f"{{POSTGRES_PASSWORD: {value}}}"))

    (finding,) = run.findings
    assert (finding.rule.id, finding.rule.severity) == (
        "container/secret-in-env/guessable",
        Severity.MEDIUM,
    )
    assert value not in finding.where.snippet + finding.message


@pytest.mark.parametrize("value", [f"${{PW:-{STRONG}}}", f"'${{PW-{STRONG}}}'"])
def test_the_default_of_a_variable_is_the_least_finding(inspect, value: str) -> None:
    run = inspect(secret_in_env, service(f"\n      POSTGRES_PASSWORD: {value}"))

    (finding,) = run.findings
    assert (finding.rule.id, finding.rule.severity) == (
        "container/secret-in-env/fallback",
        Severity.LOW,
    )
    assert STRONG not in everything(run)


@pytest.mark.parametrize(
    "line",
    [
        "ENV DB_PASSWORD_FILE=/run/secrets/db",
        "ENV DB_PASSWORD=/run/secrets/db",
        "ARG DB_PASSWORD",
        "ARG DB_PASSWORD\nENV DB_PASSWORD=$DB_PASSWORD",
        "ENV DB_PASSWORD=${DB_PASSWORD:-}",
        "ENV DB_PASSWORD=shop-9!x-$SUFFIX",
        "ENV API_KEY=changeme SECRET_KEY=<your-key> A_TOKEN=xxxx B_TOKEN=your-token-here",
        "ENV API_KEY=AKIAIOSFODNN7EXAMPLE",
        "ENV GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568",
        "ENV TOKEN_TTL=3600 MAX_TOKENS=4096 PASSWORD_MIN_LENGTH=12 SECRET_NAME=db",
        "ENV TOKEN_URL=https://id.example/token AUTH_TOKEN=https://id.example/token",
        "ENV A_TOKEN=A_TOKEN IMAGE_PULL_SECRET=registry-7x",
        "ENV GIT_ASKPASS=echo COMPASS=north PWD=/srv TOKENIZER=bpe",
        "ENV NEXT_PUBLIC_API_KEY=ab12cd34ef56 STRIPE_PUBLISHABLE_KEY=pk_live_0123456789abcdef",
        "ENV DATABASE=postgres://shop@db/shop PROXY=http://proxy:3128",
        "ENV DATABASE=postgres://shop:${PW}@db/shop",
        "ENV VAULT_TOKEN=vault:secret/data/app#token",
        "LABEL password=kX9-q7Vw2Lp0",
        "# ENV DB_PASSWORD=kX9-q7Vw2Lp0",
        "RUN echo ENV DB_PASSWORD=kX9-q7Vw2Lp0",
    ],
)
def test_what_is_no_secret_of_an_image_is_left_alone(inspect, line: str) -> None:
    run = inspect(secret_in_env, image(line))

    assert (run.outcome, run.findings) == FINE


@pytest.mark.parametrize(
    "environment",
    [
        "{POSTGRES_PASSWORD: '${POSTGRES_PASSWORD}'}",
        "{POSTGRES_PASSWORD: '${POSTGRES_PASSWORD:?say it}'}",
        "[POSTGRES_PASSWORD]",
        "['POSTGRES_PASSWORD=shop-9!x-$SUFFIX']",
        "{POSTGRES_PASSWORD: }",
        "{POSTGRES_PASSWORD: '$$(cat /run/secrets/db)'}",
        "{POSTGRES_PASSWORD_FILE: /run/secrets/db}",
        "{MYSQL_ALLOW_EMPTY_PASSWORD: 'yes', MYSQL_RANDOM_ROOT_PASSWORD: 1, NEO4J_AUTH: none}",
    ],
)
def test_what_is_no_secret_of_a_service_is_left_alone(inspect, environment: str) -> None:
    run = inspect(secret_in_env, service(environment))

    assert (run.outcome, run.findings) == FINE


def test_secrets_of_tests_are_counted_only(inspect) -> None:
    run = inspect(
        secret_in_env,
        {f"tests/{name}": text for name, text in image(f"ENV TOKEN={STRONG}").items()},
    )

    assert (run.outcome, run.findings) == FINE
    assert run.notes == ("left alone in files of tests: 1 secret",)


def test_without_container_files_it_is_not_applicable(inspect) -> None:
    run = inspect(secret_in_env, {".env": f"DB_PASSWORD={STRONG}"})

    assert (run.outcome, run.reason) == (
        Outcome.NOT_APPLICABLE,
        "no Dockerfile and no compose file",
    )


def test_a_broken_file_makes_it_incomplete_after_what_was_found(inspect) -> None:
    files = {**image(f"ENV TOKEN={STRONG}"), "compose.yaml": "services: ["}

    run = inspect(secret_in_env, files)

    assert (run.outcome, len(run.findings)) == (Outcome.INCOMPLETE, 1)
    assert "compose.yaml line 1" in run.reason
