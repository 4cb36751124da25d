from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.overview import duration, gaps, verdict
from scanner.model import CheckRun, Outcome, Report, Severity


def complete(report: Report) -> Report:
    return replace(report, runs=tuple(run for run in report.runs if run not in report.incomplete))


def test_an_incomplete_scan_promises_nothing_and_still_names_what_it_found(
    sample_report: Report,
) -> None:
    told = str(verdict(sample_report))

    assert told.startswith("INCOMPLETE: 1 planned check could not be done")
    assert "not safe to deploy: 3 findings at or over high" in told


def test_findings_at_the_limit_are_not_safe_to_deploy(sample_report: Report) -> None:
    told = verdict(complete(sample_report))

    assert str(told) == "NOT SAFE TO DEPLOY: 2 findings at or over high."
    assert told.tone == "bad"


def test_lesser_findings_pass_and_are_counted(sample_report: Report) -> None:
    lesser = replace(
        complete(sample_report),
        runs=tuple(run for run in sample_report.runs if run.check.startswith("headers")),
    )

    assert str(verdict(lesser)) == (
        "OK: no findings at or over high; 1 below that. Everything planned was checked."
    )


def test_an_accepted_gap_is_never_called_everything(sample_report: Report) -> None:
    quiet = replace(sample_report, runs=sample_report.accepted)

    assert str(verdict(quiet)) == (
        "OK: no findings. Everything else planned was checked; 1 accepted gap in the targets file."
    )


def test_gaps_that_may_pass_do_not_pass_as_ok(sample_report: Report) -> None:
    gap = tuple(replace(run, findings=()) for run in sample_report.incomplete)
    told = verdict(replace(sample_report, runs=gap, allow_incomplete=True))

    assert told.word == "PASSED WITH GAPS"
    assert "1 planned check could not be done" in told.sentence
    assert told.tone == "open"


def test_allowed_gaps_are_named_beside_the_findings(sample_report: Report) -> None:
    told = verdict(replace(sample_report, allow_incomplete=True))

    assert told.word == "NOT SAFE TO DEPLOY"
    assert "--allow-incomplete" in told.sentence


def test_a_scan_that_never_fails_does_not_call_findings_ok(sample_report: Report) -> None:
    told = verdict(replace(complete(sample_report), fail_on=None))

    assert (told.word, told.tone) == ("DONE", "open")
    assert told.sentence.startswith("3 findings, of them 1 critical and 1 high; with")


@pytest.mark.parametrize(
    ("change", "word"),
    [({"interrupted": True}, "INTERRUPTED"), ({"runs": ()}, "NOTHING TO DO")],
)
def test_a_scan_that_did_not_end_or_begin_says_so(
    changed: Callable[..., Report], change: dict[str, object], word: str
) -> None:
    assert verdict(changed(**change)).word == word


def test_critical_is_the_highest(sample_report: Report) -> None:
    told = verdict(replace(complete(sample_report), fail_on=Severity.CRITICAL))

    assert told.sentence == "1 critical finding."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.84, "0.8 s"), (9.97, "10.0 s"), (42.4, "42 s"), (59.7, "1 min 0 s"), (185, "3 min 5 s")],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_gaps_of_one_reason_are_one(changed: Callable[..., Report]) -> None:
    down = [
        CheckRun(f"headers/{n}", "x", "shop", True, Outcome.INCOMPLETE, reason="refused")
        for n in "abc"
    ]
    other = CheckRun("headers/d", "x", "shop", True, Outcome.INCOMPLETE, reason="timed out")
    report = changed(runs=(*down, other))

    assert [(gap.checks, gap.reason) for gap in gaps(report.incomplete)] == [
        (("headers/a", "headers/b", "headers/c"), "refused"),
        (("headers/d",), "timed out"),
    ]
