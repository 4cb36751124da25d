"""The cookies of one session: parsed tolerantly, kept by host and path (RFC 6265)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from scanner.site.set_cookie import read

_SESSION_NAME = re.compile(r"sess|sid$|^sid|auth|token|jwt|remember|connect\.", re.I)
_MAX_COOKIES = 100


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie. `host` is a domain with its subdomains when `wide`, else one host.

    `same_site` is strict, lax or none; empty where the attribute is missing or unknown.
    """

    name: str
    value: str
    host: str
    path: str
    wide: bool = False
    same_site: str = ""

    def goes_to(self, host: str, path: str) -> bool:
        """Whether a request for `path` on `host` carries it (RFC 6265, 5.1.3 and 5.1.4)."""
        if host != self.host and not (self.wide and host.endswith(f".{self.host}")):
            return False
        return path == self.path or path.startswith(f"{self.path.rstrip('/')}/")

    @property
    def is_secret(self) -> bool:
        """Whether its value looks like a credential, not like a preference."""
        return len(self.value) >= (6 if _SESSION_NAME.search(self.name) else 16)


class Jar:
    """The cookies of one identity. Bytes that are no text survive the way in and out again.

    `Secure` is not asked for: an application under test on loopback is often plain http, and
    no cookie ever leaves for another host than its own.
    """

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], Cookie] = {}

    def __iter__(self) -> Iterator[Cookie]:
        return iter(self._cookies.values())

    def __bool__(self) -> bool:
        return bool(self._cookies)

    def absorb(self, host: str, line: str, response: httpx.Response) -> list[Cookie]:
        """Take the Set-Cookie lines of the answer to `line`; returns those that are new."""
        fresh = []
        for name, raw in response.headers.raw:
            if name.lower() != b"set-cookie":
                continue
            cookie, lives = _parsed(raw.decode("utf-8", "surrogateescape"), host, line)
            if cookie is None:
                continue
            key = (cookie.host, cookie.path, cookie.name)
            if not lives:
                self._cookies.pop(key, None)
            elif key in self._cookies or len(self._cookies) < _MAX_COOKIES:
                if self._cookies.get(key) != cookie:
                    fresh.append(cookie)
                self._cookies[key] = cookie
        return fresh

    def header(self, host: str, line: str) -> str:
        """The value of the Cookie header for a request, longer paths first; may be empty."""
        path = line.partition("?")[0]
        chosen = [cookie for cookie in self._cookies.values() if cookie.goes_to(host, path)]
        chosen.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in chosen)

    def credential(self, host: str) -> Cookie | None:
        """The cookie of `host` that most likely is the session."""
        mine = [c for c in self._cookies.values() if c.value and c.goes_to(host, c.path)]
        ranked = sorted(mine, key=lambda c: (bool(_SESSION_NAME.search(c.name)), len(c.value)))
        return ranked[-1] if ranked else None


def _parsed(line: str, host: str, asked: str) -> tuple[Cookie | None, bool]:
    """The cookie of one Set-Cookie line, and whether it lives on or is taken back."""
    found = read(line)
    if found is None or not found.fits(host):
        return None, False
    path, domain = found.path or _default_path(asked), found.domain or host
    cookie = Cookie(found.name, found.value, domain, path, bool(found.domain), found.same_site)
    return cookie, not found.ends


def _default_path(line: str) -> str:
    return line.partition("?")[0].rpartition("/")[0] or "/"
