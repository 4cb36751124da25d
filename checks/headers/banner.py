from __future__ import annotations

import re
from collections.abc import AsyncIterator

from scanner import Finding, HeaderMatches, Severity, Site, check

_HEADERS = (
    "server",
    "x-powered-by",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-generator",
    "x-jenkins",
    "x-owa-version",
    "microsoftsharepointteamservices",
    "liferay-portal",
)
_VERSION = r"(?:(?<![\w.])v?|(?<=[A-Za-z]{3}))\d+(?:\.\d+)+|(?<=/)v?\d{1,2}(?![\w.])"
"""2.4.29, PHP8.2, Express/4; but not the 7F84 of a machine's name or a number that stands alone."""


@check(
    id="headers/banner",
    title="Header that tells the version of the software",
    severity=Severity.LOW,
    cwe=497,
    owasp=("ASVS-5.0.0-13.4.6", "A05:2021", "A02:2025", "API8:2023"),
    controls=("WW-API-007", "WW-CFG-001"),
)
async def banner(site: Site) -> AsyncIterator[Finding]:
    """
    Looks for version numbers in headers such as `Server` and `X-Powered-By`. The name of a
    product without its version is left alone.

    ## Why it matters
    Who knows the version knows the published flaws, and need not try them out. Search engines
    for servers list such headers: after each announcement the old versions are found in minutes.

    ## How to fix it
    Switch them off: `server_tokens off` (nginx), `ServerTokens Prod` (Apache),
    `expose_php = Off` (PHP), `enableVersionHeader="false"` (ASP.NET), or let the proxy drop
    them. And keep the software up to date: a hidden version is no mended one.

    ## References
    - [OWASP: Fingerprint Web Server](https://owasp.org/www-project-web-security-testing-guide/stable/4-Web_Application_Security_Testing/01-Information_Gathering/02-Fingerprint_Web_Server)
    - [CWE-497](https://cwe.mitre.org/data/definitions/497.html)
    """
    async for answer in site.pages():
        for name in _HEADERS:
            told = next((v for v in answer.headers.get_list(name) if re.search(_VERSION, v)), "")
            if told:
                shown = HeaderMatches(name, _VERSION)
                message = f"The header {name.title()} tells a version: {told[:80]}"
                yield banner.at(answer, message, shown, about=name)
