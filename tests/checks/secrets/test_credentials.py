import json
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from checks.secrets._formats import checksum
from checks.secrets.credentials import credentials
from scanner import Outcome, Severity

STRONG = "kX9-" + "q7Vw2Lp0"
RANDOM = "Vb6Rk2Xn9Ys4Hd7M" + "q8Zt3Lw0"
HEX = "9f86d081884c7d65" + "9a2feaa0c55ad015"
UUID = "0b9f3c52-7a41-4e0d-9d3b-5f1c2a7e8b60"
FINE = (Outcome.PASSED, ())
HEX_DIGITS = "0123456789abcdef"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
FIGURES = "0123456789"


def github(chars: Callable[..., str], kind: str = "ghp") -> str:
    middle = chars(30)
    return f"{kind}_{middle}{checksum(middle)}"


TOKENS: dict[str, Callable[..., str]] = {
    "GitHub, classic": github,
    "GitHub, server": lambda c: github(c, "ghs"),
    "GitHub, fine-grained": lambda c: "github_" + f"pat_{c(22)}_{c(59)}",
    "npm": lambda c: github(c, "npm"),
    "package index": lambda c: "pypi-" + "AgEIcHlwaS5vcmc" + c(120),
    "AWS": lambda c: "AKIA" + c(16, CAPITALS),
    "AWS, temporary": lambda c: "ASIA" + c(16, CAPITALS),
    "Slack": lambda c: f"xoxb-{c(12, FIGURES)}-{c(12, FIGURES)}-{c(24)}",
    "Stripe": lambda c: "sk_" + "live_" + c(24),
    "Stripe, restricted": lambda c: "rk_" + "live_" + c(24),
    "Google": lambda c: "AIza" + c(35),
    "SendGrid": lambda c: f"SG.{c(22)}.{c(43)}",
    "Anthropic": lambda c: "sk-" + f"ant-api03-{c(93)}AA",
    "OpenAI": lambda c: "sk-" + f"proj-{c(64)}",
    "OpenAI, old": lambda c: "sk-" + f"{c(20)}T3BlbkFJ{c(20)}",
    "Twilio": lambda c: "SK" + c(32, HEX_DIGITS),
    "Telegram": lambda c: f"{c(10, '123456789')}:AA{c(33)}",
    "GitLab": lambda c: "glpat-" + c(20),
    "Hugging Face": lambda c: "hf_" + c(34, CAPITALS[:26]),
    "Vault": lambda c: "hvs." + c(90),
    "Django": lambda c: "django-" + "insecure-" + c(30) + "$(x)#=%" + c(10),
}


def everything(run: object) -> str:
    fingerprints = [finding.fingerprint for finding in run.findings]  # type: ignore[attr-defined]
    return repr(run) + json.dumps(fingerprints)


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_of_known_form_is_found_and_not_shown(inspect, chars, kind) -> None:
    token = TOKENS[kind](chars)
    places = ["x = '{}'", "{}", "curl -H 'X: {}' a", '{{"x": "{}"}}']

    run = inspect(credentials, {"src/app.js": "\n".join(line.format(token) for line in places)})

    assert run.outcome is Outcome.FAILED
    assert [finding.where.line for finding in run.findings] == [1, 2, 3, 4]
    for finding in run.findings:
        assert (finding.rule.id, finding.rule.severity) == ("secrets/credentials", Severity.HIGH)
        assert finding.where.snippet.endswith("•••")
        assert f"({token[:2]}" in finding.message or kind == "Telegram"
    assert token[4:12] not in everything(run)


def test_the_checksum_is_github_s_own() -> None:
    assert checksum("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ") == "0mLq17"
    assert len({checksum(str(n)) for n in range(9)}) == 9
    assert zlib.crc32(b"") == 0
    assert checksum("") == "000000"


@pytest.mark.parametrize(
    "line",
    [
        "TOKEN = 'ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'",
        "x = 'pypi-" + "k8Zt3Lw0Vb6Rk2Xn9Ys4Hd7Mq8Zt3Lw0Vb6Rk2Xn9Ys4Hd7Mq8Zt3Lw0'",
    ],
)
def test_a_token_with_a_wrong_checksum_is_none(inspect, line: str) -> None:
    run = inspect(credentials, {"src/app.js": line})

    assert (run.outcome, run.findings) == FINE


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("app.py", f'DB_PASSWORD = "{STRONG}"'),
        ("app.py", f'connect(host, password="{STRONG}")'),
        ("app.py", f'os.environ.get("SECRET_KEY", "{RANDOM}")'),
        ("app.py", f'api_key: str = "{RANDOM}"'),
        ("app.py", f'app.config["JWT_SECRET_KEY"] = "{RANDOM}"'),
        ("app.py", f"TOKEN = b'{RANDOM}'"),
        ("app.py", 'auth_token = "' + f'RwPkqVRydyjYJPso{STRONG}"'),
        ("app.ts", f"const apiKey = '{RANDOM}';"),
        ("app.ts", f"const secret = process.env.JWT_SECRET || '{RANDOM}'"),
        ("app.ts", f"  clientSecret: `{RANDOM}`,"),
        ("app.ts", f"private readonly encryptionKey: string = '{HEX}';"),
        ("app.js", f"headers: {{ Authorization: 'Bearer {RANDOM}' }}"),
        ("app.go", f'password := "{STRONG}"'),
        ("app.rb", f"secret_key_base => '{HEX}{HEX}'"),
        ("App.java", f'String dbPassword = "{STRONG}";'),
        ("appsettings.json", f'"ClientSecret": "{RANDOM}"'),
        ("config.yaml", f"  api_token: {RANDOM}"),
        ("config.yaml", f"- password: {STRONG}  # of the database"),
        ("app.properties", f"spring.datasource.password={STRONG}"),
        ("settings.ini", f"secret_key = {RANDOM}"),
        ("settings.toml", f'session_secret = "{RANDOM}"'),
        ("web.xml", f"<password>{STRONG}</password>"),
        ("web.config", f'<add key="ApiKey" value="{RANDOM}" />'),
        ("spring.xml", f'<property name="dbPassword" value="{STRONG}"/>'),
        ("settings.py", f'SECRET_KEY = config("SECRET_KEY", default="{RANDOM}")'),
        ("run.sh", f"curl -u admin:{STRONG} https://shop/x"),
        ("web.config", f'<add key="x" password="{STRONG}" />'),
        ("deploy.sh", f"mysql --password={STRONG} shop"),
        ("deploy.sh", f"export ADMIN_TOKEN={RANDOM}"),
        ("main.tf", f'db_password = "{STRONG}"'),
        ("aws.ini", f"aws_secret_access_key = {RANDOM}/+{RANDOM[:14]}"),
    ],
)
def test_a_random_value_behind_a_telling_name_is_found_and_not_shown(
    inspect, name: str, line: str
) -> None:
    run = inspect(credentials, {name: f"\n{line}\n"})

    (finding,) = run.findings
    assert (finding.rule.id, finding.where.line) == ("secrets/credentials/assigned", 2)
    assert finding.rule.severity is Severity.HIGH
    assert not [secret for secret in (STRONG, RANDOM, HEX) if secret in everything(run)]


@pytest.mark.parametrize(
    "line",
    [
        f'url = "postgresql://shop:{STRONG}@db/shop"',
        f"redis://:{STRONG}@cache:6379/0",
        f"mongodb+srv://shop:{STRONG}@cluster0.mongo.example/shop",
        f"git clone https://deploy:{RANDOM}@git.example/x.git",
        f'"Server=db;User Id=sa;Password={STRONG};Encrypt=true"',
        f'"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={RANDOM * 3}=="',
    ],
)
def test_a_password_in_a_connection_string_is_found_and_not_shown(inspect, line: str) -> None:
    run = inspect(credentials, {"src/app.go": line})

    (finding,) = run.findings
    assert finding.rule.id == "secrets/credentials/in-address"
    assert STRONG not in everything(run)
    assert RANDOM not in everything(run)


def test_a_signed_token_is_found_and_not_shown(inspect, jwt) -> None:
    token = jwt()

    run = inspect(credentials, {"app.js": f"const t = '{token}'"})

    (finding,) = run.findings
    assert (finding.rule.id, finding.rule.severity) == (
        "secrets/credentials/signed-token",
        Severity.MEDIUM,
    )
    assert token[8:20] not in everything(run)


DECOYS = {
    "a UUID": f'api_key = "{UUID}"',
    "a git commit": 'commit = "' + HEX + '9a2feaa0"',
    "a revision of an action": f"uses: actions/checkout@{HEX}9a2feaa0",
    "a hash of a password": 'password = "$2b$12$' + RANDOM + RANDOM + '"',
    "Django's hash of a password": f"password: 'pbkdf2_sha256$390000${RANDOM}${RANDOM}='",
    "a digest": f'token_sha256 = "{HEX}{HEX}"',
    "a digest with its name": f'secret = "sha256:{HEX}{HEX}"',
    "an integrity attribute": f'integrity="sha384-{RANDOM}{RANDOM}"',
    "a public key": f'ssh_key = "ssh-ed25519 AAAAC3{RANDOM}{RANDOM} ann@shop"',
    "a bare public key": f'signing_key = "AAAAC3NzaC1lZDI1{RANDOM * 2}"',
    "changeme": 'password = "changeme-Now-123!"',
    "crosses": 'api_key = "xxxxxxxxxxxxxxxxxxxxxxxx1"',
    "stars": 'password = "********123aB"',
    "a hole in brackets": 'api_key = "<your-api-key-1>"',
    "your own": 'api_key = "your_api_key_123456789"',
    "the vendor's example": 'key = "AKIA' + 'IOSFODNN7EXAMPLE"',
    "the vendor's example secret": 'aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/'
    + 'bPxRfiCYEXAMPLEKEY"',
    "a shell reference": 'password: "${DB_PASSWORD_12}"',
    "a bare reference": "password=$DB_PASSWORD_12",
    "Python's environment": 'password = os.environ["DB_PASSWORD_1"]',
    "Python's environment as default": 'secret = os.environ.get("SECRET_KEY_V2", "")',
    "node's environment": "const token = process.env.API_TOKEN_V2;",
    "a workflow's secret": "token: ${{ secrets.DEPLOY_TOKEN_2 }}",
    "a template's hole": 'password: "{{ vault_db_password_1 }}"',
    "an f-string": 'token = f"{prefix}-{random_part_12345}"',
    "a format": 'secret_key = "%(SECRET_KEY_12)s"',
    "a text": '"password": "Mot de passe oublié ? 12"',
    "a label": '"passwordLabel2": "new-password-label-2"',
    "a message's name": 'token = "auth.errors.token_expired_v2"',
    "an html id": '<input id="password-field-2" name="password" type="password">',
    "an html token's name": '<meta name="csrf-token" content="token">',
    "a colour": "--token-key: #a1b2c3d4;",
    "an address without a password": 'TOKEN_URL = "https://id.shop.example/oauth2/token"',
    "an address with a user": 'secret_url = "postgres://shop@db/shop"',
    "an address of a sample": "postgres://user:password@localhost/shop",
    "an address with a word": "postgresql://postgres:postgres@localhost:5432/shop",
    "an address with a reference": "postgres://shop:${PASSWORD_1}@db/shop",
    "an address with a hole": "https://user:<password-1>@db/shop",
    "an address of a manual": "https://jo%40shop.example:a%20secret%201@db/shop",
    "two hosts": "https://a.example:123,foo:b4R!bar@b.example/shop",
    "a licence": '"license_key": "cc-by-nc-4.0-x1y"',
    "a user of curl": "curl -u admin:$PASSWORD_12 https://shop/x",
    "a default that is empty": 'SECRET_KEY = config("SECRET_KEY_1", default="")',
    "a form's token": f'<input type="hidden" name="authenticity_token" value="{RANDOM}">',
    "a time": 'start = "http://a.example:8080/x@12:34"',
    "a call": "password = generate_password(length=24, digits=4)",
    "an attribute": "token = self.settings.token_v2",
    "a file": 'private_key = "/etc/ssl/private/server-2024.key"',
    "a host": 'secret = "secrets-manager-2.eu-west-1.amazonaws.com"',
    "a publishable key": 'stripe_key = "pk_live_' + RANDOM + '"',
    "a public variable": f'NEXT_PUBLIC_API_KEY = "{RANDOM}"',
    "an alphabet": 'secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"',
    "figures": 'token = "1234567890123456"',
    "a test vector": f'expected_token_hash = "{HEX}"',
    "a picture": f'src="data:image/png;base64,{RANDOM * 8}"',
    "a name of a header": 'token_header = "X-Csrf-Token-V2-Header"',
    "an identifier": "secretName: shop-database-credentials-v2",
    "a Kubernetes reference": "  secretKeyRef: {name: shop-db-2, key: password}",
    "an encrypted value": f'password: "ENC[AES256_GCM,data:{RANDOM},iv:x]"',
    "a vault's address": 'api_key = "vault:secret/data/shop#api_key_2"',
    "a word": 'password = "postgres"',
    "a word with a number": 'password = "hunter2024"',
    "a name that is its value": 'api_key_name_01 = "api_key_name_01"',
    "a test's key": 'secret = "test-secret-9f3c52b7a41"',
    "a test key of Stripe": f'stripe_secret_key = "sk_test_{RANDOM}"',
    "a regular expression": r'secret = re.compile("[A-Za-z0-9]{16,32}")',
    "a comparison of lengths": "if len(password) > 12 and token_count != 1234567890:",
    "a keyboard's key": 'key = "ArrowDown2ArrowUp3"',
}


@pytest.mark.parametrize("decoy", DECOYS)
def test_what_only_looks_like_a_secret_is_left_alone(inspect, decoy: str) -> None:
    names = ("src/app.py", "config/app.yaml", "src/app.ts", "app.ini")

    run = inspect(credentials, {name: f"\n{DECOYS[decoy]}\n" for name in names})

    assert (run.outcome, run.findings) == FINE


def test_the_key_of_a_firebase_page_is_left_alone(inspect, chars) -> None:
    key = TOKENS["Google"](chars)

    run = inspect(
        credentials, {"app.js": f"init({{apiKey: '{key}', authDomain: 'shop.firebaseapp.com'}})"}
    )

    assert (run.outcome, run.findings) == FINE


@pytest.mark.parametrize("claims", [{"role": "anon"}, {"sub": "1234567890", "name": "John Doe"}])
def test_signed_tokens_that_everybody_may_have_are_left_alone(inspect, jwt, claims) -> None:
    run = inspect(credentials, {"app.js": f"t = '{jwt(**claims)}'\nu = '{jwt('none')}'"})

    assert (run.outcome, run.findings) == FINE


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/setup.rst",
        "examples/app.py",
        ".env.example",
        "config.sample.yaml",
        "locales/de.json",
        "package-lock.json",
        "poetry.lock",
        "static/app.min.js",
        "data.csv",
        "tests/test_app.py",
        "src/app.spec.ts",
        "src/__tests__/app.js",
        "pkg/app_test.go",
    ],
)
def test_prose_samples_generated_files_and_tests_are_only_searched_for_tokens(
    inspect, chars, name: str
) -> None:
    run = inspect(
        credentials, {name: f'password = "{STRONG}"\npostgres://a:{STRONG}@db\n{github(chars)}\n'}
    )

    assert [(one.rule.id, one.where.line) for one in run.findings] == [("secrets/credentials", 3)]


def test_what_tests_make_up_is_counted(inspect, chars, jwt) -> None:
    text = f"a = '{TOKENS['AWS'](chars)}'\nb = '{jwt()}'\n"

    run = inspect(credentials, {"tests/test_app.py": text})

    assert (run.outcome, run.findings) == FINE
    assert run.notes == ("left alone in files of tests: 2 tokens",)


def test_long_lines_are_searched_for_tokens_only_and_counted(inspect, chars) -> None:
    code = "a();" * 600

    run = inspect(
        credentials,
        {"bundle.js": f'{code}password="{STRONG}"\n{code}"{github(chars)}"\npassword="{STRONG}"'},
    )

    assert [one.where.line for one in run.findings] == [2, 3]
    assert run.notes == ("1 line over 2000 characters: searched for tokens of known form only",)


def test_several_secrets_of_one_line_are_several_findings_and_none_is_shown(inspect) -> None:
    other = RANDOM[::-1]

    run = inspect(credentials, {"app.py": f'login(token="{RANDOM}", secret="{other}")'})

    assert [finding.about for finding in run.findings] == ["token", "secret"]
    assert {finding.where.snippet for finding in run.findings} == {'login(token="•••'}
    assert other not in everything(run)


def test_a_token_in_an_address_is_one_finding(inspect, chars) -> None:
    run = inspect(
        credentials, {"app.go": f'token = "https://x-access-token:{github(chars)}@git.example/x"'}
    )

    assert [finding.rule.id for finding in run.findings] == ["secrets/credentials"]


def test_secrets_that_look_alike_when_they_are_hidden_stay_two_findings(inspect) -> None:
    run = inspect(credentials, {"app.py": f'token = "{RANDOM}"\ntoken = "{RANDOM[::-1]}"\n'})

    assert len({finding.fingerprint for finding in run.findings}) == 2


def test_another_value_is_the_same_finding(inspect) -> None:
    first = inspect(credentials, {"app.py": f'token = "{RANDOM}"\n'})

    second = inspect(credentials, {"app.py": f'token = "{RANDOM[::-1]}"\n'})

    assert first.findings[0].fingerprint == second.findings[0].fingerprint


def test_what_the_container_room_reports_is_not_reported_again(inspect, chars) -> None:
    image = f"FROM a:1\nENV DB_PASSWORD={STRONG}\nRUN echo {github(chars)}\nUSER 1\n"
    services = (
        f"services:\n  db:\n    image: a:1\n    environment: {{DB_PASSWORD: {STRONG}}}\n"
        f"    command: login --password={STRONG}\n"
    )

    run = inspect(credentials, {"Dockerfile": image, "compose.yaml": services})

    assert [(one.where.path, one.where.line) for one in run.findings] == [
        ("Dockerfile", 3),
        ("compose.yaml", 5),
    ]


def test_the_scanned_tree_cannot_disarm_it(inspect, chars) -> None:
    files = {
        ".gitleaks.toml": "[allowlist]\npaths = ['.*']\n",
        ".gitleaksignore": "app.py:generic:1\n",
        ".secrets.baseline": "{}",
        ".betterleaks.toml": "[allowlist]\npaths = ['.*']\n",
        "app.py": f'password = "{STRONG}"  # gitleaks:allow  # pragma: allowlist secret # nosec\n'
        f"# {github(chars)} # trufflehog:ignore\n",
    }

    run = inspect(credentials, files)

    assert [one.where.line for one in run.findings] == [1, 2]


def test_a_file_that_is_too_large_is_incomplete_and_a_picture_is_not(inspect) -> None:
    run = inspect(credentials, {"dump.sql": b"\n" * 10_000_001, "a.png": b"\0" * 10_000_001})

    assert run.outcome is Outcome.INCOMPLETE
    assert "dump.sql" in run.reason
    assert "a.png" not in run.reason


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_incomplete(inspect, tmp_path: Path) -> None:
    inspect(credentials, {"app.py": "x = 1\n"})
    (tmp_path / "project" / "app.py").chmod(0)

    assert inspect(credentials, {}).outcome is Outcome.INCOMPLETE


def test_nothing_to_read_is_not_applicable(inspect) -> None:
    assert inspect(credentials, {}).outcome is Outcome.NOT_APPLICABLE


def test_a_line_made_to_be_slow_is_not(inspect) -> None:
    slow = [
        "password" * 240, "a." * 990 + '="', '"' + "password:" * 200, "://" * 600, "-a=" * 600,
        "token" + " " * 1900, "<a" * 900, "secret: x<" + "a" * 1900, "Bearer " * 280,
        "authorization: " * 130, "eyJ" * 600, "sk-ant-api" + "-" * 1900, "AIza" * 480,
    ]  # fmt: skip

    run = inspect(credentials, {"app.yaml": "\n".join(slow * 20), "b.ts": "\n".join(slow * 20)})

    assert (run.outcome, run.findings) == FINE
    assert not re.search("broke", run.reason)
