"""Objects that only one identity's pages lead to, asked for by another one."""

from __future__ import annotations

from collections.abc import AsyncIterator

from checks.access._asking import Asking, Read
from checks.access._objects import Thing, by_turns, seen
from checks.access._proofs import of_seen, refusal
from scanner.site.comparison import alike, names_of


async def crawled_objects(asking: Asking, owner: str, reader: str) -> AsyncIterator[Read]:
    """Each object of the crawl as `owner` that `reader` seems to read and nobody else should.

    What `reader` is led to as well is meant for both, and what visitors are let in to for all.
    """
    public = await asking.pages("")
    mine = await asking.pages(owner) - public - {thing.target for thing in asking.owned(owner)}
    if not mine:
        return
    theirs = await asking.pages(reader) - public
    own = {one.shape: one for one in by_turns(_things(theirs - mine))}
    own |= {one.shape: one for one in reversed(asking.owned(reader))}
    username = asking.site.target.identities[owner].username or owner
    for thing in by_turns(_things(mine - theirs)):
        beside = own.get(thing.shape)
        # A page that is called after its owner is how people show themselves to each other.
        if thing.id == username or not (beside or thing.has_an_id):
            continue
        if read := await _read(asking, thing, owner, reader, beside):
            yield read


async def _read(
    asking: Asking, thing: Thing, owner: str, reader: str, own: Thing | None
) -> Read | None:
    got = await asking.get(reader, thing.target)
    if got is None:
        return None
    asking.tried += 1
    if not got.is_success:
        return None
    stranger = await asking.get("", thing.target)
    refused = refusal(stranger) if stranger is not None else ()
    mine = await asking.get(owner, thing.target) if refused else None
    if mine is None or not alike(got, [mine], names_of(asking.site.target)):
        return None
    if own is None:
        asking.undecided += 1
        return None
    return Read(thing, owner, reader, got, of_seen(thing, owner, reader, own, refused))


def _things(targets: set[str]) -> list[Thing]:
    return [thing for target in sorted(targets) if (thing := seen(target))]
