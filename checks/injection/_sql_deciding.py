"""Whether answers follow a condition that only a database can read: learned, then as a proof."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from checks.injection._sql_contexts import BROKEN, FALSE, TRUE, Context, nonsense
from scanner import Apart, Number, Proof, Request, Site, Word
from scanner.site.comparison import Reading, apart, differ, moving, read
from scanner.site.proving import try_step
from scanner.site.spot import Spot

_ROUNDS = "TFFTBTFTBFTFBTFB"
"""The requests of a proof. No rhythm of a page's own changes can follow it."""

_BLOCKED = (403, 406)


@dataclass(frozen=True)
class Answer:
    response: httpx.Response
    reading: Reading
    values: tuple[str, ...]


@dataclass(frozen=True)
class Learned:
    """What a spot's answers are like.

    `dull` are the answers to a value that does not exist and, where it is refused, to a
    condition; `noise` is what differs between equal requests; `matters` says that the seen value
    is answered otherwise.
    """

    seen: Answer
    dull: tuple[Answer, ...]
    noise: tuple[tuple[str, str], ...]
    matters: bool
    is_noisy: bool

    def is_dull(self, answer: Answer, errors_count: bool) -> bool:
        dull = self.dull[:1] if errors_count else self.dull
        return not all(self.tells(answer, known) for known in dull)

    def tells(self, one: Answer, other: Answer) -> bool:
        """Whether two answers differ in more than what moves by itself."""
        return differ(one.reading, other.reading, self.noise)


async def learn(site: Site, spot: Spot, first: Context) -> Learned:
    """Ask for the seen value and for what does not exist.

    A condition that is false should find as little. Where it does not, each is asked once
    more, for what changes by itself.
    """
    absent = nonsense(spot)
    seen = await _ask(site, spot.request(spot.value), ())
    nothing = await _try(site, spot, absent, FALSE)
    false = await _try(site, spot, first, FALSE)
    noise: list[tuple[str, str]] = []
    is_noisy = False
    if differ(nothing.reading, false.reading):
        for known, context in ((nothing, absent), (false, first)):
            again = await _try(site, spot, context, FALSE)
            noise += moving(known.reading, again.reading)
            is_noisy = is_noisy or differ(known.reading, again.reading)
    matters = differ(seen.reading, nothing.reading, noise)
    refused = 400 <= false.response.status_code < 500
    dull = (nothing, false) if refused else (nothing,)
    return Learned(seen, dull, tuple(noise), matters, is_noisy)


async def decides(site: Site, spot: Spot, context: Context, learned: Learned) -> bool:
    """Whether the answers follow the condition; the first request rules most contexts out."""
    order = (TRUE, FALSE) if context.widens or learned.matters else (FALSE, TRUE)
    first = await _try(site, spot, context, order[0])
    # Where the false condition is asked first, an error is what it shall find.
    if learned.is_dull(first, errors_count=order[0] == FALSE):
        return False
    second = await _try(site, spot, context, order[1])
    true, false = (first, second) if order[0] == TRUE else (second, first)
    if not learned.tells(true, false) or _is_refusal(true.response):
        return False
    broken = await _try(site, spot, context, BROKEN)
    if not learned.tells(true, broken):
        return False
    trues, others = [true], [false, broken]
    for _ in range(3 if learned.is_noisy else 1):
        others.append(await _try(site, spot, context, FALSE))
        trues.append(await _try(site, spot, context, TRUE))
    own = [value for answer in (*trues, *others) for value in answer.values]
    return apart([one.response for one in trues], [one.response for one in others], own)


def proof(spot: Spot, context: Context) -> Proof:
    """Requests with fresh words: true, false and broken ones in turn."""
    kinds = {"T": TRUE, "F": FALSE, "B": BROKEN}
    steps = tuple(_step(spot, context, kinds[kind], n) for n, kind in enumerate(_ROUNDS))
    true = tuple(number for number, kind in enumerate(_ROUNDS) if kind == "T")
    other = tuple(number for number, kind in enumerate(_ROUNDS) if kind != "T")
    filling = tuple(hole for number in range(len(_ROUNDS)) for hole in context.holes(number))
    return Proof(steps, (Apart(true, other),), filling, shows=0)


def _step(spot: Spot, context: Context, which: int, number: int = 0) -> Request:
    return spot.request(context.payload(which, number))


def _is_refusal(response: httpx.Response) -> bool:
    return response.status_code in _BLOCKED or response.status_code >= 500


async def _try(site: Site, spot: Spot, context: Context, which: int) -> Answer:
    return await _ask(site, _step(spot, context, which), context.holes(0))


async def _ask(site: Site, request: Request, holes: tuple[Word | Number, ...]) -> Answer:
    response, values = await try_step(site, request, holes)
    own = tuple(values.values())
    return Answer(response, read(response, own), own)
