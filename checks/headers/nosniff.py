from __future__ import annotations

from collections.abc import AsyncIterator

from checks.headers._header import as_seen, values
from scanner import Finding, Severity, Site, check
from scanner.site.answer import kind_of


@check(
    id="headers/nosniff",
    title="Answer whose type browsers may guess",
    severity=Severity.LOW,
    cwe=693,
    owasp=("ASVS-5.0.0-3.4.4", "A05:2021", "A02:2025", "API8:2023"),
    controls=("WW-HDR-002", "WW-HDR-006"),
)
async def nosniff(site: Site) -> AsyncIterator[Finding]:
    """
    Looks for answers with content that do not say `X-Content-Type-Options: nosniff`. Of several
    values browsers read the first only.

    ## Why it matters
    Browsers guess what an answer is when its type looks wrong. A file that somebody uploaded as
    a text or an image can so become a page or a script of this site, and act as its visitors.

    ## How to fix it
    Send the header with every answer, at best where all of them pass, such as the proxy (nginx:
    `add_header … always`), and give each answer its right `Content-Type`:

    ```
    X-Content-Type-Options: nosniff
    ```

    ## References
    - [Fetch: X-Content-Type-Options](https://fetch.spec.whatwg.org/#x-content-type-options-header)
    - [MDN: X-Content-Type-Options](https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options)
    - [CWE-693](https://cwe.mitre.org/data/definitions/693.html)
    """
    async for answer in site.pages():
        if kind_of(answer) == "redirect" or not answer.content:
            continue
        given = values(answer, "x-content-type-options")
        if given and given[0].lower() == "nosniff":
            continue
        if not given:
            about, message = "absent", "This answer sets no X-Content-Type-Options."
        else:
            about, message = "invalid", "This X-Content-Type-Options does not begin with nosniff."
        expect = as_seen(answer, "x-content-type-options")
        yield nosniff.at(answer, message, expect, about=f"x-content-type-options {about}")
