"""Trying a password at a login that the targets file names, as a stranger would."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from scanner.contract import Incomplete
from scanner.scope import Origin
from scanner.site.login import Caller, LoginFailed
from scanner.site.site import Site
from scanner.targets import Identity, Login, Secret


@dataclass(frozen=True)
class Guess:
    """One password tried: the answer to it, whether it let us in, and else why not."""

    answer: httpx.Response
    let_in: bool
    why: str = ""

    @property
    def seconds(self) -> float:
        """How long the answer to the credentials took."""
        return float(self.answer.extensions["elapsed"])


async def guess(site: Site, login: Login, username: str, password: str) -> Guess:
    """Try `password` for `username` with a session of its own; 429 is an answer like others.

    Raises Incomplete when the login cannot even be asked, and what `Site.send` raises.
    """
    identity = Identity(username=username, password=Secret(password, password))
    by = site.tasting_limits().by
    caller = Caller(site.deployment, username, identity, login, by)
    try:
        entered = await caller.enter()
    except LoginFailed as why:
        if why.answer is None:
            raise Incomplete(f"the login cannot be tried: {why}") from None
        return Guess(why.answer, let_in=False, why=str(why))
    if entered.answer is None:
        raise Incomplete("the login takes no password")
    return Guess(entered.answer, let_in=True)


def is_of_the_target(site: Site, login: Login) -> bool:
    """Whether `login` takes passwords, and on the target's own origin."""
    how = login.json_ or login.form
    if how is None:
        return False
    if how.url.startswith("/") and not how.url.startswith("//"):
        return True
    return bool(urlsplit(how.url).hostname) and Origin.of(how.url) == site.origin
