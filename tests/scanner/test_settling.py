"""A live finding is believed when its proof, run again by the engine, holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from loopback import Answer, App, Asked, serving
from scanning import live_check, run_of, scanned

from scanner.contract import Also, Check
from scanner.model import AtUrl, CheckRun, Finding, Note, Outcome, Severity
from scanner.proof import (
    BodyContains,
    BodyMatches,
    Forged,
    HeaderAbsent,
    Proof,
    Request,
    Status,
    Take,
    Word,
)

OK = Status((200,))
ALSO = (Also("worse", "Worse", Severity.CRITICAL, variant=True),)


def look(run: Callable[[Any], Any], **facts: Any) -> Check[Any]:
    return live_check("room/look", run, also=ALSO, crawled=False, **facts)


def seen_by(check: Check[Any], app: App, **settings: Any) -> tuple[CheckRun, list[Asked]]:
    with serving(app) as server:
        report = scanned([check], {"url": server.url, **settings})
    return run_of(report, "room/look"), server.asked[1:]  # the first asks whether it is there


def plain(asked: Asked) -> str:
    return f"you asked for {asked.target}"


def found(path: str, *expect: Any, **more: Any) -> Finding:
    where = AtUrl("app", "GET", f"http://127.0.0.1{path}", kind="html", **more)
    proof = Proof((Request("GET", path),), expect or (OK,))
    return Finding(CHECK.rule, f"bad: {path}", where, proof=proof)


CHECK = look(lambda site: None)


def yields(*findings: Finding) -> Check[Any]:
    async def run(site: Any) -> AsyncIterator[Finding]:
        for finding in findings:
            yield finding

    return look(run)


def test_a_proof_is_run_once_more_and_its_exchange_becomes_the_evidence() -> None:
    async def run(site: Any) -> AsyncIterator[Finding]:
        response = await site.get("/a?b=1", headers=[("X-One", "1")])
        yield CHECK.at(response, "no header", HeaderAbsent("x-none"))

    result, asked = seen_by(look(run), plain)

    assert [one.target for one in asked] == ["/a?b=1", "/a?b=1"]
    assert asked[1].headers["x-one"] == "1"
    (finding,) = result.findings
    assert (finding.confidence, result.outcome) == ("confirmed", Outcome.FAILED)
    assert "GET /a?b=1" in finding.evidence[0].request
    assert "you asked for /a?b=1" in finding.evidence[0].response
    assert finding.curl.startswith("curl ")
    assert finding.where.route == "/a"  # type: ignore[union-attr]


def test_holes_are_filled_afresh_each_time() -> None:
    proof = Proof(
        (Request("GET", "/echo?q={word}"),), (BodyContains("{word}"),), (Word("word", 8),)
    )
    finding = replace(found("/echo"), proof=proof)

    first, asked = seen_by(yields(finding), plain)
    second, again = seen_by(yields(finding), plain)

    assert first.outcome is second.outcome is Outcome.FAILED
    assert len(asked[0].query["q"]) == 8
    assert asked[0].query["q"] != again[0].query["q"]


def taking(pattern: str, *expect: Any) -> Finding:
    first = Request("GET", "/first", takes=(Take("value", "body", pattern),))
    return replace(found("/"), proof=Proof((first, Request("GET", "/second")), expect))


def test_a_value_that_an_answer_did_not_give_proves_nothing() -> None:
    result, _ = seen_by(yields(taking("absent(.*)", BodyContains("{value}"))), plain)

    assert result.findings == ()
    assert result.notes == ("1 suspicion did not hold when asked again",)


def test_a_value_taken_from_an_answer_stands_for_itself_in_a_pattern() -> None:
    app = {"/first": "token=a+(b", "/second": "again a+(b"}

    result, _ = seen_by(
        yields(taking("token=(.*)", BodyMatches("again {value}$"))),
        lambda asked: app.get(asked.path, "page"),
    )

    assert len(result.findings) == 1


def test_what_does_not_hold_again_is_dropped_and_counted() -> None:
    result, _ = seen_by(
        yields(found("/a", Status((500,))), found("/b"), found("/c", Status((9,)))), plain
    )

    assert [finding.message for finding in result.findings] == ["bad: /b"]
    assert result.notes == ("2 suspicions did not hold when asked again",)


def test_a_check_that_only_suspected_has_passed_and_says_so() -> None:
    result, _ = seen_by(yields(found("/a", Status((500,)))), plain)

    assert result.outcome is Outcome.PASSED
    assert result.notes == ("1 suspicion did not hold when asked again",)


def test_a_finding_without_a_proof_is_not_believed() -> None:
    result, _ = seen_by(yields(replace(found("/a"), proof=None), found("/b")), plain)

    assert [finding.message for finding in result.findings] == ["bad: /b"]
    assert result.outcome is Outcome.INCOMPLETE
    assert "came without a proof" in result.reason


def test_a_proof_that_cannot_be_asked_keeps_the_rest_and_makes_it_incomplete() -> None:
    def app(asked: Asked) -> str | None:
        return None if asked.path == "/dead" else "page"

    result, _ = seen_by(yields(found("/a"), found("/dead"), found("/b")), app)

    assert [finding.message for finding in result.findings] == ["bad: /a", "bad: /b"]
    assert result.outcome is Outcome.INCOMPLETE
    assert result.reason.startswith("1 suspicion could not be asked again, the first: GET http")


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        (Proof((Request("POST", "/"),), (OK,)), "POST needs an active check"),
        (Proof((Request("GET", "http://evil.example/"),), (OK,)), "out of scope"),
        (Proof((Request("GET", "/", identity="bob"),), (OK,)), "needs the identity bob"),
        (
            Proof((Request("GET", "/"),), (OK,), (Forged("t", "bob", "alg-none"),)),
            "bob",
        ),
    ],
)
def test_a_proof_that_may_not_be_asked_is_no_reason_to_skip(proof: Proof, reason: str) -> None:
    result, _ = seen_by(yields(replace(found("/"), proof=proof), found("/b")), plain)

    assert result.outcome is Outcome.INCOMPLETE
    assert reason in result.reason
    assert [finding.message for finding in result.findings] == ["bad: /b"]


def test_a_broken_proof_is_the_check_s_defect_and_keeps_what_came_before() -> None:
    broken = found("/b", BodyMatches("("))

    result, _ = seen_by(yields(found("/a"), broken, found("/c")), plain)

    assert result.reason.startswith("the check broke: error: missing )")
    assert [finding.message for finding in result.findings] == ["bad: /a"]


def test_when_the_target_is_gone_the_rest_is_not_waited_for() -> None:
    left = [3]

    def app(asked: Asked) -> str | None:
        left[0] -= 1
        return "page" if left[0] >= 0 else None

    result, asked = seen_by(yields(*(found(f"/{n}") for n in range(40))), app)

    assert len(result.findings) == 2
    assert "38 suspicions could not be asked again" in result.reason
    assert len(asked) <= 10  # each of three is retried once on a fresh connection


def test_equal_fingerprints_are_asked_once_and_list_every_place() -> None:
    def page(path: str) -> Finding:
        return replace(found(path), about="x-header")

    paths = [f"/shop/{name}" for name in "acbd"]
    result, asked = seen_by(yields(*map(page, [*paths, *paths])), plain)

    (finding,) = result.findings
    assert len(asked) == 1
    assert str(finding.where).endswith("/shop/a")
    assert [str(place)[-1] for place in finding.also] == ["b", "c", "d"]


def test_whichever_place_came_first_the_same_is_told_with_its_own_proof() -> None:
    def page(name: str) -> Finding:
        return replace(found(f"/shop/{name}"), about="x-header")

    told = [
        seen_by(yields(*map(page, names)), plain)[0].findings
        for names in ("abc", "cab", "bca", "cba")
    ]

    for (finding,) in told:
        assert finding.message == "bad: /shop/a"
        assert str(finding.where).endswith("/shop/a")
        assert [str(place)[-1] for place in finding.also] == ["b", "c"]
        assert "GET /shop/a" in finding.evidence[0].request
        assert "/shop/a" in finding.curl


def test_the_first_place_is_only_told_where_it_holds() -> None:
    def app(asked: Asked) -> Answer | None:
        return {"/x/a": Answer("", 404), "/x/b": None}.get(asked.path, Answer("page"))

    pages = [replace(found(f"/x/{name}"), about="h") for name in "cba"]
    (finding,) = seen_by(yields(*pages), app)[0].findings

    assert str(finding.where).endswith("/x/c")
    assert "GET /x/c" in finding.evidence[0].request
    assert len(finding.places) == 3


def test_pages_of_other_kinds_folders_and_headers_are_other_findings() -> None:
    findings = [
        replace(found("/shop/a"), about="x-header"),
        replace(found("/blog/a"), about="x-header"),
        replace(found("/shop/b"), about="x-other"),
        replace(found("/shop/c"), where=replace(found("/shop/c").where, kind="json")),
    ]

    result, _ = seen_by(yields(*findings), plain)

    assert len(result.findings) == 4


def test_another_place_is_asked_when_the_first_does_not_hold() -> None:
    def app(asked: Asked) -> Answer:
        return Answer("page", 200 if asked.path.endswith("good") else 404)

    pages = [replace(found(f"/x/{name}"), about="h") for name in ("bad", "worse", "good", "best")]
    result, asked = seen_by(yields(*pages), app)

    assert [one.path for one in asked][:3] == ["/x/bad", "/x/worse", "/x/good"]
    assert [str(p)[-4:] for p in result.findings[0].places] == ["good", "best"]
    assert result.notes == ()


def test_a_place_that_could_not_be_asked_does_not_matter_once_another_holds() -> None:
    def app(asked: Asked) -> str | None:
        return None if asked.path == "/x/b" else "page"

    pages = [replace(found(f"/x/{name}"), about="h") for name in "ba"]
    result, _ = seen_by(yields(*pages), app)

    assert (result.outcome, result.reason) == (Outcome.FAILED, "")


def test_after_three_places_that_do_not_hold_a_suspicion_is_given_up() -> None:
    pages = [replace(found(f"/x/{n}", Status((500,))), about="h") for n in range(30)]

    result, asked = seen_by(yields(*pages), plain)

    assert len(asked) == 3
    assert result.notes == ("1 suspicion did not hold when asked again",)


def test_the_worse_of_two_needs_its_own_proof() -> None:
    worse = CHECK.further[0]
    mild = found("/a")
    proven = replace(found("/a"), rule=worse, message="worse")
    unproven = replace(proven, proof=Proof((Request("GET", "/a"),), (Status((500,)),)))

    for one, other in ((mild, proven), (proven, mild)):
        (finding,) = seen_by(yields(one, other), plain)[0].findings
        assert (finding.rule, finding.message) == (worse, "worse")
    for one, other in ((mild, unproven), (unproven, mild)):
        result = seen_by(yields(one, other), plain)[0]
        assert [f.rule for f in result.findings] == [CHECK.rule]
        assert result.notes == ("1 suspicion did not hold when asked again",)


def test_what_cannot_be_shown_twice_is_taken_as_it_is() -> None:
    once = replace(found("/a"), proof=Proof((Request("GET", "/a"),), (OK,), once="it locks"))

    result, asked = seen_by(yields(once), plain)

    assert (len(result.findings), result.findings[0].confidence, asked) == (1, "", [])


def test_routes_are_templates_once_five_siblings_are_seen() -> None:
    def app(asked: Asked) -> str:
        if asked.path == "/":
            return "".join(f'<a href="/item/{n}">{n}</a>' for n in range(6))
        return "item" if asked.path.startswith("/item/") else "none"

    async def run(site: Any) -> AsyncIterator[Finding]:
        for number in range(6):
            yield CHECK.at(await site.get(f"/item/{number}"), "bad", OK)

    result, _ = seen_by(replace(look(run), crawled=True), app)

    (finding,) = result.findings
    assert finding.where.route == "/item/{}"  # type: ignore[union-attr]
    assert len(finding.places) == 6


def test_a_plain_generator_of_live_findings_is_proved_too() -> None:
    def run(site: Any) -> Any:
        yield found("/a")
        yield Note("looked")
        yield found("/b", Status((500,)))

    result, _ = seen_by(look(run), plain)

    assert [finding.message for finding in result.findings] == ["bad: /a"]
    assert result.notes == ("looked", "1 suspicion did not hold when asked again")
