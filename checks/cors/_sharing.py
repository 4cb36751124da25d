"""What an answer lets another website read, how grave that is, and the proof of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import httpx

from checks.cors._readable import with_origin
from scanner import Apart, HeaderMatches, Incomplete, Proof, Request, Site, Status, Word
from scanner.gate import BudgetSpent, Refused
from scanner.proof import Expectation, Hole
from scanner.site.answer import again
from scanner.site.comparison import apart, names_of
from scanner.site.proving import random_word

_ALLOW = "access-control-allow-origin"
_CREDENTIALS = "access-control-allow-credentials"
_FINE = tuple(range(200, 207))

Carried = Literal["by browsers", "same site only", "by scripts only", "unclear"]
Grade = Literal["with-credentials", "", "without-session"]


@dataclass(frozen=True, slots=True)
class Origins:
    """Two origins that no honest allow-list has, as they are sent and as a proof has them."""

    first: str
    second: str
    holed: tuple[str, str]
    holes: tuple[Hole, ...] = ()

    @classmethod
    def foreign(cls, first: str, second: str) -> Origins:
        """Two websites: a list that happens to have one of them does not have the other."""
        holes = Word("foreign"), Word("other")
        holed = "https://{foreign}.example", "https://{other}.test"
        return cls(f"https://{first}.example", f"https://{second}.test", holed, holes)


SANDBOX = Origins("null", "null", ("null", "null"))
"""What browsers say for a sandboxed frame, a local file or a redirect between origins."""


@dataclass(frozen=True, slots=True)
class Shared:
    """One answer that another website may read. `why` ends the finding's message."""

    grade: Grade
    why: str
    response: httpx.Response
    proof: Proof


def allows(response: httpx.Response, origin: str) -> bool:
    """Whether a browser lets a script of `origin` read `response` (Fetch, CORS check)."""
    return bool(response.headers.get(_ALLOW, "") == origin)


def allows_credentials(response: httpx.Response) -> bool:
    return bool(response.headers.get(_CREDENTIALS, "") == "true")


async def reflects(site: Site, response: httpx.Response) -> bool:
    """Whether the place of `response` allows an origin that was just invented."""
    origin = f"https://{random_word()}.example"
    return allows(await _ask(site, with_origin(again(response), origin)), origin)


async def shared(site: Site, response: httpx.Response, origins: Origins) -> list[Shared]:
    """What `response`, which allowed the first of `origins`, gives away; nothing if the second
    is not allowed. What comes second is true where the first does not hold when asked again.
    """
    request = again(response)
    control = await _ask(site, with_origin(request, origins.second))
    if not allows(control, origins.second):
        return []
    if not (allows_credentials(response) and allows_credentials(control)):
        why = "without the cookies of its visitor"
        return [Shared("without-session", why, response, _simple(request, origins))]
    if not site.identities:
        why = "with the cookies of its visitor (no identity shows what that gives away)"
        return [Shared("", why, response, _simple(request, origins, credentials=True))]
    return await _with_session(site, response, control, origins)


async def _with_session(
    site: Site, response: httpx.Response, control: httpx.Response, origins: Origins
) -> list[Shared]:
    request = again(response)
    name = request.identity or site.identities[0]
    plain = _simple(request, origins, credentials=True)
    try:
        if request.identity:
            mine = [response, control]
            theirs = await _ask(site, with_origin(request, origins.first, identity=""))
        else:
            to_name = (
                with_origin(request, o, identity=name) for o in (origins.first, origins.second)
            )
            mine, theirs = [await _ask(site, one) for one in to_name], response
    except BudgetSpent:
        raise
    except (Incomplete, Refused):
        why = f"with the cookies of its visitor ({name} could not be asked what that gives away)"
        return [Shared("", why, response, plain)]
    why = f"with the cookies of its visitor, and it tells {name} no more than anybody"
    public = Shared("without-session", why, response, plain)
    if not mine[0].is_success or not apart(mine, [theirs], names_of(site.target)):
        return [public]
    match _carried(site, name, request.target):
        case "by browsers":
            why = "with the session of its visitor"
            return [
                Shared("with-credentials", why, mine[0], _full(request, name, origins)),
                public,
            ]
        case "same site only":
            why = "with the session of its visitor; SameSite on the cookie is all that is between"
            return [Shared("", why, mine[0], plain)]
        case "by scripts only":
            why = "with the cookies of its visitor, but the session is in a header of its own"
            return [Shared("without-session", why, mine[0], plain)]
        case "unclear":
            why = "with the cookies of its visitor, of which the session may be one"
            return [Shared("", why, mine[0], plain)]


async def _ask(site: Site, request: Request) -> httpx.Response:
    asker = site.acting_as(request.identity)
    return await asker.get(request.target, headers=request.headers)


def _carried(site: Site, name: str, path: str) -> Carried:
    """How the session of `name` comes along in requests for `path`."""
    header, _, value = site.deployment.sessions.credential(name, path).partition(": ")
    cookies = site.deployment.sessions.cookies(name, path)
    if header.lower() != "cookie":
        if value.partition(" ")[0].lower() in ("basic", "digest", "negotiate", "ntlm"):
            return "by browsers"
        return "unclear" if any(cookie.is_secret for cookie in cookies) else "by scripts only"
    session = next((c for c in cookies if c.name == value.partition("=")[0]), None)
    held = session is not None and session.same_site in ("lax", "strict")
    return "same site only" if held else "by browsers"


def _simple(request: Request, origins: Origins, *, credentials: bool = False) -> Proof:
    """Both origins are allowed."""
    steps = tuple(with_origin(request, origin) for origin in origins.holed)
    expect = (
        *allowed(origins.holed[0], 0, credentials=credentials),
        *allowed(origins.holed[1], 1, credentials=credentials),
    )
    return Proof(steps, expect, origins.holes, shows=0)


def _full(request: Request, name: str, origins: Origins) -> Proof:
    """Both origins are allowed, and read with a session what nobody reads without one."""
    first, second = origins.holed
    steps = tuple(
        with_origin(request, origin, identity=who)
        for origin, who in ((first, name), (first, ""), (second, name), (second, ""))
    )
    expect = (
        *allowed(first, 0, credentials=True),
        *allowed(second, 2, credentials=True),
        Status(_FINE, step=0),
        Apart((0, 2), (1, 3)),
    )
    return Proof(steps, expect, origins.holes, shows=0)


def allowed(origin: str, step: int, *, credentials: bool) -> tuple[Expectation, ...]:
    """That the answer of `step` allows exactly `origin`, which may have holes."""
    literal = re.sub("[.*]", r"[\g<0>]", origin)
    expect: tuple[Expectation, ...] = (HeaderMatches(_ALLOW, rf"\A{literal}\Z", step),)
    if credentials:
        expect += (HeaderMatches(_CREDENTIALS, r"\Atrue\Z", step),)
    return expect
