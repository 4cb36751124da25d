from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx

from checks.headers._documents import documents
from checks.headers._header import as_seen, values
from scanner import Finding, HeaderAbsent, HeaderMatches, Severity, Site, check
from scanner.proof import Expectation
from scanner.site.answer import kind_of
from scanner.site.csp import is_anywhere, policies

_CSP = "content-security-policy"
_XFO = "x-frame-options"
_SILENT = HeaderMatches(_CSP, r"(?i)^(?!(?:.*[;,])?\s*frame-ancestors(?:[\s;,]|$))")


@check(
    id="headers/framing",
    title="Page that other sites can put into a frame",
    severity=Severity.MEDIUM,
    cwe=1021,
    owasp=("ASVS-5.0.0-3.4.6", "A05:2021", "A02:2025"),
    controls=("WW-HDR-001", "WW-HDR-006"),
)
async def framing(site: Site) -> AsyncIterator[Finding]:
    """
    Looks for HTML pages that any site may show in a frame: without `frame-ancestors` in an
    enforced policy and without `X-Frame-Options`, or with values that do not restrict it.
    Browsers ignore `ALLOW-FROM`, a `frame-ancestors` in a `<meta>`, and `X-Frame-Options`
    beside `frame-ancestors`. Error pages count where there is a form on them.

    ## Why it matters
    A hostile site lays the page, invisible, over something harmless. The visitor clicks on that,
    and in truth presses a button here, with their own session.

    ## How to fix it
    Say who may frame the pages; `'none'` if nobody needs to:

    ```
    Content-Security-Policy: frame-ancestors 'self'
    ```

    `X-Frame-Options: SAMEORIGIN` (or `DENY`) says the same to old browsers.

    ## References
    - [CSP Level 3: frame-ancestors](https://www.w3.org/TR/CSP3/#directive-frame-ancestors)
    - [HTML: X-Frame-Options](https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-x-frame-options-header)
    - [OWASP Clickjacking Defense Cheat Sheet](https://cheatsheetseries.owasp.org/cheatsheets/Clickjacking_Defense_Cheat_Sheet.html)
    - [CWE-1021](https://cwe.mitre.org/data/definitions/1021.html)
    """
    async for page in documents(site):
        if kind_of(page) == "error" and b"<form" not in page.content.lower():
            continue
        if fault := _fault(page):
            about, message, expect = fault
            yield framing.at(page, message, *expect, about=about)


def _fault(page: httpx.Response) -> tuple[str, str, tuple[Expectation, ...]] | None:
    """What lets everybody frame the page: its name, in words, and what shows it."""
    rules = [policy.deciding(("frame-ancestors",)) for policy in policies(page)]
    if ancestors := [rule for rule in rules if rule]:
        anybody = [next(filter(is_anywhere, rule.sources), "") for rule in ancestors]
        if not all(anybody):
            return None
        message = f"frame-ancestors {anybody[0]} lets every site put this page into a frame."
        return f"frame-ancestors {anybody[0]}", message, tuple(map(_names, anybody))
    given = {value.lower() for value in values(page, _XFO)}
    # Browsers refuse to frame what contradicts itself, as soon as one value means something.
    if given & {"deny", "sameorigin"} or (len(given) > 1 and "allowall" in given):
        return None
    absent = as_seen(page, _CSP)
    expect = (as_seen(page, _XFO), absent if isinstance(absent, HeaderAbsent) else _SILENT)
    if not given:
        return "frame-ancestors absent", "Any site can put this page into a frame.", expect
    written = ", ".join(values(page, _XFO))
    return "x-frame-options", f"Browsers ignore this X-Frame-Options: {written}", expect


def _names(source: str) -> HeaderMatches:
    before = r"(?i)(?:^|[;,])\s*frame-ancestors\s(?:[^;,]*\s)?"
    return HeaderMatches(_CSP, rf"{before}{re.escape(source)}(?:[\s;,]|$)")
