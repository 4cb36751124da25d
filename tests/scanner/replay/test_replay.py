"""A finding of a report, tried again against real applications on loopback."""

from __future__ import annotations

import asyncio
import datetime
import json

import pytest
from certificates import Authority, context
from hypothesis import given, settings
from hypothesis import strategies as some
from loopback import Answer, serving

from checks.headers.nosniff import nosniff
from checks.tls.versions import versions
from scanner.contract import discover
from scanner.masking import MASK
from scanner.model import Probes
from scanner.proof import (
    BodyContains,
    Forged,
    Proof,
    Request,
    Status,
    Word,
)
from scanner.replay import BadReport, Replayed, replay
from scanner.replay.soundness import needed, unsound

CHECKS = discover("checks").checks
REFLECTED = Proof(
    (Request("GET", "/search?q=<i>{word}</i>"),), (BodyContains("<i>{word}</i>"),), (Word("word"),)
)


class Shop:
    """An application with one flaw that can be mended, or that is out of order."""

    def __init__(self) -> None:
        self.mended = False
        self.out_of_order = False

    def __call__(self, asked):
        if self.out_of_order:
            return Answer("later", 503)
        if asked.path == "/login":
            right = json.loads(asked.body)["password"] == "secret-of-alice"
            return Answer(json.dumps({"access_token": "token-of-alice"}), 200 if right else 401)
        if asked.path == "/mine":
            mine = asked.headers.get("authorization") == "Bearer token-of-alice"
            return Answer("hers" if mine and not self.mended else "", 200 if mine else 401)
        headers = [("X-Content-Type-Options", "nosniff")] if self.mended else []
        query = asked.query.get("q", "")
        return Answer(f"<h1>{'' if self.mended else query}</h1>", headers=headers)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def server(shop):
    with serving(shop) as running:
        yield running


def again(report, fingerprint, **more) -> Replayed:
    return asyncio.run(replay(report, fingerprint, **{"checks": CHECKS, **more}))


@pytest.mark.parametrize("format", ["json", "sarif"])
@pytest.mark.parametrize("found", [nosniff, REFLECTED])
def test_it_holds_until_it_is_mended(shop, server, reported, format, found):
    report, fingerprint = reported(found, server.url, format=format)

    there = again(report, fingerprint)
    shop.mended = True
    gone = again(report, fingerprint)

    assert (there.outcome, there.exit_code) == ("holds", 1)
    assert str(there).startswith(f"It still holds: {there.rule} at {server.url}\n")
    assert there.curl.startswith("curl ")
    assert there.evidence[0].status == 200
    assert (gone.outcome, gone.exit_code) == ("gone", 0)
    assert "did not hold" in str(gone)


def test_each_time_with_fresh_values(server, reported):
    report, fingerprint = reported(REFLECTED, server.url)
    server.asked.clear()

    again(report, fingerprint)
    again(report, fingerprint)

    assert len({asked.target for asked in server.asked}) == len(server.asked) == 2


def test_an_application_that_is_down_says_nothing(shop, reported):
    with serving(shop) as server:
        report, fingerprint = reported(REFLECTED, server.url)

    down = again(report, fingerprint)

    assert (down.outcome, down.exit_code) == ("untried", 3)
    assert "refused" in str(down)


def test_an_application_that_is_out_of_order_says_nothing(shop, server, reported):
    report, fingerprint = reported(REFLECTED, server.url)
    shop.out_of_order = True

    busy = again(report, fingerprint)

    assert busy.outcome == "untried"
    assert "answered 503" in busy.reason


def test_a_short_beginning_of_the_fingerprint_will_do(server, reported):
    report, fingerprint = reported(REFLECTED, server.url)

    assert again(report, fingerprint[:8]).outcome == "holds"
    with pytest.raises(BadReport, match="at least 8"):
        again(report, fingerprint[:7])
    with pytest.raises(BadReport, match="no finding"):
        again(report, "0" * 32)


def test_a_beginning_that_several_findings_have_is_refused(server, reported):
    def twice(data):
        (finding,) = data["findings"]
        data["findings"].append({**finding, "fingerprint": finding["fingerprint"][:12] + "x"})

    report, fingerprint = reported(REFLECTED, server.url, edit=twice)

    assert again(report, fingerprint).outcome == "holds"
    with pytest.raises(BadReport, match="2 fingerprints"):
        again(report, fingerprint[:12])


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "shop.example"])
def test_a_report_that_names_another_host_sends_nothing(server, reported, host):
    def elsewhere(data):
        data["findings"][0]["where"]["url"] = f"http://{host}:{server.port}/"

    report, fingerprint = reported(REFLECTED, server.url, edit=elsewhere)
    server.asked.clear()

    refused = again(report, fingerprint)

    assert refused.exit_code == 3
    assert f"the report names http://{host}" in str(refused)
    assert "--config" in str(refused)
    assert server.asked == []


def test_a_proof_that_leads_elsewhere_half_way_sends_nothing(server, reported):
    with serving(lambda _: "secret") as other:

        def on_the_way(data):
            steps = data["findings"][0]["proof"]["steps"]
            steps.append({**steps[0], "target": f"{other.url}/"})

        report, fingerprint = reported(REFLECTED, server.url, edit=on_the_way)
        server.asked.clear()
        refused = again(report, fingerprint)

    assert refused.outcome == "untried"
    assert f"{other.url} is out of scope" in refused.reason
    assert server.asked == other.asked == []


def test_an_address_on_the_command_line_is_no_way_round_the_targets_file(server, reported):
    report, fingerprint = reported(REFLECTED, server.url)

    refused = again(report, fingerprint, target="http://shop.example")

    assert refused.outcome == "untried"
    assert "--target names http://shop.example" in refused.reason


def test_another_address_can_be_named(shop, reported):
    with serving(shop) as server:
        report, fingerprint = reported(REFLECTED, server.url)
    shop.mended = True

    with serving(Shop()) as here, serving(shop) as there:
        assert again(report, fingerprint, target=here.url).outcome == "holds"
        assert again(report, fingerprint, target=there.url).outcome == "gone"


def test_targets_are_named_as_a_scan_names_them(server, reported, targets):
    report, fingerprint = reported(REFLECTED, server.url)
    file, same = targets(server.url, name="staging"), targets(server.url)

    assert again(report, fingerprint, file=same).outcome == "holds"
    assert again(report, fingerprint, file=file, target="staging").outcome == "holds"
    assert again(report, fingerprint, file=file, target=server.url).outcome == "holds"
    moved = again(report, fingerprint, file=file, target="staging=http://127.0.0.1:1")
    assert moved.url == "http://127.0.0.1:1"
    with pytest.raises(BadReport, match=r"has no target 'app' \(known: staging\)"):
        again(report, fingerprint, file=file)
    with pytest.raises(BadReport, match="--config"):
        again(report, fingerprint, target="staging")


PEOPLE = {
    "identities": {"alice": {"username": "alice", "password": "secret-of-alice"}},
    "login": {
        "json": {
            "url": "/login",
            "body": {"username": "{username}", "password": "{password}"},
            "token": "$.access_token",
        }
    },
}
HERS = Proof((Request("GET", "/mine", identity="alice"),), (BodyContains("hers"),))


def test_credentials_come_from_the_targets_file(shop, server, reported, targets):
    report, fingerprint = reported(HERS, server.url, **PEOPLE)
    file = targets(server.url, **PEOPLE)

    there = again(report, fingerprint, file=file)
    shop.mended = True
    gone = again(report, fingerprint, file=file)
    stranger = again(report, fingerprint)

    assert (there.outcome, gone.outcome) == ("holds", "gone")
    assert "$WALLWALK_ALICE_TOKEN" in there.curl
    assert "token-of-alice" not in repr(there)
    assert stranger.outcome == "untried"
    assert "alice" in stranger.reason


def test_a_login_that_fails_says_nothing_of_the_flaw(server, reported, targets):
    report, fingerprint = reported(HERS, server.url, **PEOPLE)
    wrong = {**PEOPLE, "identities": {"alice": {"username": "alice", "password": "forgotten"}}}

    failed = again(report, fingerprint, file=targets(server.url, **wrong))

    assert failed.outcome == "untried"
    assert "alice could not log in" in failed.reason


def test_what_is_active_needs_what_a_scan_needs(server, reported, targets):
    report, fingerprint = reported(REFLECTED, server.url)
    server.asked.clear()

    refused = again(report, fingerprint, file=targets(server.url, profile="pr"))

    assert refused.outcome == "untried"
    assert refused.reason == (
        "it sends active probes, and only passive ones may be sent (profile pr)"
    )
    assert server.asked == []


def test_passive_findings_are_tried_where_nothing_else_may_be(server, reported, targets):
    report, fingerprint = reported(nosniff, server.url)

    assert again(report, fingerprint, file=targets(server.url, profile="pr")).outcome == "holds"


def test_a_report_that_calls_an_attack_passive_is_not_believed(server, reported, targets):
    def as_a_header(data):
        data["findings"][0]["rule"] = "headers/nosniff"

    report, fingerprint = reported(REFLECTED, server.url, edit=as_a_header)
    server.asked.clear()

    assert again(report, fingerprint, file=targets(server.url, profile="pr")).outcome == "untried"
    assert server.asked == []


@pytest.mark.parametrize(
    ("step", "level"),
    [
        (Request("GET", "/a?b=c&d=%20"), "passive"),
        (Request("OPTIONS", "/", (("Origin", "https://evil.example"),)), "passive"),
        (Request("GET", "/{word}"), "passive"),
        (Request("POST", "/"), "active"),
        (Request("GET", "/", body="x"), "active"),
        (Request("GET", "/", (("Host", "evil.example"),)), "active"),
        (Request("GET", "/?a=%27 or 1"), "active"),
        (Request("GET", "/..%2f..%2fetc"), "active"),
    ],
)
def test_how_much_a_proof_sends_is_seen_in_it(step, level):
    proof = Proof((step,), (Status((200,)),))
    levels: list[Probes | None] = [None, "passive", "active", "deep"]

    assert [needed(proof, one) for one in levels] == ["active", level, "active", "deep"]


def test_a_tls_finding_is_tried_again(reported, tmp_path, targets):
    certificate = Authority(tmp_path).issue()
    with serving(Shop(), tls=context(certificate, "TLSv1_1")) as old:
        report, fingerprint = reported(versions, old.url, verify=False)
        there = again(report, fingerprint)
    with serving(Shop(), tls=context(certificate)) as today:
        gone = again(report, fingerprint, target=today.url)

    assert (there.outcome, gone.outcome) == ("holds", "gone")


def test_a_server_that_learned_newer_versions_is_mended(reported, tmp_path):
    certificate = Authority(tmp_path).issue()

    with serving(Shop(), tls=context(certificate, "TLSv1_1", "TLSv1_1")) as old:
        report, _ = reported(versions, old.url, verify=False)
        rules = {f["rule"]: f["fingerprint"] for f in json.loads(report.read_text())["findings"]}
        fingerprint = rules["tls/versions/nothing-newer"]
        there = again(report, fingerprint)
    with serving(Shop(), tls=context(certificate, "TLSv1_1")) as newer:
        gone = again(report, fingerprint, target=newer.url)

    assert (there.outcome, gone.outcome) == ("holds", "gone")


def test_what_cannot_be_tried_again_says_why(server, reported):
    once = Proof(REFLECTED.steps, REFLECTED.expect, REFLECTED.holes, once="it could lock alice")

    def change(**values):
        return lambda data: data["findings"][0].update(values)

    for proof, edit, reason in [
        (once, lambda data: None, "runs only once: it could lock alice"),
        (REFLECTED, change(proof=None), "has no proof"),
        (REFLECTED, change(where={"kind": "file", "path": "a.py"}), "found in a file"),
        (
            REFLECTED,
            change(proof=json.loads(json.dumps(PROOF_DATA).replace("search", MASK))),
            "holds a secret",
        ),
    ]:
        report, fingerprint = reported(proof, server.url, edit=edit)
        server.asked.clear()

        untried = again(report, fingerprint)

        assert (untried.exit_code, server.asked) == (3, [])
        assert reason in untried.reason


PROOF_DATA = {
    "kind": "Proof",
    "steps": [{"kind": "Request", "method": "GET", "target": "/search"}],
    "expect": [{"kind": "Status", "codes": [200]}],
}


def test_a_proof_that_sarif_left_out_is_in_the_json(server, reported):
    def without(data):
        kept = data["runs"][0]["results"][0]["properties"]
        del kept["proof"]
        kept["proofLeftOut"] = "too long"

    report, fingerprint = reported(REFLECTED, server.url, format="sarif", edit=without)

    assert "name the results.json" in again(report, fingerprint).reason


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is no report"),
        (b"{}", "is no report of wallwalk"),
        (b'{"format": "wallwalk-results/1"}', "no finding"),
        (b'{"format": "wallwalk-results/1", "findings": [1, {"fingerprint": 7}]}', "no finding"),
        (b'{"version": "2.1.0", "runs": [{"results": 3}, 4]}', "no finding"),
        (b'{"version": "2.1.0", "runs": {}}', "is no report of wallwalk"),
    ],
)
def test_what_is_no_report_is_one_line(tmp_path, content, complaint):
    path = tmp_path / "a\x1b[31m.json"
    path.write_bytes(content)

    with pytest.raises(BadReport, match=complaint) as refused:
        again(path, "12345678")

    assert len(str(refused.value).splitlines()) == 1
    assert "\x1b" not in str(refused.value)


def test_reports_that_are_not_there_or_too_large_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("scanner.replay.recorded._LARGEST_FILE", 1_000)
    large = tmp_path / "large.json"
    large.write_bytes(b" " * 1_001)

    with pytest.raises(BadReport, match="can't be read"):
        again(tmp_path / "none.json", "12345678")
    with pytest.raises(BadReport, match="can't be read"):
        again(tmp_path, "12345678")
    with pytest.raises(BadReport, match="larger than"):
        again(large, "12345678")


GET = {"kind": "Request", "method": "GET", "target": "/"}
OK = {"kind": "Status", "codes": [200]}


@pytest.mark.parametrize(
    "broken",
    [
        {"steps": []},
        {"expect": []},
        {"steps": [GET] * 401},
        {"steps": [{**GET, "method": "GET / HTTP/1.1\r\nX: y"}]},
        {"steps": [{**GET, "headers": [["X", "a\r\nHost: b"]]}]},
        {"steps": [{**GET, "headers": [["Transfer-Encoding", "chunked"]]}]},
        {
            "steps": [
                {**GET, "takes": [{"kind": "Take", "name": "a", "source": "b", "pattern": "a"}]}
            ]
        },
        {"steps": [{"kind": "Hello", "version": "TLSv9"}]},
        {"expect": [{**OK, "step": 1}]},
        {"expect": [{"kind": "Like", "baseline": [0, 7]}]},
        {"expect": [{"kind": "BodyMatches", "pattern": "("}]},
        {"expect": [{"kind": "BodyMatches", "pattern": "a" * 5_000}]},
        {"expect": [{"kind": "HasElement", "selector": "[["}]},
        {"expect": [{"kind": "Anything"}]},
        {"holes": [{"kind": "Word", "name": "a", "length": 10**9}]},
        {"holes": [{"kind": "Number", "name": "a", "digits": 10**9}]},
        {"holes": [{"kind": "Product", "name": "a", "left": "b", "right": "c"}]},
        {"shows": 3},
    ],
)
def test_proofs_that_no_check_makes_are_refused(server, reported, broken):
    def spoil(data):
        data["findings"][0]["proof"] = {**PROOF_DATA, **broken}

    report, fingerprint = reported(REFLECTED, server.url, edit=spoil)
    server.asked.clear()

    with pytest.raises(BadReport, match="the proof is broken"):
        again(report, fingerprint)
    assert server.asked == []


def test_the_proofs_of_checks_are_sound():
    assert unsound(REFLECTED) == unsound(HERS) == ""
    assert unsound(Proof(HERS.steps, HERS.expect, (Forged("token", "alice", "flipped"),))) == ""


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=4), inner),
    max_leaves=6,
)


@settings(max_examples=60)
@given(some.data())
def test_whatever_stands_in_a_report_is_a_complaint_or_a_reason(tmp_path_factory, data):
    finding = {
        "fingerprint": "12345678",
        "rule": "a/b",
        "where": {"kind": "url", "target": "app", "url": "http://127.0.0.1:1/"},
        "proof": PROOF_DATA,
    }
    place = data.draw(some.sampled_from([finding, finding["where"], finding["proof"]]))
    place = dict(place)
    key = data.draw(some.sampled_from(sorted(place)))
    odd = {**place, key: data.draw(JSON)}
    if "url" in place:
        odd = {**finding, "where": odd}
    elif "steps" in place:
        odd = {**finding, "proof": odd}
    path = tmp_path_factory.mktemp("report") / "results.json"
    path.write_text(json.dumps({"format": "wallwalk-results/1", "findings": [odd]}))

    try:
        said = str(again(path, "12345678"))
    except BadReport as complaint:
        said = f"It could not be tried: {complaint}"

    assert said.startswith("It could not be tried: ")
    assert len(said.splitlines()) <= 2


def test_an_authorization_is_looked_at_on_the_day(server, reported, targets):
    report, fingerprint = reported(REFLECTED, server.url)
    consent = {"by": "Ann", "until": "2027-01-31"}
    file = targets("http://192.0.2.1", profile="staging", authorization=consent)

    over = again(report, fingerprint, file=file, today=datetime.date(2027, 2, 1))

    assert "active probes" in over.reason


def test_what_is_said_is_harmless_for_a_terminal(server, reported):
    report, fingerprint = reported(REFLECTED, server.url, message="red \x1b[31m\nand more")

    said = str(again(report, fingerprint))

    assert "\x1b" not in said
    assert len(said.splitlines()) == 3
