"""Probing many spots: each failure is kept to its own, and everything is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from loopback import Answer, App, Asked, serving
from scanning import opened

from scanner.contract import Incomplete, Skip
from scanner.model import AtUrl, Finding, Note, Rule, Severity
from scanner.site.probing import probe_all
from scanner.site.site import Site
from scanner.site.spot import Spot
from scanner.site.surface import Endpoint, Parameter

Probe = Callable[[Site, Spot], Awaitable[Finding | None]]
RULE = Rule("room/check", "Something", Severity.HIGH)


def finding(spot: Spot) -> Finding:
    where = AtUrl(
        "app", "GET", f"http://127.0.0.1{spot.endpoint.path}", parameter=spot.parameter.name
    )
    return Finding(RULE, str(spot), where)


class Probed:
    """What came of `probe_all`: findings, the last note, and how it ended."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.note = ""
        self.end: Exception | None = None


def probed(
    app: App,
    probe: Probe,
    *,
    beside: tuple[Spot, ...] = (),
    places: tuple[str, ...] = ("query", "form"),
    **settings: object,
) -> Probed:
    result = Probed()

    async def go(url: str) -> None:
        async with opened(url, **settings) as site:
            try:
                async for item in probe_all(site, places, probe, beside):
                    if isinstance(item, Note):
                        result.note = item.text
                    else:
                        result.found.append(item.message)
            except (Skip, Incomplete) as end:
                result.end = end

    with serving(app) as server:
        asyncio.run(go(server.url))
    return result


def linked(*targets: str, form: str = "") -> App:
    page = "".join(f'<a href="{target}">go</a>' for target in targets) + form
    return lambda asked: page if asked.path == "/" else Answer(f"<p>{asked.target}</p>")


async def nothing(site: Site, spot: Spot) -> None:
    await site.send(*_line(spot))


def _line(spot: Spot) -> tuple[str, str]:
    request = spot.request("x")
    return request.method, request.target


def test_every_spot_is_tried_and_counted() -> None:
    async def probe(site: Site, spot: Spot) -> Finding | None:
        return finding(spot) if spot.parameter.name == "b" else None

    result = probed(linked("/s?a=1&b=2", "/t?b=3"), probe)

    assert sorted(result.found) == ["b (query) of /s", "b (query) of /t"]
    assert result.note == "3 parameters tried, 0 not tried"
    assert result.end is None


def test_a_site_without_parameters_has_nothing_to_look_at() -> None:
    result = probed(linked("/s"), nothing)

    assert isinstance(result.end, Skip)


def test_spots_beside_those_of_the_surface_are_tried_too() -> None:
    extra = Spot(Endpoint("GET", "/none"), Parameter("segment 1", "path", "none"), 1)

    async def probe(site: Site, spot: Spot) -> Finding:
        return finding(spot)

    result = probed(linked("/s"), probe, beside=(extra,))

    assert result.found == ["segment 1 (path) of /none"]


def test_a_spot_that_does_not_answer_is_named_and_the_others_go_on() -> None:
    async def probe(site: Site, spot: Spot) -> Finding | None:
        if spot.parameter.name == "a":
            raise httpx.ReadTimeout("no answer in 10 s")
        return finding(spot)

    result = probed(linked("/s?a=1&b=2"), probe)

    assert result.found == ["b (query) of /s"]
    assert result.note == "1 parameter tried, 1 not tried"
    assert str(result.end) == (
        "1 parameter could not be tried, the first: a (query) of /s: no answer in 10 s"
    )


def test_what_the_gate_does_not_let_out_is_counted_and_no_failure() -> None:
    secret = Spot(Endpoint("GET", "/secret/s"), Parameter("segment 2", "path", "s"), 2)

    result = probed(linked("/s?a=1"), nothing, beside=(secret,), scope={"exclude": ["/secret/**"]})

    assert result.note == "1 parameter tried, 1 not tried, 1 of them out of scope"
    assert result.end is None


def member_site(asked: Asked) -> Answer:
    if "authorization" not in asked.headers:
        return Answer("<p>Log in first.</p>", 401)
    form = '<form action="/word" method="post"><input name="new" type="password"></form>'
    return Answer(form if asked.path == "/" else "<p>Changed.</p>")


@pytest.mark.parametrize("disposable", [True, False])
def test_password_forms_of_accounts_that_are_kept_are_spared(disposable: bool) -> None:
    result = probed(
        member_site,
        nothing,
        identities={"ann": {"token": "token-of-ann", "disposable": disposable}},
        login={"bearer": {"send_as": "Authorization: Bearer {token}"}},
    )

    spared = (
        "0 parameters tried, 1 not tried, 1 of them in password forms of accounts that are kept"
    )
    assert result.note == ("1 parameter tried, 0 not tried" if disposable else spared)
    assert result.end is None


@pytest.mark.parametrize(
    ("who", "tried"),
    [
        ('<input name="user">', 2),  # logs in, or registers, whomever it is told
        ('<input name="mail" type="email" value="ann@x.example">', 0),  # shows Ann's own account
    ],
)
def test_a_form_that_asks_who_one_is_is_tried_and_one_that_knows_it_is_not(
    who: str, tried: int
) -> None:
    def app(asked: Asked) -> Answer:
        if "authorization" not in asked.headers:
            return Answer("<p>Log in first.</p>", 401)
        form = f'<form action="/in" method="post">{who}<input name="pass" type="password"></form>'
        return Answer(form if asked.path == "/" else "<p>No.</p>")

    result = probed(
        app,
        nothing,
        identities={"ann": {"token": "token-of-ann"}},
        login={"bearer": {"send_as": "Authorization: Bearer {token}"}},
    )

    assert result.note.startswith(f"{tried} parameters tried, {2 - tried} not tried")


def test_each_spot_is_asked_as_who_saw_it() -> None:
    asked_as: list[str] = []

    async def probe(site: Site, spot: Spot) -> None:
        asked_as.append(site.identity)

    def app(asked: Asked) -> Answer:
        if "authorization" in asked.headers:
            return Answer('<a href="/mine?a=1">mine</a>')
        return Answer("", 401) if asked.path == "/mine" else Answer('<a href="/all?b=1">all</a>')

    probed(
        app,
        probe,
        identities={"ann": {"token": "token-of-ann"}},
        login={"bearer": {"send_as": "Authorization: Bearer {token}"}},
    )

    assert sorted(asked_as) == ["", "ann"]


def test_a_check_that_used_up_its_share_says_what_it_left() -> None:
    async def probe(site: Site, spot: Spot) -> None:
        for _ in range(30):
            await site.get("/s")

    result = probed(
        linked(*(f"/s{n}?a=1" for n in range(6))),
        probe,
        limits={"max_requests": 100, "concurrency": 1},
    )

    assert result.note == "2 parameters tried, 4 not tried"
    assert str(result.end) == (
        "4 parameters of 6 were not tried: the check's share of the budget of 100 requests is spent"
    )


def test_a_budget_that_ends_in_the_middle_is_told_the_same_way() -> None:
    async def probe(site: Site, spot: Spot) -> Finding:
        for _ in range(70):
            await site.get("/s")
        return finding(spot)

    result = probed(linked("/s?a=1&b=2&c=3"), probe, limits={"max_requests": 100, "concurrency": 1})

    assert result.found == ["a (query) of /s"]
    assert result.note == "1 parameter tried, 2 not tried"
    assert isinstance(result.end, Incomplete)


def test_no_more_are_asked_at_once_than_the_target_allows() -> None:
    busy, most = 0, 0

    async def probe(site: Site, spot: Spot) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.01)
        busy -= 1

    probed(linked(*(f"/s?a{n}=1" for n in range(9))), probe, limits={"concurrency": 3})

    assert most == 3


def test_a_probe_that_breaks_breaks_the_check() -> None:
    async def probe(site: Site, spot: Spot) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        probed(linked("/s?a=1"), probe)
