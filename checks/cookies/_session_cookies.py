"""The session cookies that a site sets, with what shows each of them again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from checks.cookies._session_like import is_session_like
from scanner import HeaderMatches, Proof, Site, Skip
from scanner.proof import Step
from scanner.site.answer import again, seen
from scanner.site.set_cookie import SetCookie, cookies_set


@dataclass(frozen=True, slots=True)
class Sighting:
    """A session cookie, the answer that set it, and the step of a proof that sees it again."""

    cookie: SetCookie
    answer: httpx.Response
    step: Step

    @property
    def over_https(self) -> bool:
        return seen(self.answer).url.startswith("https:")

    def proof(self, *, without: str = "", with_: str = "") -> Proof:
        """That the cookie is set again, without an attribute and with another, as patterns."""
        pattern = rf"^\s*{re.escape(self.cookie.name)}\s*=[^;]"
        if without:
            pattern += rf"(?i:(?!.*;\s*(?:{without})\s*(?:[=;]|$)))"
        if with_:
            pattern += rf"(?i:(?=.*;\s*(?:{with_})\s*(?:;|$)))"
        return Proof((self.step,), (HeaderMatches("set-cookie", pattern),))


async def session_cookies(site: Site) -> AsyncIterator[Sighting]:
    """Every session cookie that browsers take, as often as it is set: by pages and by logins.

    `expect.cookies` of the targets file names further ones. Raises Skip when there is none.
    """
    found = False
    async for page in site.pages():
        for cookie in _of_sessions(site, page, at_login=False):
            found = True
            yield Sighting(cookie, page, again(page))
    for step, answer in await site.logins():
        for cookie in _of_sessions(site, answer, at_login=True):
            found = True
            yield Sighting(cookie, answer, step)
    if not found:
        raise Skip("no answer sets a session cookie")


def _of_sessions(site: Site, answer: httpx.Response, *, at_login: bool) -> Iterator[SetCookie]:
    named, host = site.target.expect.cookies, urlsplit(seen(answer).url).hostname or ""
    for cookie in cookies_set(answer):
        judged = cookie.name in named or is_session_like(cookie, at_login=at_login)
        if judged and cookie.fits(host):
            yield cookie
