from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from checks.headers._documents import documents
from checks.headers._header import as_seen
from scanner import Finding, HasElement, Severity, Site, check
from scanner.proof import Expectation
from scanner.site.markup import parsed

_NAME = "referrer-policy"
_TELLING = frozenset(("unsafe-url", "no-referrer-when-downgrade"))
_KNOWN = _TELLING | frozenset(
    "no-referrer same-origin origin strict-origin origin-when-cross-origin "
    "strict-origin-when-cross-origin".split()
)
_FORMER = {
    "always": "unsafe-url",
    "default": "strict-origin-when-cross-origin",
    "never": "no-referrer",
    "origin-when-crossorigin": "origin-when-cross-origin",
}
"""Names that browsers still know in a meta element, and nowhere else."""


@check(
    id="headers/referrer-policy",
    title="Page that tells other sites its whole address",
    severity=Severity.LOW,
    cwe=200,
    owasp=("ASVS-5.0.0-3.4.5", "A05:2021", "A02:2025"),
    controls=(),
)
async def referrer_policy(site: Site) -> AsyncIterator[Finding]:
    """
    Looks for HTML pages whose `Referrer-Policy`, in a header or a `<meta>`, is `unsafe-url` or
    `no-referrer-when-downgrade`. Of several values the last one that browsers know counts. A
    page without any is left alone: browsers then tell other sites the origin only.

    ## Why it matters
    Whoever gets the whole address, such as an advertiser or the owner of a linked site, reads
    what stands in it: search words, names, numbers, and the tokens of reset and invitation
    links.

    ## How to fix it
    Take the header out, or say what browsers do by themselves; `no-referrer` where nobody needs
    to know at all:

    ```
    Referrer-Policy: strict-origin-when-cross-origin
    ```

    ## References
    - [Referrer Policy](https://www.w3.org/TR/referrer-policy/)
    - [MDN: Referrer-Policy](https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Referrer-Policy)
    - [CWE-200](https://cwe.mitre.org/data/definitions/200.html)
    """
    async for page in documents(site):
        policy, shown = _policy(page)
        if policy in _TELLING and shown:
            message = f"{policy} sends this page's whole address to every site that it leads to."
            yield referrer_policy.at(page, message, shown, about=f"{_NAME} {policy}")


def _policy(page: httpx.Response) -> tuple[str, Expectation | None]:
    """The policy that holds in the page, and what shows it. A meta element has the last word."""
    for written in reversed(_metas(page)):
        policy = _FORMER.get(written, written)
        if policy in _KNOWN:
            return policy, HasElement(f"meta[name='referrer' i][content='{written}' i]")
    lines = page.headers.get_list(_NAME)
    for number in reversed(range(len(lines))):
        values = (value.strip().lower() for value in lines[number].split(","))
        if known := [value for value in values if value in _KNOWN]:
            return known[-1], as_seen(page, _NAME, line=number)
    return "", None


def _metas(page: httpx.Response) -> list[str]:
    if b"referrer" not in page.content.lower():
        return []
    document, _ = parsed(page.text)
    return [
        (meta.attributes.get("content") or "").lower()
        for meta in document.css("meta[name]")
        if (meta.attributes["name"] or "").lower() == "referrer"
    ]
