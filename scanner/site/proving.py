"""Running a proof: its holes filled afresh, its steps sent, its expectations asked."""

from __future__ import annotations

import random
import secrets
import string
from dataclasses import dataclass

import httpx

from scanner.contract import Incomplete
from scanner.model import Exchange
from scanner.proof import (
    Apart,
    Certificate,
    Expectation,
    Forged,
    Hello,
    Hole,
    LogIn,
    Number,
    Product,
    Proof,
    Request,
    Word,
)
from scanner.site.comparison import names_of
from scanner.site.evidence import curl, exchange, handshake_line
from scanner.site.expecting import Answer, Handshake, filled, holds, taken
from scanner.site.site import Site


@dataclass(frozen=True, slots=True)
class Proven:
    """What came of a proof. `against` says which expectation did not hold, if one did not."""

    holds: bool
    against: str
    evidence: tuple[Exchange, ...]
    curl: str


async def prove(site: Site, proof: Proof) -> Proven:
    """Run `proof` on `site` with fresh values.

    Raises what `Site.send` raises when a step could not be asked: that is neither a yes
    nor a no.
    """
    try:
        values = await _fill(site, proof.holes)
    except ValueError as why:
        # A token that cannot be forged so any more is a flaw that is gone.
        return Proven(False, str(why), (), "")
    answers: list[Answer] = []
    sent: list[Request | None] = []
    for step in proof.steps:
        if isinstance(step, Request):
            request = filled(step, values)
            response = await _ask(site, request)
            for take in step.takes:
                values[take.name] = taken(take, response)
            answers.append(response)
            sent.append(request)
        elif isinstance(step, LogIn):
            answers.append(await _log_in(site, step))
            sent.append(None)
        else:
            answers.append(await _shake_hands(site, step))
            sent.append(None)
    names = names_of(site.target)
    against = next((_said(e) for e in proof.expect if not holds(e, answers, values, names)), "")
    shown = sent[proof.shows]
    return Proven(
        holds=not against,
        against=against,
        evidence=tuple(_evidence(step, a) for step, a in zip(proof.steps, answers, strict=True)),
        curl=_curl(site, shown) if shown else _handshake_line(site, proof.steps[proof.shows]),
    )


async def _fill(site: Site, holes: tuple[Hole, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for hole in holes:
        match hole:
            case Word(name, length):
                values[name] = random_word(length)
            case Number(name, digits):
                values[name] = str(10 ** (digits - 1) + secrets.randbelow(9 * 10 ** (digits - 1)))
            case Product(name, left, right):
                values[name] = str(int(values[left]) * int(values[right]))
            case Forged(name, identity, how):
                from scanner.site.tokens import forge

                token = await site.deployment.sessions.token(identity)
                values[name] = forge(token, how)
    return values


def random_word(length: int = 10) -> str:
    """A fresh word of lower-case letters that no application says by itself."""
    return "".join(random.SystemRandom().choices(string.ascii_lowercase, k=length))


async def try_step(
    site: Site, step: Request, holes: tuple[Hole, ...]
) -> tuple[httpx.Response, dict[str, str]]:
    """Send one step of a proof that is still to be found; also what its holes were filled with."""
    values = await _fill(site, holes)
    return await _ask(site, filled(step, values)), values


async def _ask(site: Site, request: Request) -> httpx.Response:
    asker = site.acting_as(request.identity)
    return await asker.send(
        request.method, request.target, headers=request.headers, body=request.body
    )


async def _log_in(site: Site, step: LogIn) -> Answer:
    answer = await site.deployment.sessions.log_in_anew(step)
    return answer or Handshake((), f"{step.method} {step.target} sets no cookie any more")


async def _shake_hands(site: Site, step: Hello | Certificate) -> Handshake:
    if isinstance(step, Certificate):
        judgement = await site.certificate()
        return Handshake(judgement.faults, judgement.said)
    answer = await site.hello(step.version)
    if answer.kind == "foreign":
        raise Incomplete(f"the server speaks no TLS: {answer.said}", "correct the url")
    sign = "accepted" if answer.accepted else "refused"
    return Handshake((sign,), f"{sign}: {answer.said}")


def _said(expect: Expectation) -> str:
    where = "" if isinstance(expect, Apart) else f" at step {expect.step}"
    return f"{type(expect).__name__} did not hold{where}"


def _evidence(step: object, answer: Answer) -> Exchange:
    if isinstance(answer, httpx.Response):
        return exchange(answer, conceal=_conceals(step))
    asked = f"ClientHello {step.version}" if isinstance(step, Hello) else "TLS handshake"
    return Exchange(f"login as {step.identity}" if isinstance(step, LogIn) else asked, answer.said)


def _conceals(step: object) -> bool:
    return isinstance(step, LogIn) or (isinstance(step, Request) and step.conceal)


def _curl(site: Site, step: Request) -> str:
    credential = ""
    if step.identity:
        credential = site.deployment.sessions.credential(step.identity, step.target)
    return curl(str(site.origin), step, credential=credential, verify=site.target.verify)


def _handshake_line(site: Site, step: object) -> str:
    if isinstance(step, LogIn):
        return ""  # its line would have to hold the password
    verify = site.target.verify
    version = step.version if isinstance(step, Hello) else ""
    return handshake_line(site.origin, version, ca=verify if isinstance(verify, str) else "")
