"""What shows that somebody reads an object of somebody else."""

from __future__ import annotations

import re

import httpx

from checks.access._objects import Thing
from scanner import HasElement, HeaderMatches, Like, Proof, Request, Shows, Status, Unlike
from scanner.proof import Expectation

_OWNER = (0, 1)
_NOBODY, _NOWHERE, _OWN = 2, 3, 4
_LOGIN = r"(?i)log-?in|sign-?in|auth|sso|session"
_PASSWORD = "input[type=password i]"  # noqa: S105  # wallwalk: ignore[bandit/B105] a selector


def of_declared(thing: Thing, owner: str, reader: str, root: str, own: Thing | None) -> Proof:
    """`reader` ("" is nobody) is shown what only the declared object shows.

    It does not count what also stands on start pages, where no object is, and on an object of
    the reader's own: an answer that only says no would have that too.
    """
    steps = [
        _ask(thing.target, owner),
        _ask(thing.target, owner),
        _ask(root, owner),
        _ask(root, reader),
        _ask(thing.nowhere, reader),
        *([_ask(own.target, reader)] if own else []),
    ]
    return Proof(
        steps=(*steps, _ask(thing.target, reader)),
        expect=(
            Status((200, 203, 206), step=0),
            Status((200, 203, 206), step=-1),
            Shows(_OWNER, beyond=tuple(range(2, len(steps))), step=-1),
        ),
        holes=thing.holes,
    )


def of_seen(
    thing: Thing, owner: str, reader: str, own: Thing, refused: tuple[Expectation, ...]
) -> Proof:
    """`reader` gets the owner's page, nobody does, another id has none, and the reader's own
    page is another one."""
    return Proof(
        steps=(
            _ask(thing.target, owner),
            _ask(thing.target, owner),
            _ask(thing.target, ""),
            _ask(thing.nowhere, reader),
            _ask(own.target, reader),
            _ask(thing.target, reader),
        ),
        expect=(
            Status((200, 203, 206), step=0),
            *refused,
            Status((400, 404, 410, 422), step=_NOWHERE),
            Status((200, 203, 206), step=_OWN),
            Unlike(_OWNER, step=_OWN),
            Like(_OWNER, step=-1),
        ),
        holes=thing.holes,
    )


def refusal(answer: httpx.Response) -> tuple[Expectation, ...]:
    """How `answer` to nobody says that a login is needed; empty when it does not."""
    if answer.status_code in (401, 403, 404):
        return (Status((401, 403, 404), step=_NOBODY),)
    if 300 <= answer.status_code < 400:
        if re.search(_LOGIN, answer.headers.get("location", "")):
            return (HeaderMatches("location", _LOGIN, step=_NOBODY),)
        return ()
    if re.search(r"(?i)type=[\"']?password", answer.text):
        return (HasElement(_PASSWORD, step=_NOBODY), Unlike(_OWNER, step=_NOBODY))
    return ()


def _ask(target: str, who: str) -> Request:
    return Request("GET", target, identity=who, conceal=True)
