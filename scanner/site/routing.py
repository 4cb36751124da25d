"""Which words of a path are values: the application answers those that it cannot know."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

import httpx

from scanner.gate import Refused
from scanner.site.comparison import alike
from scanner.site.proving import random_word
from scanner.site.site import Site
from scanner.site.spot import Spot
from scanner.site.surface import Endpoint, Parameter

_LEAVES = 2
"""How many of a folder's paths are tried: a value that exists, and one more."""

_FOLDERS = 300
"""So many are asked; the paths of further ones wait at the end of the queue unasked."""


async def routed(site: Site, endpoints: Iterable[Endpoint], known: Iterable[Spot]) -> list[Spot]:
    """Spots at the end of paths such as `/users/ann`, where the route takes any word.

    A word of ours in that place then answers otherwise than a path that no route can have.
    Folders whose last segment is among `known` are not asked again.
    """
    done = {_folder(spot.endpoint.path) for spot in known if spot.segment >= 0}
    folders: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        folder, name = _folder(endpoint.path), endpoint.path.rpartition("/")[2]
        if endpoint.method == "GET" and name and "." not in name and folder not in done:
            leaves = folders.setdefault(folder, [])
            if all(leaf.path != endpoint.path for leaf in leaves):
                leaves.append(endpoint)
    found: list[Spot] = []
    for number, (folder, leaves) in enumerate(folders.items()):
        if number >= _FOLDERS or await _takes_any_word(site.acting_as(leaves[0].identity), folder):
            found += [_last_segment(leaf) for leaf in leaves[:_LEAVES]]
    return found


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


async def _takes_any_word(site: Site, folder: str) -> bool:
    words = [random_word() for _ in range(5)]
    try:
        there = await site.get(f"{folder}/{words[0]}")
        nowhere = [
            await site.get(f"{folder}/{one}/{two}/{one}") for one, two in (words[1:3], words[3:5])
        ]
    except Refused:
        return False
    except httpx.TransportError:
        return True  # the probe itself will fail, be counted and named
    return not alike(there, nowhere, words)


def _last_segment(endpoint: Endpoint) -> Spot:
    where = endpoint.path.count("/")
    name = unquote(endpoint.path.rpartition("/")[2])
    return Spot(endpoint, Parameter(f"segment {where}", "path", name), where)
