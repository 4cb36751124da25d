from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from checks.headers._csp_faults import faults
from checks.headers._documents import documents
from checks.headers._header import as_seen
from checks.headers._nonces import Nonces
from scanner import Also, Finding, HasElement, Severity, Site, check
from scanner.proof import Expectation
from scanner.site.csp import metas, policies

_NO_META = "html:not(:has(> head > meta[http-equiv='content-security-policy' i]))"


@check(
    id="headers/csp",
    title="HTML page without a Content-Security-Policy",
    severity=Severity.MEDIUM,
    cwe=693,
    owasp=("ASVS-5.0.0-3.4.3", "A05:2021", "A02:2025", "API8:2023"),
    controls=("WW-HDR-005", "WW-HDR-006"),
    also=(
        Also("scripts-unrestricted", "Policy that says nothing about scripts", Severity.MEDIUM),
        Also("unsafe-inline", "Policy that lets inline scripts run", Severity.MEDIUM),
        Also("any-source", "Policy that lets scripts in from anywhere", Severity.MEDIUM),
        Also("reused-nonce", "Policy with a nonce that does not change", Severity.MEDIUM),
        Also("unsafe-eval", "Policy that lets text become code", Severity.LOW),
        Also("object-src", "Policy that leaves plug-ins open", Severity.LOW),
        Also("base-uri", "Policy that an injected <base> gets round", Severity.LOW),
    ),
)
async def csp(site: Site) -> AsyncIterator[Finding]:
    """
    Looks for HTML pages, error pages among them, that no `Content-Security-Policy` protects, in
    a header or in a `<meta>`, and for policies that an injected script gets past. Policies are
    read as browsers read them: several add up, report-only ones enforce nothing, and
    `'unsafe-inline'` is ignored beside a nonce, a hash or `'strict-dynamic'`.

    ## Why it matters
    When somebody manages to write HTML into a page, the policy decides whether their script
    runs. Without one, or with one that allows inline scripts or scripts of any host, it does,
    and acts as the visitor.

    ## How to fix it
    Send a policy with every page, also with error pages. Give each `<script>` a nonce that is
    random and new in each answer:

    ```
    Content-Security-Policy: script-src 'nonce-…' 'strict-dynamic'; object-src 'none';
      base-uri 'none'; frame-ancestors 'self'; form-action 'self'
    ```

    Move event handlers such as `onclick` into scripts. Try it first as
    `Content-Security-Policy-Report-Only`, which breaks nothing and protects nobody.

    ## References
    - [Content Security Policy Level 3](https://www.w3.org/TR/CSP3/)
    - [MDN: Content Security Policy](https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP)
    - [OWASP Content Security Policy Cheat Sheet](https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html)
    - [CWE-693](https://cwe.mitre.org/data/definitions/693.html)
    """
    nonces = Nonces(site)
    async for page in documents(site):
        enforced = policies(page)
        if not enforced:
            yield csp.at(page, _said(page), *_without(page), about="content-security-policy absent")
        for fault in faults(enforced) if enforced else ():
            yield csp.at(page, fault.message, *fault.expect, rule=fault.rule, about=fault.about)
        if proof := await nonces.reused(page, enforced):
            message = "The nonce is the same in two answers: whoever has read one knows it."
            yield csp.at(page, message, rule="reused-nonce", about="nonce", proof=proof)


def _said(page: httpx.Response) -> str:
    if "content-security-policy-report-only" in page.headers:
        return "This page's only Content-Security-Policy is report-only: it stops nothing."
    if "content-security-policy" in page.headers:
        return "This page's Content-Security-Policy is empty."
    return "This page sets no Content-Security-Policy."


def _without(page: httpx.Response) -> tuple[Expectation, ...]:
    header = as_seen(page, "content-security-policy")
    return (header,) if metas(page) else (header, HasElement(_NO_META))
