"""Objects that the targets file says are somebody's, asked for by others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

import httpx

from checks.access._asking import Asking, Read
from checks.access._objects import Thing
from checks.access._proofs import of_declared
from scanner.site.comparison import names_of, shows


async def declared_objects(
    asking: Asking, owner: str, readers: Collection[str]
) -> AsyncIterator[Read]:
    """Each object of `owner` that anybody reads, or else one of `readers`."""
    for thing in asking.owned(owner):
        others = [who for who in readers if thing.target not in _targets(asking, who)]
        mine = await asking.get(owner, thing.target) if others else None
        if mine is None:
            continue
        if not mine.is_success:
            asking.missed(
                f"{owner} owns {thing.target} and gets {mine.status_code} for it",
                f"correct identities.{owner}.owns, or the login that serves this path",
            )
            continue
        asking.tried += 1
        if read := await _read(asking, thing, owner, "", mine):
            yield read
            continue
        for who in others:
            if read := await _read(asking, thing, owner, who, mine):
                yield read


async def _read(
    asking: Asking, thing: Thing, owner: str, who: str, mine: httpx.Response
) -> Read | None:
    theirs = await asking.get(who, thing.target)
    if theirs is None or not theirs.is_success:
        return None
    owned = asking.owned(who) if who else []
    own = next((one for one in owned if one.shape == thing.shape), None)
    twice = [mine, await asking.get(owner, thing.target) or mine]
    beyond = [await asking.start_page(owner), await asking.start_page(who)]
    beyond.append(await asking.get(who, own.target) if own else None)
    others = [answer for answer in beyond if answer is not None]
    if not shows(mine, twice, others, names_of(asking.site.target)):
        asking.missed(f"what {owner} gets for {thing.target} shows nothing of its own")
        return None
    if not shows(theirs, twice, others, names_of(asking.site.target)):
        return None
    return Read(thing, owner, who, theirs, of_declared(thing, owner, who, asking.root, own))


def _targets(asking: Asking, who: str) -> set[str]:
    return {thing.target for thing in asking.owned(who)}
