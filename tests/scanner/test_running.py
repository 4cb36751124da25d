"""One check, whatever it does, ends in one outcome and takes no other down."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from scanning import report_of, run_of, scanned, source_check

from scanner.contract import Incomplete, Skip
from scanner.model import Finding, InFile, Note, Outcome, Report, Rule, Severity
from scanner.stop import Stop

RULE = Rule("room/odd", "Something", Severity.HIGH)


def finding(line: int = 1, message: str = "found", rule: Rule = RULE) -> Finding:
    return Finding(rule, message, InFile("a.py", line, snippet=f"line {line}"))


def sound(source: Any) -> Iterator[Finding]:
    yield finding()


def beside(odd: Callable[[Any], Any], tmp_path: Path) -> Report:
    """A scan of `odd` beside a sound check, which must not notice it."""
    checks = [source_check("room/odd", odd), source_check("room/sound", sound)]
    report = scanned(checks, root=tmp_path)
    assert len(report.runs) == 2
    assert run_of(report, "room/sound").outcome is Outcome.FAILED
    return report


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Itself(BaseException):
    pass


ODDITIES = [
    (ValueError("x"), "the check broke: ValueError: x"),
    (ValueError("y" * 10_000_000), "the check broke: ValueError: yyy"),
    (Mute(), "the check broke: Mute: (its message cannot be read)"),
    (SystemExit(0), "the check broke: it raised SystemExit"),
    (KeyboardInterrupt(), "the check broke: it raised KeyboardInterrupt"),
    (GeneratorExit(), "the check broke: it raised GeneratorExit"),
    (Itself(), "the check broke: it raised Itself"),
    (asyncio.CancelledError(), "the check broke: CancelledItself"),
    (StopIteration(), "the check broke: RuntimeError"),
    (StopAsyncIteration(), "the check broke: "),
    (MemoryError(), "the check broke: MemoryError"),
    (RecursionError("deep"), "the check broke: RecursionError: deep"),
    (ExceptionGroup("many", [ValueError("one")]), "the check broke: ExceptionGroup"),
    (httpx.ReadTimeout("host: no answer"), "host: no answer"),
    (httpx.ReadTimeout(""), "ReadTimeout"),
    (Incomplete("the tool is missing", "install it"), "the tool is missing"),
    (Incomplete("a\nb\x1b[31m"), "a b\\x1b[31m"),
]


@pytest.mark.parametrize(("error", "reason"), ODDITIES)
@pytest.mark.parametrize("is_async", [True, False])
def test_whatever_a_check_raises_is_its_own_incomplete_and_its_findings_stay(
    error: BaseException, reason: str, is_async: bool, tmp_path: Path
) -> None:
    def plain(source: Any) -> Iterator[Finding]:
        yield finding()
        raise error

    async def asynchronous(source: Any) -> AsyncIterator[Finding]:
        yield finding()
        raise error

    report = beside(asynchronous if is_async else plain, tmp_path)

    run = run_of(report, "room/odd")
    assert run.outcome is Outcome.INCOMPLETE
    assert run.reason.startswith(reason)
    assert len(run.reason) <= 600
    assert [f.message for f in run.findings] == ["found"]
    assert report.exit_code == 3


def test_a_mend_reaches_the_report_on_one_line(tmp_path: Path) -> None:
    def check(source: Any) -> Iterator[Finding]:
        raise Incomplete("missing", "install\nit")
        yield

    assert run_of(beside(check, tmp_path), "room/odd").mend == "install it"


async def _coroutine(source: Any) -> None:
    pass


def _nothing(source: Any) -> None:
    pass


def _raises_at_once(source: Any) -> Any:
    raise SystemExit("at once")


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (_coroutine, "it gave a coroutine instead of yielding findings"),
        (_nothing, "it gave a NoneType instead of yielding findings"),
        (_raises_at_once, "it raised SystemExit"),
        (lambda source: iter([finding(), None]), "it yielded a NoneType"),
        (lambda source: [finding(), "text"], "it yielded a str"),
    ],
)
def test_what_is_no_generator_of_findings_is_named(
    run: Callable[[Any], Any], reason: str, tmp_path: Path
) -> None:
    run_ = run_of(beside(run, tmp_path), "room/odd")

    assert run_.outcome is Outcome.INCOMPLETE
    assert reason in run_.reason


async def _yields_nonsense(source: Any) -> AsyncIterator[Any]:
    yield finding()
    yield 7
    yield finding(2)


def test_nonsense_among_findings_keeps_those_before_it(tmp_path: Path) -> None:
    run = run_of(beside(_yields_nonsense, tmp_path), "room/odd")

    assert "it yielded a int" in run.reason
    assert [f.where.line for f in run.findings] == [1]  # type: ignore[union-attr]


def test_a_plain_function_may_hand_back_an_asynchronous_generator(tmp_path: Path) -> None:
    async def inner(source: Any) -> AsyncIterator[Finding]:
        yield finding()

    run = run_of(beside(lambda source: inner(source), tmp_path), "room/odd")

    assert run.outcome is Outcome.FAILED


def test_a_skip_is_not_applicable_with_its_reason(tmp_path: Path) -> None:
    def check(source: Any) -> Iterator[Finding]:
        raise Skip("no Dockerfile")
        yield

    run = run_of(beside(check, tmp_path), "room/odd")

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no Dockerfile")


def test_a_skip_after_findings_does_not_hide_them(tmp_path: Path) -> None:
    def check(source: Any) -> Iterator[Finding]:
        yield finding()
        raise Skip("the rest is not for us")

    run = run_of(beside(check, tmp_path), "room/odd")

    assert (run.outcome, run.reason, len(run.findings)) == (Outcome.FAILED, "", 1)


def test_a_check_that_finds_nothing_passes_with_its_notes(tmp_path: Path) -> None:
    def check(source: Any) -> Iterator[Note]:
        yield Note("3 files\nread")

    run = run_of(beside(check, tmp_path), "room/odd")

    assert (run.outcome, run.notes) == (Outcome.PASSED, ("3 files read",))


def test_huge_messages_and_floods_of_notes_are_cut_and_said_to_be(tmp_path: Path) -> None:
    def check(source: Any) -> Iterator[Finding | Note]:
        yield finding(message="m" * 5_000_000)
        for number in range(1_000):
            yield Note(f"note {number} {'x' * 1_000}")

    run = run_of(beside(check, tmp_path), "room/odd")

    assert len(run.findings[0].message) == 2_000
    assert len(run.notes) == 101
    assert max(map(len, run.notes)) == 300
    assert run.notes[-1] == "900 remarks more like these"


def test_equal_fingerprints_are_one_finding_whichever_came_first(tmp_path: Path) -> None:
    def line(number: int) -> Finding:
        return Finding(RULE, "same", InFile("a.py", number, snippet="eval(x)"))

    def check(numbers: list[int]) -> Callable[[Any], Iterator[Finding]]:
        return lambda source: (line(number) for number in numbers)

    one, other = (
        run_of(beside(check(numbers), tmp_path), "room/odd").findings
        for numbers in ([1, 2, 3, 2], [3, 2, 1, 1])
    )

    assert len(one) == len(other) == 1
    assert one[0].fingerprint == other[0].fingerprint
    assert {str(p) for p in one[0].places} == {str(p) for p in other[0].places}
    assert [str(p) for p in one[0].also] == ["a.py:2", "a.py:3"]
    assert [str(p) for p in other[0].also] == ["a.py:1", "a.py:2"]


def test_the_gravest_of_equal_fingerprints_is_told(tmp_path: Path) -> None:
    low = Rule("room/odd/low", "Something", Severity.LOW, base="room/odd")

    def check(rules: list[Rule]) -> Callable[[Any], Iterator[Finding]]:
        def run(source: Any) -> Iterator[Finding]:
            for number, rule in enumerate(rules, 1):
                where = InFile("a.py", number, snippet="eval(x)")
                yield Finding(rule, rule.severity.word, where)

        return run

    for rules in ([low, RULE], [RULE, low]):
        (told,) = run_of(beside(check(rules), tmp_path), "room/odd").findings

        assert (told.rule, told.message, len(told.places)) == (RULE, "high", 2)
        assert str(told.where) == f"a.py:{rules.index(RULE) + 1}"


def test_a_finding_on_a_url_by_a_check_of_files_is_a_defect(tmp_path: Path) -> None:
    from scanner.model import AtUrl

    def check(source: Any) -> Iterator[Finding]:
        yield Finding(RULE, "there", AtUrl("app", "GET", "http://127.0.0.1/"))

    run = run_of(beside(check, tmp_path), "room/odd")

    assert "found on a URL by a check of files" in run.reason


def _endless(source: Any) -> Iterator[Finding]:
    while True:
        yield finding()


async def _endless_asynchronous(source: Any) -> AsyncIterator[Finding]:
    while True:
        yield finding()


def _blocks(source: Any) -> Iterator[Finding]:
    yield finding()
    threading.Event().wait(30)
    yield finding(2)


async def _hangs(source: Any) -> AsyncIterator[Finding]:
    yield finding()
    await asyncio.sleep(30)


async def _hangs_when_closed(source: Any) -> AsyncIterator[Finding]:
    try:
        yield finding()
        await asyncio.sleep(30)
    finally:
        await asyncio.sleep(0.05)
        raise ValueError("while closing")


async def _yields_when_closed(source: Any) -> AsyncIterator[Finding]:
    try:
        yield finding()
        await asyncio.sleep(30)
    finally:
        yield finding(2)


ENDLESS = [
    _endless,
    _endless_asynchronous,
    _blocks,
    _hangs,
    _hangs_when_closed,
    _yields_when_closed,
]


@pytest.mark.parametrize("run", ENDLESS)
async def test_an_interruption_ends_what_never_ends_and_keeps_what_it_found(
    run: Callable[[Any], Any], tmp_path: Path
) -> None:
    stop = Stop()
    asyncio.get_running_loop().call_later(0.1, stop.now, "the scan was interrupted", True)

    checks = [source_check("room/odd", run), source_check("room/sound", sound)]
    report = await report_of(checks, root=tmp_path, stop=stop)

    odd = run_of(report, "room/odd")
    assert (odd.outcome, odd.reason) == (Outcome.INCOMPLETE, "the scan was interrupted")
    assert odd.findings[0].message == "found"
    assert run_of(report, "room/sound").outcome is Outcome.FAILED
    assert report.exit_code == 130


async def test_a_check_in_a_thread_ends_soon_after_the_scan(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    await report_of([source_check("room/odd", _endless)], root=tmp_path, max_time=0.05)

    for _ in range(100):
        if set(threading.enumerate()) <= before:
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("it still runs")


async def test_the_time_limit_makes_the_scan_incomplete(tmp_path: Path) -> None:
    report = await report_of([source_check("room/odd", _hangs)], root=tmp_path, max_time=0.05)

    (run,) = report.runs
    assert "the time limit of 0.05 s (--max-time) ran out" in run.reason
    assert run.mend == "raise --max-time"
    assert report.exit_code == 3


async def test_who_interrupts_while_the_time_runs_out_is_an_interrupter(tmp_path: Path) -> None:
    stop = Stop()
    stop.now("the time limit ran out")
    stop.now("the scan was interrupted", interrupted=True)

    report = await report_of([source_check("room/odd", sound)], root=tmp_path, stop=stop)

    assert (report.runs[0].reason, report.exit_code) == ("the time limit ran out", 130)


async def test_what_had_not_begun_when_the_scan_was_stopped_does_not_begin(tmp_path: Path) -> None:
    begun = []

    def check(source: Any) -> Iterator[Finding]:
        begun.append(True)
        yield finding()

    async def asynchronous(source: Any) -> AsyncIterator[Finding]:
        begun.append(True)
        yield finding()

    stop = Stop()
    stop.now("the scan was interrupted", interrupted=True)
    checks = [source_check("room/one", check), source_check("room/two", asynchronous)]
    report = await report_of(checks, root=tmp_path, stop=stop)

    assert [run.outcome for run in report.runs] == [Outcome.INCOMPLETE] * 2
    assert not begun
