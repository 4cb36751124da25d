"""What the user's own words do to a report, from the targets file and from the source."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import Answer, Asked, serving
from scanning import live_check, run_of, scanned, source_check

from scanner.contract import Also, Incomplete
from scanner.model import AtUrl, Finding, Outcome, Report, Rule, Severity
from scanner.proof import Proof, Request, Status
from scanner.selection import Selection

TODAY = datetime.date(2026, 11, 25)
REASON = {"reason": "being retired", "until": "2027-03-31"}


def _evals(source: Any) -> Iterator[Finding]:
    for file in source.files("*.py"):
        for number, line in enumerate(file.lines, 1):
            if "eval(" in line:
                yield EVALS.in_file(file.at(number), "eval", rule="worse" if "x" in line else "")


EVALS = source_check(
    "code/evals", _evals, also=(Also("worse", "Worse", Severity.CRITICAL),), emits=("tool",)
)


def _cannot(source: Any) -> Iterator[Finding]:
    raise Incomplete("the tool is missing", "install it")
    yield


CANNOT = source_check("dependencies/tool", _cannot)


def judge(tmp_path: Path, files: dict[str, str], *checks: Any, **words: Any) -> Report:
    options = {key: words.pop(key) for key in ("selection", "narrowed") if key in words}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    checks = checks or (EVALS,)
    return scanned(checks, root=tmp_path, file=words, today=TODAY, **options)


def suppressed(report: Report) -> list[str]:
    return [f"{f.where} {f.suppressed} [{f.suppressed_in}]" for f in report.suppressed]


TWO = {"old/a.py": "eval(1)", "new/b.py": "eval(2)"}


@pytest.mark.parametrize("path", ["/old/**", "old/**", "/OLD/a.py", "/*/a.py"])
def test_a_suppression_covers_what_its_path_covers(path: str, tmp_path: Path) -> None:
    report = judge(tmp_path, TWO, suppressions=[{"check": "code/evals", "path": path, **REASON}])

    assert suppressed(report) == ["old/a.py:1 being retired (until 2027-03-31) [targets file]"]
    assert [str(f.where) for f in report.findings] == ["new/b.py:1"]
    assert (report.exit_code, report.notes) == (1, ())


@pytest.mark.parametrize("check", ["code", "code/evals"])
def test_what_is_wholly_suppressed_has_passed(check: str, tmp_path: Path) -> None:
    report = judge(tmp_path, TWO, suppressions=[{"check": check, **REASON}])

    assert report.runs[0].outcome is Outcome.PASSED
    assert (len(report.suppressed), report.exit_code) == (2, 0)


@pytest.mark.parametrize("check", ["code/eval", "cod", "code/evals/other"])
def test_a_prefix_is_of_whole_segments(check: str, tmp_path: Path) -> None:
    report = judge(tmp_path, TWO, suppressions=[{"check": check, **REASON}])

    assert len(report.findings) == 2
    assert f"the suppression of {check} names no check and no rule" in report.notes[0]


def test_a_rule_is_suppressed_without_its_check(tmp_path: Path) -> None:
    files = {"a.py": "eval(1)\neval(x)"}
    report = judge(tmp_path, files, suppressions=[{"check": "code/evals/worse", **REASON}])

    assert [str(f.where) for f in report.findings] == ["a.py:1"]
    assert [str(f.where) for f in report.suppressed] == ["a.py:2"]


def test_a_suppression_holds_on_its_last_day_and_not_after_it(tmp_path: Path) -> None:
    last, past = "2026-11-25", "2026-11-24"
    entry = {"check": "code/evals", "reason": "SEC-1"}

    held = judge(tmp_path, TWO, suppressions=[{**entry, "until": last}])
    assert (held.findings, held.notes) == ((), ())
    report = judge(tmp_path, TWO, suppressions=[{**entry, "until": past}])

    assert len(report.findings) == 2
    assert report.notes == (
        "the suppression of code/evals ended on 2026-11-24 and no longer holds",
    )


def test_a_suppression_that_nothing_needed_is_named(tmp_path: Path) -> None:
    report = judge(tmp_path, {"a.py": "1"}, suppressions=[{"check": "code/evals", **REASON}])

    assert report.notes == ("the suppression of code/evals was not needed: take it out",)


def test_a_rule_of_a_tool_may_be_suppressed_before_it_is_seen(tmp_path: Path) -> None:
    report = judge(tmp_path, {"a.py": "1"}, suppressions=[{"check": "tool/T1", **REASON}])

    assert report.notes == ("the suppression of tool/T1 was not needed: take it out",)


def test_nothing_is_called_unneeded_that_did_not_run(tmp_path: Path) -> None:
    entries = [{"check": id, **REASON} for id in ("code/evals", "dependencies")]
    selected = Selection.of("dependencies", "", [EVALS, CANNOT])

    report = judge(tmp_path, {"a.py": "1"}, EVALS, CANNOT, suppressions=entries, selection=selected)

    assert report.notes == ()


def test_a_known_gap_may_be_accepted_until_a_day(tmp_path: Path) -> None:
    accepted = [{"check": "dependencies", **REASON}]
    report = judge(tmp_path, {"a.py": "1"}, EVALS, CANNOT, accepted_incomplete=accepted)

    assert run_of(report, "dependencies/tool").outcome is Outcome.INCOMPLETE
    assert report.accepted[0].accepted == "being retired (until 2027-03-31)"
    assert (report.incomplete, report.exit_code) == ((), 0)


def test_an_acceptance_that_ended_or_was_not_needed_is_named(tmp_path: Path) -> None:
    accepted = [
        {"check": "dependencies/tool", "reason": "SEC-2", "until": "2026-01-01"},
        {"check": "code/evals", **REASON},
    ]
    report = judge(tmp_path, {"a.py": "1"}, EVALS, CANNOT, accepted_incomplete=accepted)

    assert report.exit_code == 3
    assert report.notes == (
        "the accepted incomplete dependencies/tool ended on 2026-01-01 and no longer holds",
        "the accepted incomplete code/evals was not needed: take it out",
    )


@pytest.mark.parametrize("ids", ["code/evals", "code", "other, code/evals", "code/evals/worse"])
def test_a_comment_on_the_line_ignores_with_its_reason(ids: str, tmp_path: Path) -> None:
    report = judge(tmp_path, {"a.py": f"eval(x)  # wallwalk: ignore[{ids}] own input only"})

    assert suppressed(report) == ["a.py:1 own input only [source]"]
    assert (report.exit_code, report.notes) == (0, ())


@pytest.mark.parametrize(
    "comment",
    ["ignore[code/evals]", "ignore", "ignore because", "ignore[] because", "ignore[ ] why"],
)
def test_a_comment_without_a_rule_or_a_reason_does_not_hold_and_is_named(
    comment: str, tmp_path: Path
) -> None:
    report = judge(tmp_path, {"a.py": f"1\neval(1)  # wallwalk: {comment}"})

    assert len(report.findings) == 1
    assert report.notes == (
        "a.py:2: `wallwalk: ignore` does not hold, it needs [a rule] and a reason",
    )


@pytest.mark.parametrize("comment", ["ignore[code/other] why", "ignore[cod] why"])
def test_a_comment_about_another_rule_leaves_the_finding(comment: str, tmp_path: Path) -> None:
    report = judge(tmp_path, {"a.py": f"eval(1)  # wallwalk: {comment}"})

    assert len(report.findings) == 1
    assert report.notes == ()


def test_many_such_comments_are_counted(tmp_path: Path) -> None:
    report = judge(tmp_path, {"a.py": "# wallwalk: ignore\n" * 50})

    assert len(report.notes) == 21
    assert report.notes[-1] == "30 more such comments do not hold"


def test_a_file_that_is_gone_when_its_finding_is_judged_loses_nothing(tmp_path: Path) -> None:
    def check(source: Any) -> Iterator[Finding]:
        for file in source.files("*.py"):
            yield EVALS.in_file(file.at(1), "eval")
            file.on_disk.unlink()

    report = judge(tmp_path, {"a.py": "eval(1)"}, source_check("code/evals", check))

    assert len(report.findings) == 1


def test_what_was_selected_away_is_not_in_the_report(tmp_path: Path) -> None:
    files = {"a.py": "eval(1)\neval(x)"}
    only = Selection.of("code/evals/worse", "", [EVALS])
    without = Selection.of("", "code/evals/worse", [EVALS])

    worse = judge(tmp_path, files, selection=only)
    plain = judge(tmp_path, files, selection=without)

    assert [str(f.where) for f in worse.findings] == ["a.py:2"]
    assert [str(f.where) for f in plain.findings] == ["a.py:1"]


def test_a_check_whose_findings_are_all_ignored_has_passed(tmp_path: Path) -> None:
    without = Selection.of("", "code/evals/worse", [EVALS])

    report = judge(tmp_path, {"a.py": "eval(x)"}, selection=without)

    assert report.runs[0].outcome is Outcome.PASSED


def _pages(site: Any) -> Any:
    async def run() -> Any:
        for path in ("/legacy/a?id=1", "/legacy/b?id=2", "/new?id=1"):
            where = AtUrl(site.name, "GET", f"{site.origin}{path}", kind="html")
            rule = Rule("room/page", "A page", Severity.HIGH)
            yield Finding(rule, "bad", where, proof=Proof((Request("GET", path),), (OK,)))

    return run()


OK = Status((200,))


@pytest.mark.parametrize(
    ("path", "left"),
    [("/legacy/**", 1), ("/legacy/a", 2), ("/legacy/*?id=2", 2), ("/*?id=1", 2), ("/none", 3)],
)
def test_a_path_of_a_live_finding_may_have_a_query(path: str, left: int) -> None:
    with serving(lambda asked: "page") as server:
        report = scanned(
            [live_check("room/page", _pages)],
            {"url": server.url},
            file={"suppressions": [{"check": "room/page", "path": path, **REASON}]},
        )

    assert len(report.findings) == left


def test_a_dead_target_cannot_be_accepted_away() -> None:
    accepted = [{"check": "room", **REASON}]
    with serving(lambda asked: "page") as server:
        gone = server.url

    report = scanned(
        [live_check("room/page", _pages)], {"url": gone}, file={"accepted_incomplete": accepted}
    )

    assert (report.exit_code, report.accepted, report.notes) == (3, (), ())


def test_suppressions_meet_findings_in_many_places_only_when_all_are_covered() -> None:
    def app(asked: Asked) -> Answer:
        return Answer("page")

    async def grouped(site: Any) -> Any:
        for path in ("/a", "/b"):
            response = await site.get(path)
            yield GROUPED.at(response, "bad", OK, about="x-header")

    GROUPED = live_check("room/grouped", grouped)
    with serving(app) as server:
        reports = [
            scanned(
                [GROUPED],
                {"url": server.url},
                file={"suppressions": [{"check": "room/grouped", "path": path, **REASON}]},
            )
            for path in ("/a", "/*")
        ]

    assert [len(report.findings) for report in reports] == [1, 0]
    assert [len(f.places) for f in reports[0].findings] == [2]
    assert reports[0].notes == ()
