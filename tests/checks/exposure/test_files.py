"""`exposure/files`: what was not meant to be public, told by its content."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from loopback import Answer, Asked

from checks.exposure._known import IN_ROOTS
from checks.exposure.files import files
from scanner.model import AtUrl, CheckRun, Outcome

_PAGE = "<!doctype html><title>Shop</title><a href='/'>Home</a>"
_HEX = "0123456789abcdef"
_PASSWORD = "hun" + "ter2!"
_PEM = f"-----BEGIN RSA PRIVATE {'KEY'}-----\n" + ("MIIEpAIBAAKCAQEA" * 4 + "\n") * 3
_PEM += f"TheLastLineIsSecret==\n-----END RSA PRIVATE {'KEY'}-----\n"
_COMPOSE = "services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: "
_PHPINFO = (
    "<!DOCTYPE html><html><head><title>PHP 8.2.1 - phpinfo()</title></head><body>"
    '<h1 class="p">PHP Version 8.2.1</h1><table><tr><td class="e">System </td>'
    '<td class="v">Linux </td></tr></table></body></html>'
)


def site_with(there: dict[str, str | bytes], *, otherwise: Answer | None = None) -> Any:
    """A start page, the files `there` as plain bytes, and 404 (or `otherwise`) for the rest."""

    def app(asked: Asked) -> Answer:
        if asked.path == "/":
            return Answer(_PAGE)
        if asked.path in there:
            return Answer(there[asked.path], kind="application/octet-stream")
        return otherwise or Answer("There is no such page.", 404)

    return app


def found(run: CheckRun) -> dict[str, str]:
    """Which further rule says something of which path."""
    return {
        f.where.url.partition("://")[2].partition("/")[2]: f.rule.id.removeprefix(
            "exposure/files"
        ).strip("/")
        for f in run.findings
        if isinstance(f.where, AtUrl)
    }


def zipped() -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr("index.php", "<?php")
    return into.getvalue()


def tarred(mode: Any) -> bytes:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode=mode) as archive:
        archive.addfile(tarfile.TarInfo("index.php"))
    return into.getvalue()


THERE = {
    ".git/HEAD": ("ref: refs/heads/main\n", ""),
    ".svn/wc.db": (b"SQLite format 3\x00\x10\x00", ""),
    ".svn/entries": ("10\n\ndir\n42\nhttps://svn.example.com/shop\n", ""),
    ".hg/requires": ("dotencode\nfncache\ngeneraldelta\nrevlogv1\nstore\n", ""),
    ".git/config": ("[core]\n\trepositoryformatversion = 0\n", ""),
    ".git/index": (b"DIRC\x00\x00\x00\x02\x00\x00\x00\x01", ""),
    ".env": (f"# shop\nDEBUG=off\nexport DB_PASSWORD='{_PASSWORD}'\n", "secrets"),
    ".env.production": ("DATABASE_URL=postgres://shop:pw@db/shop\n", "secrets"),
    ".env.bak": (f"APP_NAME=shop\r\nAPP_KEY=base64:{_HEX}\r\n", "secrets"),
    "id_rsa": (_PEM, "secrets"),
    "server.key": (_PEM.replace("RSA ", ""), "secrets"),
    ".git-credentials": (f"https://ann:{_HEX}@git.example.com\n", "secrets"),
    ".aws/credentials": (f"[default]\naws_secret_access_key = {_HEX * 3}\n", "secrets"),
    ".htpasswd": (f"ann:$apr1$salt${_HEX}\n", "secrets"),
    ".npmrc": (f"//npm.example.com/:_authToken={_HEX}\n", "secrets"),
    ".pypirc": (f"[pypi]\nusername = ann\npassword = {_HEX}\n", "secrets"),
    ".netrc": (f"machine git.example.com login ann password {_HEX}\n", "secrets"),
    ".pgpass": (f"db.example.com:5432:shop:ann:{_HEX}\n", "secrets"),
    ".docker/config.json": ('{"auths": {"r.example.com": {"auth": "YW5uOnB3"}}}', "secrets"),
    ".kube/config": (f"apiVersion: v1\nusers:\n- user:\n    token: {_HEX}\n", "secrets"),
    "sftp-config.json": ('{\n // Sublime\n "host": "a", "password": "pw"}', "secrets"),
    "service-account.json": ('{"private_key": "-----BEGIN PRIVATE"}', "secrets"),
    "terraform.tfstate": ('{"terraform_version": "1.9.0", "resources": []}', "secrets"),
    "config/master.key": (f"{_HEX * 2}\n", "secrets"),
    "config/database.yml": (f"production:\n  adapter: mysql2\n  password: {_HEX}\n", "secrets"),
    "settings.py": (f"DEBUG = False\nSECRET_KEY = '{_HEX}'\n", "secrets"),
    "appsettings.json": ('\ufeff{"Db": "Server=a;Password=' + _PASSWORD + '"}', "secrets"),
    "web.config": ("<?xml version='1.0'?>\n<configuration><appSettings></appSettings>", ""),
    ".bash_history": ("cd /srv\nls -la\nsudo reboot\n", ""),
    "wp-config.php.bak": ("<?php\ndefine('DB_PASSWORD', 'x');\n", "secrets"),
    "config.php~": ("<?php $x = 1;", ""),
    "backup.sql": ("-- MySQL dump\nINSERT INTO `people` VALUES (1,'ann');\n", "secrets"),
    "dump.sql": ("--\nCOPY public.people (id) FROM stdin;\n1\n", "secrets"),
    "dump.sql.gz": (gzip.compress(b"CREATE TABLE people (id int);"), "secrets"),
    "db.sqlite3": (b"SQLite format 3\x00\x10\x00", "secrets"),
    "backup.zip": (zipped(), ""),
    "backup.tar.gz": (tarred("w:gz"), ""),
    "backup.tar": (tarred("w:"), ""),
    "phpinfo.php": (_PHPINFO, "debug-page"),
    "server-status": (
        "<html><title>Apache Status</title><dl><dt>Server Version: Apache/2.4 (Unix)</dt></dl>",
        "debug-page",
    ),
    "server-info": (
        "<html><title>Server Information</title><h1>Apache Server Information</h1>",
        "debug-page",
    ),
    "nginx_status": (
        "Active connections: 2 \nserver accepts handled requests\n 9 9 9 \n",
        "metadata",
    ),
    "actuator": (
        '{"_links":{"self":{"href":"http://a/actuator"},"env":{"href":"http://a/actuator/env"}}}',
        "debug-page",
    ),
    "actuator/env": ('{"propertySources":[{"name":"systemProperties"}]}', "debug-page"),
    "debug/pprof/": (
        "<html><head><title>/debug/pprof/</title></head>full goroutine stack dump",
        "debug-page",
    ),
    "debug/vars": ('{"cmdline": ["/shop"], "memstats": {}}', "debug-page"),
    "console": (
        "<!doctype html><title>Console // Werkzeug Debugger</title><script>"
        "var CONSOLE_MODE = true, EVALEX = true</script>",
        "",
    ),
    "_ignition/health-check": ('{"can_execute_commands":true}', ""),
    "telescope/requests": (
        "<!DOCTYPE html><title>Shop - Telescope</title><script>window.Telescope = {}</script>",
        "debug-page",
    ),
    "rails/info/properties": (
        "<table><tr><td>Rails version</td></tr><tr><td>Ruby version</td></tr>"
        "<tr><td>Application root</td></tr></table>",
        "debug-page",
    ),
    "elmah.axd": ("<html><title>Error log for SHOP</title>Powered by ELMAH", "debug-page"),
    "trace.axd": (
        "<html><h1>Application Trace</h1><b>Requests to this Application</b>",
        "debug-page",
    ),
    "docker-compose.yml": (f"{_COMPOSE}{_PASSWORD}\n", "secrets"),
    "compose.yaml": (_COMPOSE + "${DB_PASSWORD}\n", "metadata"),
    "Dockerfile": ("FROM python:3.12\nRUN pip install .\n", "metadata"),
    ".DS_Store": (b"\x00\x00\x00\x01Bud1\x00\x00", "metadata"),
    ".idea/workspace.xml": ('<?xml?><project version="4"><component name="a">', "metadata"),
    ".htaccess": ("RewriteEngine On\n", "metadata"),
    "composer.lock": ('{"content-hash": "a", "packages": []}', "metadata"),
}


def test_what_lies_about_is_found_by_its_content(probe: Callable[..., Any]) -> None:
    further = {".git/config", ".git/index", ".svn/entries"}

    run, _ = probe(files, site_with({f"/{path}": content for path, (content, _) in THERE.items()}))

    assert found(run) == {path: rule for path, (_, rule) in THERE.items() if path not in further}
    assert {finding.confidence for finding in run.findings} == {"confirmed"}


@pytest.mark.parametrize("path", [".git/config", ".git/index", ".svn/entries"])
def test_a_blocked_file_does_not_hide_the_rest_of_a_repository(
    probe: Callable[..., Any], path: str
) -> None:
    run, _ = probe(files, site_with({f"/{path}": THERE[path][0]}))

    assert found(run) == {path: ""}


def test_a_page_that_explains_every_error_is_found_where_nothing_is(
    probe: Callable[..., Any],
) -> None:
    debugging = Answer(
        "<!DOCTYPE html><title>Page not found at /x</title><p>You see this because you have "
        "<code>DEBUG = True</code> in your Django settings file.",
        404,
    )

    run, _ = probe(files, site_with({}, otherwise=debugging))

    assert found(run) == {"wallwalk-asks-for-nothing": "debug-page"}


LOOKS_LIKE_IT = {
    ".env": "DB_HOST=\nDB_PASSWORD=\n",
    ".env.local": "DB_PASSWORD=<your password>\nAPI_KEY=${KEY}\n",
    ".env.prod": "API_TOKEN=your-token\nSECRET=changeme\n",
    ".env.production": 'PASSWORD="encrypted:BDqDBibm4wsYqMp"\n',
    ".env.dev": "STRIPE_PUBLISHABLE_KEY=pk_12345\nPORT=8000\n",
    ".env.staging": "PASSWORD_MIN_LENGTH=12000\nTOKEN_LIFE=3600\n",
    ".env.bak": "COMPASS=north\nMONKEY=caesar\n",
    ".env.old": "<html><pre>\nDB_PASSWORD=hunter2\n</pre>",
    ".env.example": f"DB_PASSWORD={_PASSWORD}\n",
    ".git/HEAD": "ref: refs/heads/main is what HEAD says",
    ".git/config": "[core] repositoryformatversion",
    "id_rsa": "-----BEGIN PUBLIC KEY-----\nMIIB\n",
    "server.key": "It begins: -----BEGIN PRIVATE KEY-----",
    ".htpasswd": "user: password",
    ".npmrc": "registry=https://npm.example.com/\n//npm.example.com/:_authToken=${NPM_TOKEN}\n",
    ".docker/config.json": '{"auths": {"r.example.com": {}}}',
    "appsettings.json": '{"api": "https://api.example.com", "passwordPage": "/forgot"}',
    "settings.py": "SECRET_KEY = os.environ['KEY']\n",
    "config/database.yml": "adapter: mysql2\npassword: <%= ENV['PW'] %>\n",
    "config/master.key": "This key is kept elsewhere.",
    "backup.sql": "Insert into the slot, copy from the left.\n",
    "dump.sql": "Create table of contents\nDrop table\n",
    "db.sql": "<html><pre>\nINSERT INTO a VALUES (1);\n</pre>",
    "db.sqlite3": "SQLite format 3 is what it starts with",
    "backup.zip": "PK is what it starts with",
    "config.php.bak": "The file begins with <?php ",
    "wp-config.php.bak": "<?php // define('DB_NAME', 'shop')",
    "phpinfo.php": "<h1>PHP Version 8.2</h1> by phpinfo()",
    "info.php": "<title>About phpinfo()</title><h1>PHP Version numbers</h1><td class='e'>",
    "server-status": "<title>Status</title>All is well.",
    "actuator": '{"_links":{"self":{"href":"/actuator"},"health":{"href":"/actuator/health"}}}',
    "console": "<html>A console by Werkzeug</html>",
    "_ignition/health-check": '{"can_execute_commands":false}',
    "docker-compose.yml": "services: we have many\nimage: none",
    "Dockerfile": "FROM here to there\n",
    ".DS_Store": "Bud1",
}


def test_what_only_looks_like_it_is_left_alone(probe: Callable[..., Any]) -> None:
    run, _ = probe(files, site_with({f"/{path}": text for path, text in LOOKS_LIKE_IT.items()}))

    assert found(run) == {}
    assert run.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "otherwise",
    [
        pytest.param(Answer(_PAGE), id="one page for everything"),
        pytest.param(Answer("Sorry, not found"), id="a polite text"),
        pytest.param(Answer(""), id="nothing, with status 200"),
        pytest.param(Answer("", 302, [("Location", "/login")]), id="a login for everything"),
        pytest.param(Answer("No.", 403), id="a refusal"),
        pytest.param(
            Answer("ref: refs/heads/main\n", kind="text/plain"), id="a repository in every path"
        ),
        pytest.param(
            Answer(f"DB_PASSWORD={_PASSWORD}\n", kind="text/plain"), id="settings in every path"
        ),
        pytest.param(Answer("INSERT INTO a VALUES (1);", kind="text/plain"), id="SQL everywhere"),
        pytest.param(Answer(zipped(), kind="application/zip"), id="an archive everywhere"),
        pytest.param(Answer(_PHPINFO), id="phpinfo everywhere"),
        pytest.param(Answer(_HEX * 2, kind="text/plain"), id="a number everywhere"),
    ],
)
def test_one_answer_to_everything_is_no_file(probe: Callable[..., Any], otherwise: Answer) -> None:
    run, _ = probe(files, site_with({}, otherwise=otherwise))

    assert found(run) == {}
    assert run.outcome is Outcome.PASSED


def test_one_answer_to_every_name_of_a_shape_is_no_file(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer:
        if asked.path.startswith("/.env"):
            return Answer(f"DB_PASSWORD={_PASSWORD}\n", kind="text/plain")
        if asked.path.endswith(".sql"):
            return Answer("CREATE TABLE example (id int);", kind="text/plain")
        return Answer(_PAGE, 200 if asked.path == "/" else 404)

    run, _ = probe(files, app)

    assert run.outcome is Outcome.PASSED


def test_an_error_is_no_file_whatever_it_says(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer:
        if asked.path == "/.git/HEAD":
            return Answer("ref: refs/heads/main\n", 403)
        return Answer(_PAGE, 200 if asked.path == "/" else 404)

    run, _ = probe(files, app)

    assert (run.outcome, run.notes) == (Outcome.PASSED, ())


def test_a_page_that_repeats_what_was_asked_for_is_no_file(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer:
        return Answer(f"<title>Search</title>No result for {asked.path}")

    run, _ = probe(files, app)

    assert run.outcome is Outcome.PASSED


def test_documentation_that_shows_all_of_it_is_no_file(probe: Callable[..., Any]) -> None:
    shown = "\n".join(str(content) for content, _ in THERE.values())
    guide = Answer(f"<!doctype html><title>Guide</title><h1>phpinfo()</h1><pre>\n{shown}\n</pre>")

    run, _ = probe(files, site_with({}, otherwise=guide))

    assert run.outcome is Outcome.PASSED


def test_a_file_beside_an_application_that_answers_everything_is_found(
    probe: Callable[..., Any],
) -> None:
    there = {"/.env": f"DB_PASSWORD={_PASSWORD}\n", "/backup.zip": zipped()}

    run, _ = probe(files, site_with(there, otherwise=Answer(_PAGE)))

    assert found(run) == {".env": "secrets", "backup.zip": ""}


def test_a_body_made_to_keep_patterns_busy_is_read_once(probe: Callable[..., Any]) -> None:
    """A pattern that tries every way to split these blanks would not come to an end."""
    blanks = Answer("services:\n image:\n" + " " * 12_000, kind="text/plain")

    run, _ = probe(files, site_with({}, otherwise=blanks))

    assert run.outcome is Outcome.PASSED


def test_values_are_not_told(probe: Callable[..., Any]) -> None:
    there = {
        "/.env": f"DB_PASSWORD={_PASSWORD}\nMAIL_TOKEN={_HEX}\n",
        "/id_rsa": _PEM,
        "/dump.sql": f"INSERT INTO people VALUES ('{_PASSWORD}');\nCREATE TABLE a (b int);\n",
        "/.htpasswd": f"ann:$apr1$salt${_HEX}\n",
    }

    run, _ = probe(files, site_with(there))

    assert set(found(run).values()) == {"secrets"}
    told = repr(run)
    assert "DB_PASSWORD, MAIL_TOKEN" in told
    assert not any(value in told for value in (_PASSWORD, _HEX, "MIIEpAIB", "TheLastLineIs"))


def test_each_root_is_looked_into_and_one_that_answers_everything_only_for_the_gravest(
    probe: Callable[..., Any],
) -> None:
    def app(asked: Asked) -> Answer:
        if asked.path.startswith("/app/"):
            secret = asked.path == "/app/.env"
            return (
                Answer(f"DB_PASSWORD={_PASSWORD}\n", kind="text/plain") if secret else Answer(_PAGE)
            )
        if asked.path == "/shop/phpinfo.php":
            return Answer(_PHPINFO)
        return Answer(_PAGE, 200 if asked.path in ("/", "/shop/") else 404)

    run, asked = probe(files, app, roots=["/", "/app/", "/shop/"])

    assert found(run) == {"app/.env": "secrets", "shop/phpinfo.php": "debug-page"}
    assert any("/app/ answers every path alike" in note for note in run.notes)
    assert sum(one.path.startswith("/app/") for one in asked) < 15


def test_folders_that_pages_are_in_are_looked_into(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer:
        if asked.path in ("/", "/docs/old/one.html"):
            return Answer("<a href='/docs/old/one.html'>1</a>")
        if asked.path == "/docs/.git/HEAD":
            return Answer("0123456789" * 4, kind="text/plain")
        return Answer("", 404)

    run, _ = probe(files, app)

    assert found(run) == {"docs/.git/HEAD": ""}


def test_copies_beside_scripts_are_found(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer:
        if asked.path in ("/", "/shop/cart.php"):
            return Answer("<a href='/shop/cart.php'>Cart</a>")
        if asked.path == "/shop/cart.php~":
            return Answer("<?php\n$password = 'x';", kind="text/plain")
        if asked.path == "/shop/.cart.php.swp":
            return Answer(b"b0VIM 8.2\x00\x00\x00", kind="")
        return Answer("", 404)

    run, _ = probe(files, app)

    assert found(run) == {"shop/cart.php~": ""}


def test_no_root_costs_more_than_a_hundred_and_twenty_requests(probe: Callable[..., Any]) -> None:
    run, asked = probe(files, site_with({}))

    assert run.outcome is Outcome.PASSED
    assert run.requests <= len(IN_ROOTS) <= 120
    assert {one.method for one in asked} == {"GET"}


def test_large_files_are_asked_for_by_their_first_bytes(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer:
        if asked.path == "/backup.zip":
            assert asked.headers["range"] == "bytes=0-65535"
            return Answer(zipped(), 206, kind="application/zip")
        return Answer(_PAGE, 200 if asked.path == "/" else 404)

    run, _ = probe(files, app)

    assert found(run) == {"backup.zip": ""}


def test_a_file_that_is_gone_when_it_is_asked_again_is_not_reported(
    probe: Callable[..., Any],
) -> None:
    times = []

    def app(asked: Asked) -> Answer:
        if asked.path == "/.git/HEAD":
            times.append(asked)
            return Answer("ref: refs/heads/main\n" if len(times) == 1 else "", kind="text/plain")
        return Answer(_PAGE, 200 if asked.path == "/" else 404)

    run, _ = probe(files, app)

    assert len(times) == 2
    assert run.outcome is Outcome.PASSED
    assert run.notes == ("1 suspicion did not hold when asked again",)


def test_paths_out_of_scope_are_counted_and_not_asked(probe: Callable[..., Any]) -> None:
    run, asked = probe(files, site_with({}), scope={"exclude": ["/.git/**"]})

    assert run.outcome is Outcome.PASSED
    assert "3 well-known paths out of scope, not asked" in run.notes
    assert not any(one.path.startswith("/.git/") for one in asked)


def test_a_scope_without_any_of_them_is_not_applicable(probe: Callable[..., Any]) -> None:
    run, _ = probe(files, site_with({}), scope={"include": ["/"]})

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_paths_that_get_no_answer_make_it_incomplete_after_its_findings(
    probe: Callable[..., Any],
) -> None:
    def app(asked: Asked) -> Answer | None:
        if asked.path == "/.env":
            return None
        if asked.path == "/.git/HEAD":
            return Answer("ref: refs/heads/main\n", kind="text/plain")
        return Answer(_PAGE, 200 if asked.path == "/" else 404)

    run, _ = probe(files, app)

    assert run.outcome is Outcome.INCOMPLETE
    assert "1 well-known path did not answer, the first: /.env" in run.reason
    assert found(run) == {".git/HEAD": ""}


def test_a_login_that_fails_makes_it_incomplete_after_its_findings(
    probe: Callable[..., Any],
) -> None:
    run, _ = probe(
        files,
        site_with({"/.git/HEAD": "ref: refs/heads/main\n"}),
        identities={"alice": {"username": "alice", "password": "wonderland"}},
        login={"json": {"url": "/login", "body": {"u": "{username}"}}},
    )

    assert run.outcome is Outcome.INCOMPLETE
    assert "alice could not log in" in run.reason
    assert found(run) == {".git/HEAD": ""}


def test_a_server_that_goes_away_is_not_asked_a_hundred_times(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer | None:
        return Answer(_PAGE) if asked.path in ("/", "/robots.txt", "/sitemap.xml") else None

    run, _ = probe(files, app)

    assert run.outcome is Outcome.INCOMPLETE
    assert f"{len(IN_ROOTS) - 3} well-known paths did not answer" in run.reason
    assert run.requests < 60


def test_a_target_that_is_not_there_is_incomplete(probe: Callable[..., Any]) -> None:
    run, _ = probe(files, None)

    assert run.outcome is Outcome.INCOMPLETE
