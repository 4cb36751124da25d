"""`injection/sql` against small applications that really ask a database."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest
from injection_shop import Database, View, links, listing, site
from loopback import Answer, Asked, serving
from scanning import opened

from checks.injection.sql import sql
from scanner import Endpoint, Outcome, Parameter
from scanner.model import CheckRun
from scanner.site.spot import Spot

Probe = Callable[..., tuple[CheckRun, list[Asked]]]

STATEMENTS = {
    "equal": ("Lamp", "SELECT * FROM products WHERE name = '{v}'"),
    "equal-nothing": ("Sofa", "SELECT * FROM products WHERE name = '{v}'"),
    "equal-and-more": (
        "kitchen",
        "SELECT * FROM products WHERE kind = '{v}' AND price > 1 LIMIT 1",
    ),
    "number-as-text": ("2", "SELECT * FROM products WHERE id = '{v}'"),
    "double-quotes": ("Lamp", 'SELECT * FROM products WHERE name = "{v}"'),
    "like": ("am", "SELECT * FROM products WHERE name LIKE '%{v}%'"),
    "like-twice": (
        "am",
        "SELECT * FROM products WHERE (name LIKE '%{v}%' OR kind LIKE '%{v}%') AND price ORDER BY id",
    ),
    "function": ("lamp", "SELECT * FROM products WHERE lower(name) = lower('{v}')"),
    "in-text": ("Lamp", "SELECT * FROM products WHERE name IN ('{v}')"),
    "parentheses": ("Lamp", "SELECT * FROM products WHERE ((name = ('{v}')))"),
    "union": ("Lamp", "SELECT name FROM products WHERE name = '{v}' UNION SELECT 'and more'"),
    "number": ("2", "SELECT * FROM products WHERE id = {v}"),
    "number-nothing": ("99", "SELECT * FROM products WHERE id = {v}"),
    "in-numbers": ("2", "SELECT * FROM products WHERE id IN ({v})"),
    "in-list": ("2,3", "SELECT * FROM products WHERE id IN ({v})"),
    "number-in-function": ("2", "SELECT * FROM products WHERE (id = abs({v}))"),
    "between": ("2", "SELECT * FROM products WHERE price BETWEEN {v} AND 9"),
    "having": ("2", "SELECT kind, count(*) FROM products GROUP BY kind HAVING count(*) >= {v}"),
    "limit": ("2", "SELECT * FROM products LIMIT {v}"),
    "offset": ("1", "SELECT * FROM products LIMIT 2 OFFSET {v}"),
    "order": ("price", "SELECT * FROM products ORDER BY {v}"),
    "order-down": ("price", "SELECT * FROM products ORDER BY {v} DESC"),
    "order-and-direction": ("price+desc,name", "SELECT * FROM products ORDER BY {v}"),
    "direction": ("desc", "SELECT * FROM products ORDER BY price {v}"),
    "column": ("name", "SELECT {v} FROM products"),
    "count": ("Lamp", "SELECT count(*) FROM products WHERE name = '{v}'"),
}


@pytest.mark.parametrize("tolerates_errors", [True, False])
def test_a_value_is_found_wherever_it_stands_in_a_statement(
    probe: Probe, database: Database, tolerates_errors: bool
) -> None:
    fetch = database.tolerant if tolerates_errors else database.rows

    def view(statement: str) -> View:
        return lambda asked: listing(fetch(statement.replace("{v}", asked.query.get("v", ""))))

    views = {f"/{name}": view(statement) for name, (_, statement) in STATEMENTS.items()}
    start = links(*(f"/{name}?v={value}" for name, (value, _) in STATEMENTS.items()))
    run, _ = probe(sql, site(views, start))

    assert {finding.where.route for finding in run.findings} == set(views)
    assert {finding.rule.id for finding in run.findings} == {"injection/sql"}
    assert {finding.confidence for finding in run.findings} == {"confirmed"}
    assert run.notes[0] == f"{len(views)} parameters tried, 0 not tried"


def safe_views(database: Database) -> dict[str, tuple[str, View]]:
    """Applications that look as if, each with the value that its link has."""
    products, wheel = "SELECT * FROM products", itertools.count()

    def cast(value: str) -> int:
        return int(re.match(r"\d{0,9}", value)[0] or 0)  # type: ignore[index]

    def words(value: str) -> Answer:
        wanted = {word.lower() for word in re.findall(r"\w+", value)}
        found = (row for row in database.rows(products) if wanted & set(row[1].lower().split()))
        return listing(list(found))

    def filtered(value: str, pattern: str) -> Answer:
        if re.search(pattern, value, re.I):
            return Answer("<h1>Blocked</h1>", 403)
        return listing(database.rows(f"{products} WHERE name = ?", value))

    views: dict[str, tuple[str, Callable[[str], Answer | str]]] = {
        "parameter": ("Lamp", lambda v: listing(database.rows(f"{products} WHERE name = ?", v))),
        "like": ("am", lambda v: listing(database.rows(f"{products} WHERE name LIKE ?", f"%{v}%"))),
        "doubled-quotes": (
            "Lamp",
            lambda v: listing(
                database.rows(f"{products} WHERE name = '{v.replace(chr(39), 2 * chr(39))}'")
            ),
        ),
        "cast": ("2", lambda v: listing(database.rows(f"{products} WHERE id = {cast(v)}"))),
        "demands-number": (
            "2",
            lambda v: (
                listing(database.rows(f"{products} WHERE id = {v}"))
                if v.isdecimal()
                else Answer("A number, please.", 400)
            ),
        ),
        "pages": (
            "1",
            lambda v: listing(database.rows(f"{products} LIMIT 2 OFFSET ?", 2 * cast(v) - 2)),
        ),
        "known-columns": (
            "price",
            lambda v: listing(
                database.rows(f"{products} ORDER BY {v if v in ('name', 'price') else 'id'}")
            ),
        ),
        "search": ("Lamp", words),
        "echo": ("Lamp", lambda v: f"<p>You said {v}</p>"),
        "shouting-echo": (
            "Lamp",
            lambda v: f"<p>{len(v)}: {v.upper()[:19]}… {'-'.join(v.split())} {hash(v)}</p>",
        ),
        "talks-of-sql": (
            "Lamp",
            lambda v: (
                Answer(f"You have an error in your SQL syntax near {v}", 500)
                if "'" in v
                else f"<p>{v}</p>"
            ),
        ),
        "refuses-tautologies": ("Lamp", lambda v: filtered(v, r"(['\"]?)\b(\w+)\1\s*=\s*\1\2\b")),
        "refuses-tautologies-in-order": ("Lamp", lambda v: filtered(v, r"'(\w+)'='\1' or")),
        "refuses-quotes": ("Lamp", lambda v: filtered(v, r"['\"]|\bor\b|\bcase\b")),
        "clock": (
            "Lamp",
            lambda v: f"<p>{random.random()}</p><input name=csrf value={random.random()}>",
        ),
        "coin": ("Lamp", lambda v: f"<p>{random.choice(['heads', 'tails'])}</p>"),
        "wheel": ("Lamp", lambda v: f"<p>{('rock', 'paper', 'scissors')[next(wheel) % 3]}</p>"),
        "many-coins": (
            "Lamp",
            lambda v: "".join(f"<p>{random.choice('ab')}{n}</p>" for n in range(20)),
        ),
        "flaky": ("Lamp", lambda v: Answer("<p>Hm.</p>", random.choice([200, 500]))),
    }
    return {
        name: (value, lambda asked, view=view: view(asked.query.get("v", "")))  # type: ignore[misc]
        for name, (value, view) in views.items()
    }


def test_what_only_looks_like_it_is_left_alone(probe: Probe, database: Database) -> None:
    views = safe_views(database)

    start = links(*(f"/{name}?v={value}" for name, (value, _) in views.items()))
    run, _ = probe(sql, site({f"/{name}": view for name, (_, view) in views.items()}, start))

    assert [str(finding.where) for finding in run.findings] == []
    assert run.outcome is Outcome.PASSED
    assert run.notes[0] == f"{len(views)} parameters tried, 0 not tried"


@pytest.mark.parametrize("value", ["Lamp", "2", ""])
def test_a_parameter_without_a_flaw_costs_fewer_than_ten_requests(
    probe: Probe, database: Database, value: str
) -> None:
    def search(asked: Asked) -> Answer:
        return listing(database.rows("SELECT * FROM products WHERE name = ?", asked.query["v"]))

    run, asked = probe(sql, site({"/s": search}, links(f"/s?v={value}")))

    assert run.outcome is Outcome.PASSED
    crawled, *probes = (one for one in asked if one.path == "/s")
    assert crawled.query["v"] == value
    assert len(probes) < 10


def test_what_follows_the_condition_only_at_first_is_no_finding(probe: Probe) -> None:
    asked_for = itertools.count()

    def view(asked: Asked) -> str:
        pairs = re.findall(r"'(\w+)'='(\w+)'?", asked.query["v"])
        is_true = any(left == right for left, right in pairs) and "OR =" not in asked.query["v"]
        return "<p>Lamp</p>" if is_true and next(asked_for) < 2 else "<p>Nothing</p>"

    run, _ = probe(sql, site({"/s": view}, links("/s?v=Lamp")))

    assert run.outcome is Outcome.PASSED
    assert "1 suspicion did not hold when asked again" in run.notes


def test_a_page_that_changes_by_itself_does_not_hide_the_flaw(
    probe: Probe, database: Database
) -> None:
    def search(asked: Asked) -> Answer:
        found = database.tolerant(f"SELECT * FROM products WHERE name = '{asked.query['v']}'")
        token = f"<input type=hidden name=csrf value={random.random()}>"
        return Answer(f"<p>Asked {random.random()}</p>{token}{listing(found).body!r}")

    run, _ = probe(sql, site({"/s": search}, links("/s?v=Lamp")))

    assert [finding.where.parameter for finding in run.findings] == ["v"]


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (Answer("", 302, (("Location", "/here"),)), Answer("", 302, (("Location", "/gone"),))),
        (Answer("<p>It exists.</p>"), Answer("<p>It is missing.</p>")),
        (Answer("<p>It is there.</p>"), Answer("<p>It is there.</p>", 404)),
        (
            Answer('{"token": "%s"}', kind="application/json"),
            Answer('{"error": "%s"}', kind="application/json"),
        ),
    ],
    ids=["redirect", "words", "status", "names-in-json"],
)
def test_any_sign_that_follows_the_condition_is_enough(
    probe: Probe, database: Database, found: Answer, missing: Answer
) -> None:
    def view(asked: Asked) -> Answer:
        rows = database.tolerant(f"SELECT * FROM products WHERE id = {asked.query['v']}")
        answer = found if rows else missing
        body = str(answer.body).replace("%s", str(random.random()))
        return Answer(body, answer.status, answer.headers, answer.kind)

    run, _ = probe(sql, site({"/s": view}, links("/s?v=1")))

    assert [finding.where.parameter for finding in run.findings] == ["v"]


def users_api(database: Database, *, is_safe: bool) -> Callable[[Asked], Answer]:
    def app(asked: Asked) -> Answer:
        user = re.fullmatch(r"/users/v1/([^/]+)", asked.path)
        if not user:
            return Answer('{"detail": "no such path"}', 404, kind="application/json")
        try:
            found = (
                database.rows("SELECT name FROM people WHERE name = ?", user[1])
                if is_safe
                else database.rows(f"SELECT name FROM people WHERE name = '{user[1]}'")
            )
        except Exception:
            return Answer("<h1>Internal Server Error</h1>", 500)
        body = {"name": found[0][0]} if found else {"message": "User not found"}
        return Answer(json.dumps(body), 200 if found else 404, kind="application/json")

    return app


def test_a_word_of_the_path_is_tried_where_the_route_takes_any_word(
    probe: Probe, database: Database
) -> None:
    run, _ = probe(sql, users_api(database, is_safe=False), discover={"seeds": ["/users/v1/ann"]})

    (finding,) = run.findings
    assert (finding.where.parameter, finding.where.parameter_in) == ("segment 3", "path")
    assert finding.where.route == "/users/v1/ann"


def test_the_same_path_with_a_parameter_in_its_statement_is_safe(
    probe: Probe, database: Database
) -> None:
    run, _ = probe(sql, users_api(database, is_safe=True), discover={"seeds": ["/users/v1/ann"]})

    assert run.outcome is Outcome.PASSED
    assert run.notes[0] == "1 parameter tried, 0 not tried"


LOGIN = (
    '<form action="/login" method="post"><input name="user"><input name="pass" type="password">'
    '<input type="submit" name="go" value="Log in"></form>'
)


def login(find: Callable[[str, str], list[Any]]) -> View:
    def view(asked: Asked) -> Answer:
        if "go" not in asked.form:
            return Answer(LOGIN)
        known = find(asked.form["user"], asked.form["pass"])
        return Answer("", 302, (("Location", "/home" if known else "/login?failed=1"),))

    return view


def test_both_fields_of_a_login_are_found(probe: Probe, database: Database) -> None:
    def find(user: str, word: str) -> list[Any]:
        sql = f"SELECT * FROM people WHERE name = '{user}' AND password = md5('{word}')"
        return database.tolerant(sql)

    run, _ = probe(sql, site({"/login": login(find)}, links(form=LOGIN)))

    assert {finding.where.parameter for finding in run.findings} == {"user", "pass"}
    assert {finding.where.parameter_in for finding in run.findings} == {"form"}


def test_a_login_that_wants_exactly_one_row_is_found(probe: Probe, database: Database) -> None:
    def find(user: str, word: str) -> list[Any]:
        sql = f"SELECT * FROM people WHERE name = '{user}' AND password = '{word}'"
        rows = database.tolerant(sql)
        return rows if len(rows) == 1 else []

    run, _ = probe(sql, site({"/login": login(find)}, links(form=LOGIN)))

    assert {finding.where.parameter for finding in run.findings} == {"user", "pass"}


def test_a_login_that_compares_a_digest_in_parentheses_is_found(
    probe: Probe, database: Database
) -> None:
    def find(user: str, word: str) -> list[Any]:
        digest = sha256(word.encode()).hexdigest()
        return database.tolerant(
            f"SELECT * FROM people WHERE (name = '{user}') AND (password = '{digest}')"
        )

    run, _ = probe(sql, site({"/login": login(find)}, links(form=LOGIN)))

    assert {finding.where.parameter for finding in run.findings} == {"user"}


def test_a_login_with_parameters_is_safe(probe: Probe, database: Database) -> None:
    def find(user: str, word: str) -> list[Any]:
        return database.rows("SELECT * FROM people WHERE name = ? AND password = ?", user, word)

    run, _ = probe(sql, site({"/login": login(find)}, links(form=LOGIN)))

    assert run.outcome is Outcome.PASSED


def test_a_form_that_writes_is_tried_without_touching_what_is_not_its_own(
    probe: Probe, database: Database
) -> None:
    form = (
        '<form action="/city" method="post"><input type="hidden" name="id" value="1">'
        '<input name="city" value="Bonn"><input name="note" value="x"><button>Save</button></form>'
    )

    def save(asked: Asked) -> str:
        sent = asked.form
        database.rows(f"UPDATE people SET city = '{sent['city']}' WHERE id = '{sent['id']}'")
        return "<p>Saved.</p>"

    run, _ = probe(sql, site({"/city": save}, links(form=form)))

    assert {finding.where.parameter for finding in run.findings} == {"city", "id"}
    assert database.rows("SELECT city FROM people WHERE id = 2") == [("Bern",)]


@pytest.mark.parametrize("status", [400, 500])
def test_a_form_that_only_says_whether_it_went_well_is_enough(
    probe: Probe, database: Database, status: int
) -> None:
    form = '<form action="/add" method="post"><input name="name"><input name="city"></form>'

    def add(asked: Asked) -> Answer:
        try:
            database.rows(f"INSERT INTO people (name, city) VALUES ('ann', '{asked.form['city']}')")
        except Exception:
            return Answer("<p>That did not work.</p>", status)
        return Answer("<p>Thank you.</p>")

    run, _ = probe(sql, site({"/add": add}, links(form=form)))

    assert [finding.where.parameter for finding in run.findings] == ["city"]


def test_a_form_that_adds_and_shows_all_is_no_flaw(probe: Probe, database: Database) -> None:
    form = '<form action="/add" method="post"><input name="name"><input name="city"></form>'

    def add(asked: Asked) -> Answer:
        sent = asked.form
        database.rows("INSERT INTO people (name, city) VALUES (?, ?)", sent["name"], sent["city"])
        return listing(database.rows("SELECT * FROM people"))

    run, _ = probe(sql, site({"/add": add}, links(form=form)))

    assert run.outcome is Outcome.PASSED


@pytest.mark.parametrize("is_safe", [False, True])
async def test_a_leaf_of_json_is_tried(database: Database, is_safe: bool) -> None:
    def search(asked: Asked) -> Answer:
        name = json.loads(asked.body)["filter"]["name"]
        found = (
            database.rows("SELECT * FROM products WHERE name = ?", name)
            if is_safe
            else database.tolerant(f"SELECT * FROM products WHERE name = '{name}'")
        )
        return Answer(json.dumps({"found": found}), kind="application/json")

    leaf = Parameter("filter.name", "json", "Lamp")
    endpoint = Endpoint("POST", "/search", (leaf, Parameter("size", "json", "10")))
    app = site({"/search": search}, links("/"))
    with serving(app) as server:
        async with opened(server.url) as here:
            finding = await sql_of(here, Spot(endpoint, leaf))

    assert (finding is None) is is_safe
    if finding:
        assert (finding.where.parameter, finding.where.parameter_in) == ("filter.name", "json")


async def sql_of(here: Any, spot: Spot) -> Any:
    from checks.injection.sql import _probe

    return await _probe(here, spot)


def test_a_finding_carries_a_curl_line_and_what_was_asked(probe: Probe, database: Database) -> None:
    def view(asked: Asked) -> Answer:
        return listing(database.tolerant(f"SELECT * FROM products WHERE id = {asked.query['v']}"))

    run, _ = probe(sql, site({"/s": view}, links("/s?v=2")))

    (finding,) = run.findings
    assert finding.message == "The database reads v as SQL: it stands in a statement as a number."
    assert str(finding.where).endswith("/s?v=2 [v in query]")
    assert quote(" OR ") in finding.curl
    (expected,) = finding.proof.expect
    assert (len(expected.these), len(expected.those)) == (6, 10)
    assert len(finding.evidence) == 16
    assert sum("OR%20%3D" in step.target for step in finding.proof.steps) == 4


def test_an_application_without_parameters_has_nothing_to_look_at(probe: Probe) -> None:
    run, _ = probe(sql, lambda asked: "<p>Hello</p>" if asked.path == "/" else Answer("", 404))

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_an_application_that_hangs_up_on_quotes_is_incomplete(probe: Probe) -> None:
    def view(asked: Asked) -> Answer | str | None:
        if asked.path != "/":
            return None if "'" in asked.query.get("v", "") else "<p>Hello</p>"
        return links("/s?v=Lamp")

    run, _ = probe(sql, view)

    assert run.outcome is Outcome.INCOMPLETE
    assert run.reason.startswith("1 parameter could not be tried, the first: v (query) of /s")


def test_an_application_that_keeps_asking_for_patience_is_incomplete(probe: Probe) -> None:
    def view(asked: Asked) -> Answer:
        return Answer(
            "<p>Slowly!</p>", 429 if "'" in asked.query["v"] else 200, (("Retry-After", "0"),)
        )

    run, _ = probe(sql, site({"/s": view}, links("/s?v=Lamp")))

    assert run.outcome is Outcome.INCOMPLETE
    assert "429" in run.reason
