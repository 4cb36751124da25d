"""What a crawl left out, counted and named, and whether that makes it less than whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from scanner.site.answer import is_html, seen
from scanner.text import counted, one_line

_NAMED = 40
_KEPT = 1_000
_LOGIN = re.compile(r"(?:^|[/_.-])(?:log-?in|sign-?in|auth|sso)(?:[/?_.-]|$)", re.I)
_OUT_OF_SCOPE = ("not in scope.include", "scope.exclude", "scope.never")


@dataclass
class Leavings:
    """`cut` holds the reasons why a crawl is not whole; the rest becomes its notes."""

    identity: str
    cut: list[str] = field(default_factory=list)
    unvisited: int = 0
    twins: int = 0
    elsewhere: Counter[str] = field(default_factory=Counter)
    bounded: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._hosts: Counter[str] = Counter()
        self._refused: dict[str, str] = {}
        self._failed: list[str] = []
        self._failures = 0
        self._to_login = 0
        self._pages = 0

    def other_host(self, netloc: str) -> None:
        known = netloc in self._hosts or len(self._hosts) < _KEPT
        self._hosts[netloc if known else "further hosts"] += 1

    def refused(self, line: str, why: str) -> None:
        """A request that the gate does not let out. Each is counted once."""
        if len(self._refused) < _KEPT:
            self._refused.setdefault(line, why)

    def failed(self, url: str, error: Exception) -> None:
        self._failures += 1
        if len(self._failed) < 3:
            said = str(error) or type(error).__name__
            self._failed.append(f"{urlsplit(url).path}: {said}")

    def answered(self, response: httpx.Response, *, is_root: bool) -> None:
        """Look at an answer for what it says about the crawl as a whole."""
        status, path = response.status_code, urlsplit(seen(response).url).path
        if is_root and status >= 500:
            self.cut.append(f"the start page {path} answered {status}")
        if 300 <= status < 400:
            location = response.headers.get("location", "")[:2_000].partition("?")[0]
            self._to_login += bool(_LOGIN.search(location))
        elif response.is_success and is_html(response) and not _LOGIN.search(path):
            self._pages += 1
        if response.extensions.get("cut") and (is_html(response) or "json" in _type(response)):
            self.cut.append(f"{path} is longer than is read of one answer")

    @property
    def reason(self) -> str:
        """Why the crawl is not whole; empty when it is."""
        reasons = list(dict.fromkeys(self.cut))
        if len(reasons) > 5:
            reasons[5:] = [f"and {len(reasons) - 5} reasons like these"]
        if self.unvisited:
            reasons.append(f"{counted(self.unvisited, 'known page')} not visited")
        for why, number in self.bounded.most_common(5):
            reasons.append(f"{counted(number, 'link')} not followed: {why}")
        if self._failures:
            told = "; ".join(self._failed)
            reasons.append(f"{counted(self._failures, 'page')} did not answer ({told})")
        if self.identity and self._to_login and not self._pages:
            reasons.append(f"every page sends {self.identity} to a login page")
        return one_line("; ".join(reasons), 600)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out and is no shortfall, in whole sentences."""
        who = f" (as {self.identity})" if self.identity else ""
        return tuple(one_line(f"{note}{who}", 2_000) for note in self._notes())

    def _notes(self) -> Iterator[str]:
        out = {ln: w for ln, w in self._refused.items() if w.startswith(_OUT_OF_SCOPE)}
        dangerous = [line for line in self._refused if line not in out]
        if dangerous:
            yield f"not asked, because they look as if they change something: {_listed(dangerous)}"
        if out:
            yield f"links left out by the target's scope: {_listed(list(out))}"
        if self._hosts:
            told = [f"{host} ({number})" for host, number in self._hosts.most_common()]
            yield f"links to other hosts, not followed: {_listed(told)}"
        if self.elsewhere:
            told = [f"{scheme}: ({number})" for scheme, number in self.elsewhere.most_common()]
            yield f"references that are no web address: {_listed(told)}"
        if self.files:
            told = [f"{number} {kind}" for kind, number in self.files.most_common()]
            yield f"files like those that were read, not read: {_listed(told)}"
        if self.twins:
            yield (
                f"{counted(self.twins, 'page')} like many others byte for byte: "
                "their links were not followed"
            )
        if not self.identity and self._to_login and not self._pages:
            yield "every page leads to a login page: give an identity to see more"


def _listed(items: list[str]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(items[:_NAMED]) + more


def _type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).lower()
