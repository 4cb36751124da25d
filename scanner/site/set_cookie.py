"""Set-Cookie lines as browsers read them (RFC 6265bis, 5.6)."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_BYTES = 4096
_MAX_ATTRIBUTES = 40


@dataclass(frozen=True, slots=True)
class SetCookie:
    """One Set-Cookie line. Of an attribute that comes twice the last one counts.

    `path` and `domain` are empty where the line does not say; `same_site` is strict, lax, none
    or, where browsers decide, empty. `ends` says that the cookie is taken back.
    """

    name: str
    value: str
    path: str = ""
    domain: str = ""
    secure: bool = False
    http_only: bool = False
    same_site: str = ""
    ends: bool = False

    def fits(self, host: str) -> bool:
        """Whether `host` may set it: for itself, or for a domain above it."""
        above = "." in self.domain and host.endswith(f".{self.domain}")
        return not self.domain or self.domain == host or above

    @property
    def keeps_its_prefix(self) -> bool:
        """Whether it is what `__Secure-` or `__Host-` in its name promises. Browsers refuse
        a cookie that is not."""
        name = self.name.lower()
        if name.startswith("__host-"):
            return self.secure and not self.domain and self.path == "/"
        return self.secure or not name.startswith("__secure-")


def read(line: str) -> SetCookie | None:
    """The cookie of one line; None where browsers take nothing."""
    pair, *attributes = line.split(";")
    name, equals, value = pair.partition("=")
    name, value = name.strip(), value.strip()
    if not equals or not name or len(pair) > _MAX_BYTES or _CONTROL.search(line):
        return None
    given: dict[str, str] = {}
    for attribute in attributes[:_MAX_ATTRIBUTES]:
        key, _, text = attribute.partition("=")
        key, text = key.strip().lower(), text.strip()
        if key != "max-age" or re.fullmatch(r"-?[0-9]+", text):
            given[key] = text
    path, same_site = given.get("path", ""), given.get("samesite", "").lower()
    return SetCookie(
        name=name,
        value=value,
        path=path if path.startswith("/") else "",
        domain=given.get("domain", "").removeprefix(".").lower(),
        secure="secure" in given,
        http_only="httponly" in given,
        same_site=same_site if same_site in ("strict", "lax", "none") else "",
        ends=_ends(given),
    )


def cookies_set(response: httpx.Response) -> list[SetCookie]:
    """The cookies that are there after `response`: a later line takes the place of an earlier
    one that sets the same cookie."""
    found: dict[tuple[str, str, str], SetCookie] = {}
    for name, raw in response.headers.raw:
        if name.lower() == b"set-cookie" and (cookie := read(raw.decode("utf-8", "replace"))):
            found[cookie.name, cookie.path, cookie.domain] = cookie
    return [cookie for cookie in found.values() if not cookie.ends]


def _ends(given: dict[str, str]) -> bool:
    if "max-age" in given:
        return given["max-age"].startswith("-") or not given["max-age"].strip("0")
    try:
        return (
            parsedate_to_datetime(given.get("expires", "").replace("-", " ")).timestamp()
            < time.time()
        )
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
