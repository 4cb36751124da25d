import pytest

from checks.secrets.credentials import credentials
from checks.secrets.env_file import env_file
from scanner import Outcome, Severity

STRONG = "kX9-" + "q7Vw2Lp0"
RANDOM = "Vb6Rk2Xn9Ys4Hd7M" + "q8Zt3Lw0"


@pytest.mark.parametrize(
    "name", [".env", ".env.production", "deploy/.env.local", "web.env", ".envrc", ".flaskenv"]
)
def test_an_environment_file_with_secrets_is_found_and_not_shown(inspect, name: str) -> None:
    text = f"MODE=production\n\nDB_PASSWORD={STRONG}\nexport API_KEY='{RANDOM}'\n"

    run = inspect(env_file, {name: text})

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.id, finding.rule.severity) == ("secrets/env-file", Severity.HIGH)
    assert (finding.where.line, finding.where.snippet) == (3, "DB_PASSWORD=•••")
    assert finding.message.endswith("sets DB_PASSWORD, API_KEY.")
    assert STRONG not in repr(run)
    assert RANDOM not in repr(run)


@pytest.mark.parametrize(
    "line",
    [
        f'DATABASE_URL="postgres://shop:{STRONG}@db/shop"',
        f"PAYMENTS={'sk_' + 'live_'}{RANDOM}",
        f"dbPassword = {STRONG}",
        f"NEW_SECRET_KEY: {RANDOM}",
        f"AWS_SECRET_ACCESS_KEY={RANDOM}{RANDOM[:16]}",
    ],
)
def test_each_kind_of_secret_counts(inspect, line: str) -> None:
    run = inspect(env_file, {".env": f"{line}\n"})

    assert len(run.findings) == 1
    assert STRONG not in repr(run)
    assert RANDOM not in repr(run)


def test_it_is_one_finding_and_not_another_one_of_credentials(inspect) -> None:
    run = inspect(credentials, {".env": f"DB_PASSWORD={STRONG}\nK={'sk_' + 'live_'}{RANDOM}\n"})

    assert run.findings == ()


@pytest.mark.parametrize(
    "line",
    [
        "DB_PASSWORD=",
        "DB_PASSWORD=changeme",
        "DB_PASSWORD=<your-password>",
        "DB_PASSWORD=xxxxxxxxxxxx",
        "DB_PASSWORD=${VAULT_DB_PASSWORD}",
        "DB_PASSWORD=$(pass show db)",
        "DB_PASSWORD_FILE=/run/secrets/db",
        "API_KEY=op://vault/item/field",
        "API_KEY=ENC[AES256_GCM,data:kX9q7Vw2Lp0,iv:a,tag:b]",
        "DATABASE_URL=postgres://localhost/shop",
        "DATABASE_URL=postgres://postgres:postgres@localhost/shop",
        "NEXT_PUBLIC_API_KEY=kX9q7Vw2Lp0kX9q7Vw2Lp0",
        "BUILD=0b9f3c52-7a41-4e0d-9d3b-5f1c2a7e8b60",
        "TOKEN_TTL=3600",
        f"# DB_PASSWORD={STRONG}",
    ],
)
def test_settings_that_are_no_secrets_are_left_alone(inspect, line: str) -> None:
    run = inspect(env_file, {".env": f"{line}\nMODE=production\n"})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


@pytest.mark.parametrize(
    "name", [".env.example", ".env.sample", ".env.template", "example.env", ".env.dist", "env.py"]
)
def test_samples_are_left_alone(inspect, name: str) -> None:
    run = inspect(env_file, {name: f"DB_PASSWORD={STRONG}\n"})

    assert (run.outcome, run.findings) == (Outcome.NOT_APPLICABLE, ())


def test_what_git_ignores_is_left_alone(inspect) -> None:
    run = inspect(env_file, {".env": f"DB_PASSWORD={STRONG}\n", ".gitignore": ".env\n"})

    assert (run.outcome, run.findings) == (Outcome.NOT_APPLICABLE, ())


def test_files_of_tests_are_left_alone_and_counted(inspect) -> None:
    run = inspect(env_file, {"tests/.env": f"DB_PASSWORD={STRONG}\n"})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    assert run.notes == ("left alone in files of tests: 1 secret",)


def test_a_file_that_is_too_large_is_incomplete(inspect) -> None:
    run = inspect(env_file, {".env": b"A=1\n" * 2_600_000})

    assert run.outcome is Outcome.INCOMPLETE
    assert ".env" in run.reason
