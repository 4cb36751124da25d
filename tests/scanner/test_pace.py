"""How fast requests go out, and when they do not."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

import pytest

from scanner.pace import Pace, TooBusy


async def test_no_more_are_in_flight_than_allowed_and_the_longest_waiting_is_next() -> None:
    pace, inside, order, most = Pace(100_000, 2), 0, [], 0

    async def one(number: int) -> None:
        nonlocal inside, most
        await pace.enter("/")
        order.append(number)
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.001)
        inside -= 1
        pace.leave()

    await asyncio.gather(*(one(number) for number in range(10)))

    assert (most, order) == (2, list(range(10)))


async def test_who_is_cancelled_while_waiting_keeps_no_seat() -> None:
    pace = Pace(100_000, 1)
    await pace.enter("/")
    waiting = [asyncio.create_task(pace.enter("/")) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    pace.leave()
    waiting[1].cancel()
    await asyncio.gather(*waiting[:2], return_exceptions=True)

    await waiting[2]
    pace.leave()
    await asyncio.wait_for(pace.enter("/"), 1)


async def test_a_rate_spreads_requests() -> None:
    pace, clock = Pace(50, 10), asyncio.get_running_loop().time
    begun = clock()

    for _ in range(6):
        await pace.enter("/")
        pace.leave()

    assert clock() - begun >= 0.1  # five gaps of 20 ms, whatever the machine does


@pytest.mark.parametrize(
    ("status", "later", "rest"),
    [
        (200, "5", None),
        (404, None, None),
        (500, None, None),
        (429, "5", 5.0),
        (503, " 7 ", 7.0),
        (429, None, 0.5),
        (429, "soon", 0.5),
        (429, "-3", 0.5),
        (429, "²", 0.5),
        (429, "9" * 400, 0.5),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        (429, "Wed, 99 Oct 2015 07:28:00 GMT", 0.5),
    ],
)
async def test_what_an_answer_says_about_the_pace(
    status: int, later: str | None, rest: float | None
) -> None:
    assert Pace(100, 1).learn("/", status, later) == rest


async def test_a_date_is_a_time_to_come_back() -> None:
    rest = Pace(100, 1).learn("/", 429, formatdate(time.time() + 30, usegmt=True))

    assert rest is not None
    assert 25 < rest <= 30


async def test_pauses_double_up_to_a_bound_and_end_with_a_good_answer() -> None:
    pace = Pace(100, 1)

    rests = [pace.learn("/", 429, None) for _ in range(2_000)]
    pace.learn("/", 200, None)

    assert rests[:6] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert rests[-1] == 8.0
    assert pace.learn("/", 429, None) == 0.5


async def test_a_long_rest_makes_the_route_incomplete_and_no_other() -> None:
    pace = Pace(100_000, 1)
    pace.learn("/slow", 429, "61")

    with pytest.raises(TooBusy, match="/slow asked for a rest of 61 s"):
        await pace.enter("/slow")
    await asyncio.wait_for(pace.enter("/other"), 1)  # the seat was given back


async def test_three_routes_make_all_of_them_rest() -> None:
    pace, loop = Pace(100_000, 1), asyncio.get_running_loop()
    begun = loop.time()
    for route in ("/a", "/b"):
        pace.learn(route, 503, None)
    await pace.enter("/other")
    pace.leave()
    assert loop.time() - begun < 0.4
    pace.learn("/c", 503, None)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pace.enter("/other"), 0.05)


async def test_a_target_that_refuses_everything_for_a_minute_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pace, loop = Pace(100_000, 1), asyncio.get_running_loop()
    pace.learn("/", 429, "0")
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now + 61)

    with pytest.raises(TooBusy, match="refused every request"):
        await pace.enter("/other")


async def test_one_good_answer_shows_that_the_target_still_talks_to_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pace, loop = Pace(100_000, 1), asyncio.get_running_loop()
    pace.learn("/", 429, "0")
    pace.learn("/other", 404, None)
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now + 61)

    await pace.enter("/other")
