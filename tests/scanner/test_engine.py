"""A plan run to its end: one outcome for each pair, in order, whatever happens on the way."""

from __future__ import annotations

import asyncio
import datetime
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import Answer, Asked, serving
from scanning import live_check, report_of, run_of, scanned, source_check

from scanner.contract import Incomplete, Skip
from scanner.events import CheckFinished, CheckStarted, Event, Said, ScanStarted
from scanner.model import Finding, InFile, Outcome, Rule, Severity
from scanner.proof import Status
from scanner.selection import Selection
from scanner.stop import Stop

OK = Status((200,))


def finds(severity: Severity = Severity.HIGH) -> Callable[[Any], Iterator[Finding]]:
    def run(source: Any) -> Iterator[Finding]:
        yield Finding(Rule("room/finds", "Found", severity), "found", InFile("a.py"))

    return run


def nothing(source: Any) -> Iterator[Finding]:
    yield from ()


def gap(source: Any) -> Iterator[Finding]:
    raise Incomplete("the tool is missing")
    yield


def skips(source: Any) -> Iterator[Finding]:
    raise Skip("nothing there")
    yield


async def asks(site: Any) -> AsyncIterator[Finding]:
    yield ASKS.at(await site.get("/"), "found", OK)


async def asks_nothing(site: Any) -> AsyncIterator[Finding]:
    return
    yield


ASKS = live_check("room/asks", asks)
QUIET = live_check("room/quiet", asks_nothing, crawled=False)


@pytest.mark.parametrize(
    ("runs", "options", "code"),
    [
        ([], {}, 2),
        ([nothing], {}, 0),
        ([skips], {}, 0),
        ([finds()], {}, 1),
        ([finds(Severity.MEDIUM)], {}, 0),
        ([finds(Severity.LOW)], {"fail_on": Severity.LOW}, 1),
        ([finds(Severity.HIGH)], {"fail_on": Severity.CRITICAL}, 0),
        ([finds(Severity.CRITICAL)], {"fail_on": None}, 0),
        ([gap, nothing], {}, 3),
        ([gap, finds()], {}, 3),
        ([gap, finds()], {"fail_on": None}, 3),
        ([gap, finds()], {"allow_incomplete": True}, 1),
        ([gap, nothing], {"allow_incomplete": True}, 0),
    ],
)
def test_the_exit_code_says_what_came_of_it(
    runs: list[Any], options: dict[str, Any], code: int, tmp_path: Path
) -> None:
    checks = [source_check(f"room/c{number}", run) for number, run in enumerate(runs)]

    assert scanned(checks, root=tmp_path, **options).exit_code == code


def test_a_target_that_no_request_reached_is_incomplete_even_where_no_check_asks() -> None:
    with serving(lambda asked: "page") as server:
        there = scanned([QUIET], {"url": server.url})

    gone = scanned([QUIET], {"url": server.url})

    assert (there.exit_code, there.targets[0].reached, there.targets[0].requests) == (0, True, 1)
    assert (gone.exit_code, gone.targets[0].reached) == (3, False)


def test_each_planned_pair_ends_once_and_is_told_once(tmp_path: Path) -> None:
    events: list[Event] = []
    with serving(lambda asked: "page") as one, serving(lambda asked: None) as other:
        report = scanned(
            [
                ASKS,
                QUIET,
                live_check("room/active", asks, probes="active"),
                live_check("room/deep", asks, probes="deep"),
                source_check("room/finds", finds()),
                source_check("room/gap", gap),
            ],
            {"name": "one", "url": one.url},
            {"name": "other", "url": other.url},
            {"name": "far", "url": "http://192.0.2.1", "profile": "deep"},
            root=tmp_path,
            offline=True,
            listen=events.append,
        )

    (started,) = [event for event in events if isinstance(event, ScanStarted)]
    finished = Counter(
        (event.run.check, event.run.subject) for event in events if isinstance(event, CheckFinished)
    )
    assert events[0] is started
    assert started.planned == len(report.runs) == finished.total()
    assert set(finished.values()) == {1}
    assert finished.keys() == {(run.check, run.subject) for run in report.runs}
    left_out = {(one.check, one.subject) for one in report.not_planned}
    assert len(left_out) == len(report.not_planned)
    assert not left_out & finished.keys()
    assert len(left_out | finished.keys()) == 4 * 3 + 2
    assert {
        (event.check, event.subject) for event in events if isinstance(event, CheckStarted)
    } < finished.keys()


def test_passive_checks_come_first_and_those_alone_last_and_one_by_one() -> None:
    order: list[str] = []

    def check(id: str, **facts: Any) -> Any:
        async def run(site: Any) -> AsyncIterator[Finding]:
            order.append(f"+{id}")
            await asyncio.sleep(0.02)
            order.append(f"-{id}")
            return
            yield

        return live_check(f"room/{id}", run, crawled=False, **facts)

    with serving(lambda asked: "page") as server:
        scanned(
            [
                check("a", alone=True),
                check("b", probes="active"),
                check("c"),
                check("d"),
                check("e", alone=True, probes="active"),
            ],
            {"url": server.url},
        )

    assert order == ["+c", "+d", "-c", "-d", "+b", "-b", "+a", "-a", "+e", "-e"]


def test_more_than_passive_off_loopback_needs_a_consent_that_holds() -> None:
    far = {"url": "http://192.0.2.1", "profile": "deep", "limits": {"timeout": 0.05}}
    consent = {"by": "Ann, CTO", "ticket": "SEC-9", "until": "2026-11-25"}
    checks = [ASKS, live_check("room/active", asks, probes="active")]

    def reasons(today: datetime.date, target: dict[str, Any]) -> dict[str, str]:
        report = scanned(checks, target, today=today)
        assert report.exit_code == 3
        return {run.check: run.reason for run in report.runs}

    day = datetime.date(2026, 11, 25)
    without = reasons(day, far)
    with_it = reasons(day, {**far, "authorization": consent})
    after = reasons(day + datetime.timedelta(1), {**far, "authorization": consent})

    assert "active probes off loopback need the target's authorization" in without["room/active"]
    assert "authorization" not in without["room/asks"]
    assert "authorization" not in with_it["room/active"]
    assert "authorization" in after["room/active"]


def test_the_consent_is_printed() -> None:
    consent = {"by": "Ann, CTO", "ticket": "SEC-9", "until": "2026-12-01"}
    with serving(lambda asked: "page") as server:
        report = scanned([QUIET], {"url": server.url, "authorization": consent, "verify": False})

    facts = report.targets[0]
    assert facts.authorization == "Ann, CTO, SEC-9, until 2026-12-01"
    assert facts.notes[0] == "TLS certificates were not verified (verify: false)"


@pytest.mark.parametrize(
    ("profile", "planned"),
    [
        ("pr", ["room/passive"]),
        ("staging", ["room/passive", "room/active"]),
        ("deep", ["room/passive", "room/active", "room/deep"]),
    ],
)
def test_the_profile_says_what_is_planned(profile: str, planned: list[str]) -> None:
    kinds = ("passive", "active", "deep")
    checks = [live_check(f"room/{kind}", asks_nothing, probes=kind) for kind in kinds]
    with serving(lambda asked: "page") as server:
        report = scanned(checks, {"url": server.url, "profile": profile})

    assert [run.check for run in report.runs] == planned
    assert all(f"the profile {profile} leaves out" in one.reason for one in report.not_planned)
    assert report.exit_code == 0


def test_offline_plans_nothing_that_needs_the_internet(tmp_path: Path) -> None:
    checks = [
        source_check("room/always", nothing, needs_internet=True),
        source_check("room/perhaps", nothing, needs_internet=lambda source: False),
        QUIET,
    ]

    report = scanned(
        checks,
        {"url": "http://192.0.2.1"},
        {"name": "world", "url": "http://93.184.215.14"},
        root=tmp_path,
        offline=True,
        max_time=0.2,
    )

    assert {(one.check, one.subject): one.reason for one in report.not_planned} == {
        ("room/always", "source"): "--offline: needs the internet",
        ("room/quiet", "world"): "--offline: the target is on the internet",
    }


def test_a_key_that_nothing_serves_is_incomplete_unless_something_else_was_selected(
    tmp_path: Path,
) -> None:
    check = source_check("room/quiet", nothing)
    target = {"url": "http://127.0.0.1:9", "storage": {"endpoint": "http://127.0.0.1:9"}}

    whole = scanned([check], target, root=tmp_path)
    narrowed = scanned(
        [check], target, root=tmp_path, selection=Selection.of("room/quiet", "", [check])
    )

    run = run_of(whole, "key/storage")
    assert (run.subject, whole.exit_code) == ("app", 3)
    assert "targets.yaml:1: nothing serves storage yet" in run.reason
    assert narrowed.exit_code == 0
    assert [(one.check, one.reason) for one in narrowed.not_planned] == [
        ("key/storage", "not selected")
    ]


def test_a_start_page_out_of_scope_is_said_and_another_is_taken() -> None:
    narrow = {"scope": {"include": ["/api/**"]}}
    with serving(lambda asked: "page") as server:
        report = scanned([ASKS], {"url": server.url, **narrow})
        seeded = scanned([QUIET], {"url": server.url, **narrow, "discover": {"seeds": ["/api/"]}})

    assert "the start page / may not be asked for: not in scope.include" in report.runs[0].reason
    assert "`roots`" in report.runs[0].mend
    assert seeded.exit_code == 0
    assert [asked.path for asked in server.asked] == ["/api/"]


def test_what_nobody_foresaw_in_opening_a_target_is_its_own_incomplete(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from scanner.site import deployment

    def broken(*args: object) -> None:
        raise ZeroDivisionError("odd\nmessage")

    monkeypatch.setattr(deployment, "Pace", broken)
    checks = [QUIET, source_check("room/finds", finds())]

    report = scanned(checks, {"url": "http://127.0.0.1:9"}, root=tmp_path)

    assert (
        "could not be opened: ZeroDivisionError: odd message" in run_of(report, "room/quiet").reason
    )
    assert run_of(report, "room/finds").outcome is Outcome.FAILED


def test_secrets_are_masked_in_reports_and_events() -> None:
    secret = "correct-horse-" + "battery"

    async def tells(site: Any) -> AsyncIterator[Finding]:
        response = await site.get(f"/?q={secret}")
        yield TELLS.at(response, f"I saw {secret}", OK)
        raise Incomplete(f"because {secret}", f"change {secret}")

    TELLS = live_check("room/tells", tells)
    events: list[Event] = []
    login = {"json": {"url": "/login", "body": {"p": "{password}"}, "token": "$.t"}}
    with serving(lambda asked: f"<p>{asked.target}</p>") as server:
        report = scanned(
            [TELLS],
            {
                "url": server.url,
                "identities": {"alice": {"username": "alice", "password": secret}},
                "login": login,
            },
            listen=events.append,
        )

    assert run_of(report, "room/tells").findings
    assert secret not in repr(report)
    assert secret not in repr([event for event in events if isinstance(event, CheckFinished)])


def test_a_crawl_that_was_cut_makes_its_readers_incomplete_and_no_others() -> None:
    def app(asked: Asked) -> str:
        return "".join(f'<a href="/{asked.path.strip("/")}{n}">x</a>' for n in range(9))

    async def reads(site: Any) -> AsyncIterator[Finding]:
        async for page in site.pages():
            yield READS.at(page, "page", OK, about="x")
        raise Skip("nothing else to see")

    async def reads_then_skips(site: Any) -> AsyncIterator[Finding]:
        await site.endpoints()
        raise Skip("nothing to see")
        yield

    READS = live_check("room/reads", reads)
    checks = [READS, live_check("room/skips", reads_then_skips), QUIET]
    with serving(app) as server:
        report = scanned(checks, {"url": server.url, "limits": {"max_requests": 40}})

    for id in ("room/reads", "room/skips"):
        run = run_of(report, id)
        assert run.outcome is Outcome.INCOMPLETE
        assert "the crawl's share of the budget (24 requests) is spent" in run.reason
        assert "limits.max_requests" in run.mend
    assert run_of(report, "room/reads").findings
    assert run_of(report, "room/quiet").outcome is Outcome.PASSED
    assert report.targets[0].requests <= 40


LOGIN = {
    "identities": {"alice": {"username": "alice", "password": "correct-horse"}},
    "login": {"form": {"url": "/login", "fields": {"u": "{username}", "p": "{password}"}}},
}


@pytest.mark.parametrize("hangs_at", ["/", "/deep", "/login"])
async def test_an_interruption_while_the_target_is_silent_ends_at_once(hangs_at: str) -> None:
    """In reaching it, in its crawl, in a login: what is done is told, the rest is incomplete."""
    hanging = asyncio.Event()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
                if path == hangs_at:
                    hanging.set()
                    await asyncio.sleep(30)
                body = b'<a href="/deep">deep</a>'
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    stop = Stop()

    async def interrupt() -> None:
        await hanging.wait()
        stop.now("the scan was interrupted", interrupted=True)

    began = time.monotonic()
    target = {"url": url, "limits": {"timeout": 30}, **LOGIN}
    report, _ = await asyncio.gather(report_of([ASKS], target, stop=stop), interrupt())
    server.close()

    assert time.monotonic() - began < 5
    assert (report.runs[0].outcome, report.runs[0].reason) == (
        Outcome.INCOMPLETE,
        "the scan was interrupted",
    )
    assert report.exit_code == 130
    assert report.targets[0].requests >= 1


async def test_what_was_done_before_the_interruption_is_in_the_report(tmp_path: Path) -> None:
    stop = Stop()

    def listen(event: Event) -> None:
        if isinstance(event, CheckFinished) and event.run.check == "room/a":
            stop.now("the scan was interrupted", interrupted=True)

    async def waits(source: Any) -> AsyncIterator[Finding]:
        await asyncio.sleep(30)
        yield

    checks = [source_check("room/a", finds()), source_check("room/b", waits)]
    report = await report_of(checks, root=tmp_path, stop=stop, listen=listen)

    assert run_of(report, "room/a").outcome is Outcome.FAILED
    assert run_of(report, "room/b").outcome is Outcome.INCOMPLETE
    assert report.exit_code == 130


HANGING = """
import asyncio, signal, sys, time
sys.path.append({tests!r})
from scanning import report_of, source_check
from scanner.stop import Stop

def hangs(source):
    print("hanging", flush=True)
    time.sleep(300)
    yield

async def main():
    stop = Stop()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop.now, "the scan was interrupted", True)
    from pathlib import Path
    report = await report_of([source_check("room/hangs", hangs)], root=Path({root!r}), stop=stop)
    print(report.runs[0].reason, flush=True)
    return report.exit_code

sys.exit(asyncio.run(main()))
"""


def test_the_process_ends_although_a_check_hangs_in_its_thread(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1]
    argv = [sys.executable, "-c", HANGING.format(tests=str(tests), root=str(tmp_path))]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=tests.parent) as it:
        assert it.stdout is not None
        assert it.stdout.readline() == "hanging\n"
        it.send_signal(signal.SIGINT)

        out, _ = it.communicate(timeout=20)

    assert (out, it.returncode) == ("the scan was interrupted\n", 130)


def test_a_tool_that_runs_is_ended_with_the_scan(tmp_path: Path) -> None:
    async def scan() -> Any:
        stop = Stop()

        async def tool(source: Any) -> AsyncIterator[Finding]:
            asyncio.get_running_loop().call_later(0.2, stop.now, "interrupted", True)
            await source.tool(["timeit", "-n", "1", "import time; time.sleep(300)"])
            yield

        return await report_of([source_check("room/tool", tool)], root=tmp_path, stop=stop)

    report = asyncio.run(scan())

    assert report.runs[0].reason == "interrupted"
    listed = Path("/proc").glob("[0-9]*/cmdline")
    assert not [one for one in listed if b"time.sleep(300)\0" in _read(one)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


async def test_a_scan_says_what_it_crawled() -> None:
    events: list[Event] = []
    with serving(lambda asked: Answer("page" * (asked.path == "/"), 200)) as server:
        await report_of([ASKS], {"url": server.url}, listen=events.append)

    assert Said("app", "crawled 3 pages") in events


def test_two_targets_are_scanned_side_by_side_and_told_apart() -> None:
    with serving(lambda asked: "one") as one, serving(lambda asked: "two") as two:
        report = scanned([ASKS], {"name": "one", "url": one.url}, {"name": "two", "url": two.url})

    assert [run.subject for run in report.runs] == ["one", "two"]
    assert len({run.findings[0].fingerprint for run in report.runs}) == 2
    assert [facts.name for facts in report.targets] == ["one", "two"]


def test_the_report_says_which_source_and_how_the_scan_was_narrowed(tmp_path: Path) -> None:
    report = scanned(
        [source_check("room/quiet", nothing)],
        root=tmp_path,
        narrowed=("--select room",),
        notes=("a remark",),
    )

    assert (report.source, report.partial) == (str(tmp_path), ("--select room",))
    assert report.notes == ("a remark",)
    assert report.started.endswith("Z")
    assert json.dumps(report.seconds)
