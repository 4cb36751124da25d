from __future__ import annotations

import re
from collections.abc import AsyncIterator

from checks.headers._header import as_seen
from scanner import Also, Finding, Severity, Site, Skip, check
from scanner.site.answer import seen
from scanner.text import counted

_NAME = "strict-transport-security"
_DIRECTIVE = re.compile(r"""\s*([!#$%&'*+.^`|~\w-]+)\s*(?:=\s*([!#$%&'*+.^`|~\w-]+|"[^"]*")\s*)?""")
_DAY = 24 * 60 * 60
_YEAR = 365 * _DAY


@check(
    id="headers/hsts",
    title="Https answer without Strict-Transport-Security",
    severity=Severity.MEDIUM,
    cwe=319,
    owasp=("ASVS-5.0.0-3.4.1", "A02:2021", "A05:2021", "A04:2025"),
    controls=("WW-HDR-004", "WW-HDR-006"),
    also=(Also("short", "Strict-Transport-Security for less than a year", Severity.LOW),),
)
async def hsts(site: Site) -> AsyncIterator[Finding]:
    """
    Looks for answers over https without a valid `Strict-Transport-Security`, or with one that
    holds for less than a year. Of several such headers browsers read the first only, and a
    header with a mistake in it counts for nothing. Over http browsers ignore the header.

    ## Why it matters
    Who types a name without `https://` starts over http. Somebody on the way, in the same café
    or at the provider, can keep them there and read and change everything. A browser that has
    seen this header never asks over http again.

    ## How to fix it
    Let the outermost server send it with every https answer, errors and redirects included
    (nginx: `add_header … always`):

    ```
    Strict-Transport-Security: max-age=31536000; includeSubDomains
    ```

    Start with a short time, and raise it once everything works over https.

    ## References
    - [RFC 6797](https://www.rfc-editor.org/rfc/rfc6797)
    - [MDN: Strict-Transport-Security](https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security)
    - [CWE-319](https://cwe.mitre.org/data/definitions/319.html)
    """
    over_https = False
    async for answer in site.pages():
        if not seen(answer).url.startswith("https:"):
            continue
        over_https = True
        if fault := _fault(answer.headers.get_list(_NAME)):
            about, message = fault
            rule = "short" if about == "short" else ""
            shown = as_seen(answer, _NAME)
            yield hsts.at(answer, message, shown, rule=rule, about=f"{_NAME} {about}")
    if not over_https:
        raise Skip("the target is not served over https")


def _fault(lines: list[str]) -> tuple[str, str] | None:
    """What is wrong, as a name and in words. Of several lines browsers read the first."""
    if not lines:
        return "absent", "This answer sets no Strict-Transport-Security."
    seconds = max_age(lines[0])
    if seconds is None:
        return "invalid", "Browsers ignore this Strict-Transport-Security: it is malformed."
    if seconds == 0:
        return "off", "max-age=0 makes browsers forget that this host wants https."
    if seconds < _YEAR:
        days = counted(seconds // _DAY, "day")
        return "short", f"Strict-Transport-Security holds for {days}, less than a year."
    return None


def max_age(value: str) -> int | None:
    """The seconds that a header asks for; None when browsers ignore it (RFC 6797, 6.1)."""
    found: dict[str, str] = {}
    for part in value.split(";"):
        if not part.strip():
            continue
        match = _DIRECTIVE.fullmatch(part)
        if match is None or match[1].lower() in found:
            return None
        found[match[1].lower()] = (match[2] or "").strip('"')
    seconds = found.get("max-age", "")
    return int(seconds[:20]) if re.fullmatch("[0-9]+", seconds) else None
