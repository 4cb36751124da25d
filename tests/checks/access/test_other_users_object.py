from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from loopback import Answer, Asked

from checks.access.other_users_object import other_users_object
from scanner import Outcome, Severity

ORDERS = {
    "5001": {"id": 5001, "owner": "alice", "item": "Blue teapot", "street": "12 Alder Lane"},
    "5002": {"id": 5002, "owner": "alice", "item": "Oak stool", "street": "12 Alder Lane"},
    "5021": {"id": 5021, "owner": "bob", "item": "Reading lamp", "street": "7 Birch Road"},
}
PRIVATE = ("Blue teapot", "Oak stool", "12 Alder Lane", "Reading lamp", "7 Birch Road")
NOT_HERS = Answer('{"error": "no such order"}', 404, kind="application/json")


def as_json(value: object, status: int = 200) -> Answer:
    return Answer(json.dumps(value), status, kind="application/json")


def who(asked: Asked) -> str:
    return asked.headers.get("authorization", "").removeprefix("Bearer token-of-")


@dataclass
class Shop:
    """Orders at /orders/{id}. `answer` says what somebody gets for an order that is there."""

    answer: Callable[[str, dict[str, Any]], Answer | str] = lambda me, order: as_json(order)
    pages: dict[str, Callable[[str], Answer | str]] = field(default_factory=dict)
    open: bool = False

    def __call__(self, asked: Asked) -> Answer | str:
        if (asked.method, asked.path) == ("POST", "/login"):
            given = json.loads(asked.body)
            if given["pass"] != f"pw-of-{given['user']}":
                return as_json({}, 401)
            return as_json({"token": f"token-of-{given['user']}"})
        if asked.target in self.pages:
            return self.pages[asked.target](who(asked))
        if asked.path == "/":
            return "<a href=/login>log in</a>"
        if not (who(asked) or self.open):
            return as_json({"error": "log in"}, 401)
        folder, _, id = asked.path.rpartition("/")
        id = asked.query.get("id", id)
        if folder != "/orders" and asked.path != "/order":
            return Answer("no such page", 404)
        return self.answer(who(asked), ORDERS[id]) if id in ORDERS else NOT_HERS


def careful(me: str, order: dict[str, Any]) -> Answer:
    return as_json(order) if order["owner"] == me else NOT_HERS


def person(name: str, *orders: int, path: str = "/orders/{id}", **more: Any) -> dict[str, Any]:
    owns = {"owns": {path: list(orders)}} if orders else {}
    return {"username": name, "password": f"pw-of-{name}", **owns, **more}


LOGIN = {
    "json": {
        "url": "/login",
        "body": {"user": "{username}", "pass": "{password}"},
        "token": "$.token",
    }
}
BOTH = {"alice": person("alice", 5001, 5002), "bob": person("bob", 5021)}
OWNS_NOTHING = {"alice": person("alice"), "bob": person("bob")}


@pytest.fixture
def scan(probe):
    def run(app: Callable[[Asked], Any], identities: dict[str, Any], **settings: Any):
        return probe(other_users_object, app, identities=identities, login=LOGIN, **settings)

    return run


def found(run) -> list[tuple[str, tuple[str, ...]]]:
    return [(f.where.url.partition("/orders")[2], f.where.identities) for f in run.findings]


def test_a_declared_object_that_another_user_reads_is_found(scan) -> None:
    run, asked = scan(Shop(), BOTH)

    (finding,) = run.findings
    assert finding.message == "bob reads what belongs to alice."
    assert (finding.where.route, sorted(finding.where.identities)) == (
        "/orders/{}",
        ["alice", "bob"],
    )
    assert finding.confidence == "confirmed"
    assert {place.url.rpartition("/")[2] for place in finding.places} == {"5001", "5002", "5021"}
    assert {one.method for one in asked if one.path != "/login"} == {"GET"}


def test_nobody_elses_values_are_shown(scan) -> None:
    run, _ = scan(Shop(), BOTH)

    assert "fields: " in run.findings[0].evidence[-1].response
    assert not [value for value in PRIVATE if value in repr(run)]


@pytest.mark.parametrize(
    "refusal",
    [
        NOT_HERS,
        as_json({"error": "not yours"}, 403),
        as_json({"error": "not yours", "id": 5001}),
        as_json({"id": 5001, "item": None, "street": None}),
        Answer("", 302, [("Location", "/")]),
    ],
    ids=["404", "403", "polite", "masked", "redirect"],
)
def test_an_application_that_asks_whose_it_is_is_left_alone(scan, refusal: Answer) -> None:
    def answer(me: str, order: dict[str, Any]) -> Answer:
        return as_json(order) if order["owner"] == me else refusal

    run, _ = scan(Shop(answer), BOTH)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    assert run.notes == ("3 objects of others tried",)


def page(me: str, inner: str) -> str:
    cart = {"alice": "<b>3 things in your cart</b>", "bob": "<b>Your cart is empty</b>"}.get(me, "")
    head = f"<nav><a href=/>Start</a><a href=/orders>Orders</a>Hello {me}{cart}</nav>"
    return f"{head}<main>{inner}</main><footer>{next(clock)}</footer>"


clock = count()


def order_page(me: str, order: dict[str, Any]) -> str:
    return page(me, f"<h1>Order</h1><dl><dt>Item<dd>{order['item']}<dd>{order['street']}</dl>")


def polite_page(me: str, order: dict[str, Any]) -> str:
    refusal = page(me, "<h1>Order</h1><p>This order is not yours.</p>")
    return order_page(me, order) if order["owner"] == me else refusal


START = {"/": lambda me: page(me, "<h1>Welcome</h1>")}


@pytest.mark.parametrize("identities", [BOTH, {**BOTH, "bob": person("bob")}], ids=["own", "none"])
def test_pages_with_another_frame_for_everybody_are_compared_by_their_core(
    scan, identities: dict[str, Any]
) -> None:
    run, _ = scan(Shop(order_page, START), identities)

    assert len(run.findings) == 1
    assert run.outcome is Outcome.FAILED


@pytest.mark.parametrize("identities", [BOTH, {**BOTH, "bob": person("bob")}], ids=["own", "none"])
def test_a_polite_page_in_the_same_frame_is_left_alone(scan, identities: dict[str, Any]) -> None:
    run, _ = scan(Shop(polite_page, START), identities)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_an_own_object_tells_the_form_from_what_is_in_it(scan) -> None:
    labels = "".join(f"<dt>Label {n}" for n in range(20))

    def form(me: str, order: dict[str, Any]) -> str:
        mine = order["owner"] == me
        return f"<dl>{labels}<dd>{order['item'] if mine else 'not yours'}</dl>"

    run, _ = scan(Shop(form), BOTH)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_an_id_in_the_query_is_the_parameter(scan) -> None:
    path = "/order?id={id}"
    people = {"alice": person("alice", 5001, path=path), "bob": person("bob", 5021, path=path)}

    run, _ = scan(Shop(), people)

    (finding,) = run.findings
    assert (finding.where.parameter, finding.where.parameter_in) == ("id", "query")


def test_what_anybody_reads_without_a_login_is_a_finding_of_its_own(scan) -> None:
    run, _ = scan(Shop(open=True), {"alice": person("alice", 5001), "bob": person("bob")})

    (finding,) = run.findings
    assert finding.rule.id == "access/other-users-object/without-login"
    assert finding.where.identities == ("alice",)
    assert finding.message == "Anybody reads what belongs to alice."


def test_what_both_own_is_left_alone(scan) -> None:
    run, _ = scan(Shop(), {"alice": person("alice", 5001), "bob": person("bob", 5001)})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


@pytest.mark.parametrize(
    ("role", "other"), [("user", "admin"), ("user", "service"), ("admin", "support")]
)
def test_another_role_may_read_what_users_own(scan, role: str, other: str) -> None:
    people = {"alice": person("alice", 5001, role=role), "root": person("root", role=other)}

    run, asked = scan(Shop(), people)

    assert run.findings == ()
    assert not [one for one in asked if one.path.startswith("/orders/") and who(one) == "root"]


def test_a_user_may_not_read_what_an_administrator_owns(scan) -> None:
    people = {"alice": person("alice", 5001, role="admin"), "bob": person("bob", role="user")}

    run, _ = scan(Shop(), people)

    assert [f.message for f in run.findings] == ["bob reads what belongs to alice."]


def test_a_neighbour_and_another_tenant_are_both_asked(scan) -> None:
    people = {
        "alice": person("alice", 5001, tenant="acme"),
        "bob": person("bob", tenant="acme"),
        "carol": person("carol", tenant="other"),
        "dan": person("dan", tenant="other"),
    }

    run, _ = scan(Shop(), people)

    assert [f.message for f in run.findings] == [
        "bob reads what belongs to alice.",
        "carol reads what belongs to alice.",
    ]


def test_an_object_that_its_owner_does_not_get_makes_it_incomplete(scan) -> None:
    run, _ = scan(Shop(), {"alice": person("alice", 4711, 5001), "bob": person("bob")})

    assert (run.outcome, len(run.findings)) == (Outcome.INCOMPLETE, 1)
    assert "alice owns /orders/4711 and gets 404" in run.reason
    assert run.notes == ("1 object of others tried",)


@pytest.mark.parametrize("path", ["/orders", "/{shop}/orders/{id}", "/orders/*/{id}"])
def test_owns_without_the_place_of_the_id_makes_it_incomplete(scan, path: str) -> None:
    run, _ = scan(Shop(), {"alice": person("alice", 5001, path=path), "bob": person("bob")})

    assert run.outcome is Outcome.INCOMPLETE
    assert path in run.reason


def test_a_login_that_fails_makes_it_incomplete(scan) -> None:
    people = {"alice": person("alice", 5001), "bob": {"username": "bob", "password": "wrong"}}

    run, _ = scan(Shop(careful), people)

    assert run.outcome is Outcome.INCOMPLETE
    assert "bob could not log in" in run.reason


def test_a_failed_login_of_one_leaves_what_the_others_show(scan) -> None:
    people = {
        "alice": person("alice", 5001),
        "bob": person("bob", 5021),
        "carol": {"username": "carol", "password": "wrong", "tenant": "other"},
    }

    run, _ = scan(Shop(), people)

    assert (run.outcome, len(run.findings)) == (Outcome.INCOMPLETE, 1)
    assert "carol could not log in" in run.reason


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failure_to_answer_the_other_user_is_no_refusal(scan, status: int) -> None:
    def answer(me: str, order: dict[str, Any]) -> Answer:
        failure = Answer("oops", status, [("Retry-After", "0")])
        return as_json(order) if order["owner"] == me else failure

    run, _ = scan(Shop(answer), {"alice": person("alice", 5001), "bob": person("bob")})

    assert run.outcome is Outcome.INCOMPLETE
    assert f"/orders/5001 answered {status} to " in run.reason


def linked(*paths: str) -> Callable[[str], str]:
    """A page that leads everybody to `paths`."""
    return lambda me: "".join(f"<a href={path}>{path}</a>" for path in paths)


def own_links(**paths: list[str]) -> Callable[[str], str]:
    return lambda me: linked(*paths.get(me, []))(me)


LINKS = {"/": own_links(alice=["/orders/5001", "/orders/5002"], bob=["/orders/5021"])}


def test_what_only_one_users_pages_lead_to_is_tried_as_the_other(scan) -> None:
    run, _ = scan(Shop(pages=LINKS), OWNS_NOTHING)

    assert found(run) == [("/5001", ("alice", "bob")), ("/5002", ("alice", "bob"))]
    assert run.findings[0].rule.severity is Severity.HIGH
    assert not [value for value in PRIVATE if value in repr(run)]


def test_a_login_page_in_place_of_the_object_is_a_refusal(scan) -> None:
    shop = Shop(pages=LINKS)

    def app(asked: Asked) -> Answer | str:
        answer = shop(asked)
        if isinstance(answer, Answer) and answer.status == 401 and asked.path != "/login":
            return "<form method=post><input name=user><input type=password name=pass></form>"
        return answer

    run, _ = scan(app, OWNS_NOTHING)

    assert len(run.findings) == 2


def test_a_redirect_to_the_login_is_a_refusal(scan) -> None:
    shop = Shop(pages=LINKS)

    def app(asked: Asked) -> Answer | str:
        nobody = asked.path.startswith("/orders") and not who(asked)
        return Answer("", 302, [("Location", "/account/login")]) if nobody else shop(asked)

    run, _ = scan(app, OWNS_NOTHING)

    assert len(run.findings) == 2


def test_links_to_what_is_well_kept_are_left_alone(scan) -> None:
    run, _ = scan(Shop(careful, LINKS), OWNS_NOTHING)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    assert run.notes == ("2 objects of others tried",)


def notice(me: str) -> Answer:
    said = {"id": 7, "text": "We are closed on the first of May."}
    return as_json(said) if me else as_json({}, 401)


@pytest.mark.parametrize(
    "pages",
    [
        {
            "/": own_links(alice=["/notices/7", "/notices/8"], bob=["/notices/7"]),
            "/notices/7": notice,
        },
        {"/": own_links(alice=["/notices/7"]), "/notices/7": notice},
        {
            "/": own_links(alice=["/orders/5001"], bob=["/orders/5021"]),
            "/orders/5001": lambda me: as_json({"plan": "the same for all"}),
        },
        {
            "/": own_links(alice=["/members/alice"], bob=["/members/bob"]),
            "/members/alice": lambda me: as_json({"n": "Alice"}) if me else as_json({}, 401),
            "/members/bob": lambda me: as_json({"n": "Bob"}) if me else as_json({}, 401),
        },
        {
            "/": linked("/me", "/orders"),
            "/me": lambda me: as_json({"name": me}) if me else as_json({}, 401),
            "/orders": lambda me: as_json([me, "orders"]) if me else as_json({}, 401),
        },
    ],
    ids=["notice for both", "notice of one", "public", "profiles by name", "own pages"],
)
def test_what_is_meant_for_all_is_left_alone(scan, pages: dict[str, Any]) -> None:
    run, _ = scan(Shop(careful, pages), OWNS_NOTHING)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_what_the_crawls_know_to_be_public_is_not_asked_for_again(scan) -> None:
    pages = {
        "/": lambda me: linked("/shelves/1")(me) if me != "bob" else "",
        "/shelves/1": lambda me: as_json({"books": 3}),
    }

    _, asked = scan(Shop(pages=pages), OWNS_NOTHING)

    assert sorted(who(one) for one in asked if one.path == "/shelves/1") == ["", "alice"]


def test_a_profile_is_known_by_the_name_that_its_owner_logs_in_with(scan) -> None:
    pages = {
        "/": own_links(alice=["/members/alice"], bob=["/members/bob"]),
        "/members/alice": lambda me: as_json({"n": "Alice"}) if me else as_json({}, 401),
        "/members/bob": lambda me: as_json({"n": "Bob"}) if me else as_json({}, 401),
    }

    run, _ = scan(Shop(pages=pages), {"first": person("alice"), "second": person("bob")})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_a_page_that_does_not_mind_its_id_is_left_alone(scan) -> None:
    def app(asked: Asked) -> Answer | str:
        if asked.path.startswith("/news/"):
            return (
                as_json({"news": f"for members, {len(asked.path)}"})
                if who(asked)
                else as_json({}, 401)
            )
        return Shop(pages={"/": own_links(alice=["/news/10"], bob=["/news/2000"])})(asked)

    run, _ = scan(app, OWNS_NOTHING)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_the_same_page_under_two_ids_is_left_alone(scan) -> None:
    pages = {
        "/": own_links(alice=["/rooms/10"], bob=["/rooms/20"]),
        "/rooms/10": lambda me: as_json({"room": "for all"}) if me else as_json({}, 401),
        "/rooms/20": lambda me: as_json({"room": "for all"}) if me else as_json({}, 401),
    }

    run, _ = scan(Shop(pages=pages), OWNS_NOTHING)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_without_an_object_of_the_readers_own_nothing_is_claimed(scan) -> None:
    run, _ = scan(Shop(pages={"/": own_links(alice=["/orders/5001"])}), OWNS_NOTHING)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    assert run.notes == ("1 object of others tried, 1 could not be judged",)


def test_a_budget_that_ends_leaves_objects_and_says_so(scan) -> None:
    pages = {"/": own_links(alice=[f"/orders/{n}" for n in range(5001, 5040)])}
    pages |= {
        f"/orders/{n}": lambda me: as_json({}, 200 if me == "alice" else 404)
        for n in range(5003, 5040)
    }

    run, _ = scan(Shop(pages=pages), OWNS_NOTHING, limits={"max_requests": 120})

    assert run.outcome is Outcome.INCOMPLETE
    assert "budget of 120" in run.reason


@pytest.mark.parametrize("identities", [{}, {"alice": person("alice", 5001)}])
def test_without_two_of_one_role_there_is_nothing_to_compare(scan, identities) -> None:
    run, _ = scan(Shop(), identities)

    assert run.outcome is Outcome.NOT_APPLICABLE
    assert "two identities" in run.reason


def test_a_target_that_is_not_there_is_incomplete(scan) -> None:
    run, _ = scan(None, BOTH)

    assert run.outcome is Outcome.INCOMPLETE
