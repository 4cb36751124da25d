"""What a page makes of a value: where it comes back, and which characters survive."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checks.injection._xss_payloads import SPECIAL
from scanner import Site
from scanner.site.answer import may_render
from scanner.site.proving import random_word, try_step
from scanner.site.reflection import Context, contexts
from scanner.site.spot import Spot


@dataclass(frozen=True)
class Learned:
    """Where a value comes back (after `lead`, without which it does not), and what survives.

    `is_sure` is false where a mark beside a character is missing: cut off, taken out with its
    neighbours, or refused for one of them. Another character may pass alone, so all of those
    may survive.
    """

    lead: str
    places: tuple[Context, ...]
    survive: frozenset[str]
    is_sure: bool


async def learn(site: Site, spot: Spot) -> Learned | None:
    """Two or three harmless requests. None where nothing comes back in a page."""
    for lead in dict.fromkeys(("", spot.value)):
        word = random_word(8)
        response, _ = await try_step(site, spot.request(f"{lead}{word}"), ())
        if not may_render(response):
            continue
        if places := contexts(response.text, f"{lead}{word}") or contexts(response.text, word):
            survive, is_sure = await _survivors(site, spot, lead, response.status_code)
            return Learned(lead, tuple(places), survive, is_sure)
    return None


async def _survivors(site: Site, spot: Spot, lead: str, status: int) -> tuple[frozenset[str], bool]:
    """What of `SPECIAL` comes back as it is in one place at least; with a backslash, as that.

    Another status than before is the answer of another page: one of the characters was refused
    or broke something, and what that page escapes says nothing of this one.
    """
    word = random_word(8)
    written = "".join(f"{special}z{n}z" for n, special in enumerate(SPECIAL))
    response, _ = await try_step(site, spot.request(f"{lead}{word}{written}"), ())
    if response.status_code != status:
        return frozenset(SPECIAL), False
    places = re.split(word, response.text, flags=re.I)[1:]
    survive: set[str] = set()
    is_sure = bool(places)
    for number, special in enumerate(SPECIAL):
        between = [_before_mark(place, number) for place in places]
        is_sure = is_sure and None not in between
        if not between or None in between or special in between:
            survive.add(special)
        elif f"\\{special}" in between:
            survive.add(f"\\{special}")
    return frozenset(survive), is_sure


def _before_mark(place: str, number: int) -> str | None:
    """What stands between one mark and the next; None where one of them is missing."""
    start = f"z{number - 1}z" if number else "^"
    found = re.search(f"{start}(.{{0,12}}?)z{number}z", place[:400], re.I | re.S)
    return found[1].lower() if found else None
