"""What only a valid token gets, and how the target takes a forged one there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from scanner import (
    BodyContains,
    Forged,
    Incomplete,
    Like,
    Proof,
    Request,
    Site,
    Skip,
    Status,
    Unlike,
)
from scanner.gate import Refused
from scanner.proof import Expectation, Forgery
from scanner.site.answer import seen
from scanner.site.comparison import alike, names_of
from scanner.site.session import Bearer
from scanner.site.tokens import forge, read

_CANDIDATES = 10
_GENUINE, _REFUSED, _FORGED = (0, 1), 2, 3


@dataclass(frozen=True)
class Door:
    """A GET that lets in the token of `identity` and refuses visitors without one.

    `genuine` are two answers to the token itself, `contains` is text that tells whose they are.
    """

    identity: str
    bearer: Bearer
    line: str
    contains: str
    genuine: tuple[httpx.Response, httpx.Response]

    async def opens_for(self, site: Site, how: Forgery) -> httpx.Response | None:
        """The answer to a token forged in this way, if it is the one that the genuine gets."""
        # Asked for anew each time: a token that has expired since is refused for that alone.
        token = forge(await site.deployment.sessions.token(self.identity), how)
        answer = await site.get(self.line, headers=_carried(self.bearer, token))
        same = alike(answer, self.genuine, names_of(site.target))
        return answer if same and self.contains in answer.text else None

    def proof(self, how: Forgery) -> Proof:
        """The genuine token works twice, one with a spoiled signature is refused (where that is
        not itself the matter, else nobody is), and the forged one gets what the genuine got.
        """
        refused = "" if how == "flipped" else "{flipped}"
        expect: tuple[Expectation, ...] = (Like(_GENUINE, step=_FORGED),)
        if self.contains:
            expect += (BodyContains(self.contains, step=_FORGED),)
        return self._proof(refused, expect, (self._asked("{forged}"),), how)

    @property
    def proof_of_the_secret(self) -> Proof:
        """The genuine token works, nobody gets in without one, and a listed secret signs it."""
        return self._proof("", (), (), "weak-secret")

    def _proof(
        self, refused: str, expect: tuple[Expectation, ...], more: tuple[Request, ...], how: Forgery
    ) -> Proof:
        genuine = self._asked("{genuine}")
        works = Status((self.genuine[0].status_code,), step=0)
        return Proof(
            steps=(genuine, genuine, self._asked(refused), *more),
            expect=(works, Unlike(_GENUINE, step=_REFUSED), *expect),
            holes=(
                Forged("genuine", self.identity, "genuine"),
                Forged("flipped", self.identity, "flipped"),
                Forged("forged", self.identity, how),
            ),
        )

    def _asked(self, token: str) -> Request:
        headers = _carried(self.bearer, token) if token else ()
        return Request("GET", self.line, headers)


async def signed_tokens(site: Site) -> AsyncIterator[tuple[str, Bearer]]:
    """Each kind of signed token once, with the name of an identity that holds it.

    Ends in Skip when nobody holds one, and in Incomplete when somebody could not log in.
    """
    if not site.identities:
        raise Skip("needs an identity in the targets file")
    kinds: set[tuple[str, ...]] = set()
    failures: list[Incomplete] = []
    for name in site.identities:
        try:
            bearer = await site.deployment.sessions.bearer(name)
        except Skip:
            continue
        except Incomplete as why:
            failures.append(why)
            continue
        kind = _kind(bearer)
        if kind and kind not in kinds:
            kinds.add(kind)
            yield name, bearer
    if failures:
        raise Incomplete("; ".join(map(str, failures)), failures[0].mend)
    if not kinds:
        raise Skip("no identity of the targets file holds a signed token")


def _kind(bearer: Bearer) -> tuple[str, ...]:
    """What makes its verifier another one; empty for what is no signed token."""
    try:
        header, claims = read(bearer.token)
    except ValueError:
        return ()
    url = bearer.check.url if bearer.check else ""
    return bearer.header, bearer.value, str(header.get("alg")), str(claims.get("iss")), url


async def find_door(site: Site, name: str, bearer: Bearer) -> Door:
    """Raises Incomplete when nothing is known that lets the token in and nobody else."""
    tried = 0
    async for line, contains in _candidates(site, name, bearer):
        tried += 1
        carried = _carried(bearer, await site.deployment.sessions.token(name))
        try:
            genuine = await site.get(line, headers=carried), await site.get(line, headers=carried)
            stranger = await site.get(line)
        except Refused:
            continue
        works = genuine[0].is_success and contains in genuine[0].text
        if works and not alike(stranger, genuine, names_of(site.target)):
            return Door(name, bearer, line, contains, genuine)
        if tried == _CANDIDATES:
            break
    raise Incomplete(
        f"nothing is known that lets the token of {name} in and refuses visitors without one",
        "give the login a `check` that needs the token, with `contains`",
    )


async def _candidates(site: Site, name: str, bearer: Bearer) -> AsyncIterator[tuple[str, str]]:
    """Request targets that may need the token, with text that must be in their answers."""
    check = bearer.check
    if check is not None and check.url.startswith("/") and not check.url.startswith("//"):
        username = site.target.identities[name].username or name
        yield check.url, (check.contains or "").replace("{username}", username)
    public = {
        seen(page).path async for page in site.pages() if page.is_success and not _whose(page)
    }
    async for page in site.acting_as(name).pages():
        path = seen(page).path
        if page.is_success and path not in public and path.startswith("/"):
            yield path, ""


def _whose(page: httpx.Response) -> str:
    return seen(page).identity


def _carried(bearer: Bearer, token: str) -> tuple[tuple[str, str], ...]:
    return ((bearer.header, bearer.value.replace("{token}", token)),)
