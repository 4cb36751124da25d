from __future__ import annotations

from collections.abc import AsyncIterator

from checks.cors._readable import answers_to, with_origin
from checks.cors._sharing import allowed, allows, allows_credentials
from scanner import Finding, Note, Proof, Severity, Site, Word, check
from scanner.site.answer import again
from scanner.site.proving import random_word


@check(
    id="cors/wildcard-with-credentials",
    title="Every website is allowed, with credentials",
    severity=Severity.LOW,
    cwe=942,
    owasp=("ASVS-5.0.0-3.4.2", "API8:2023", "A05:2021", "A02:2025"),
    controls=("WW-CORS-002",),
)
async def wildcard_with_credentials(site: Site) -> AsyncIterator[Finding | Note]:
    """
    Looks for answers that say `Access-Control-Allow-Origin: *` and
    `Access-Control-Allow-Credentials: true` at once. `*` without credentials is nothing.

    ## Why it matters
    Browsers refuse this pair, so nobody can use it, neither an attacker nor your own front end.
    But it says what somebody wanted, and the usual next step, to repeat the caller's origin
    because "CORS does not work", opens every user's data to every website.

    ## How to fix it
    Decide which of the two it is. For public data keep `*` and drop the credentials header:

    ```
    Access-Control-Allow-Origin: *
    ```

    For a front end that logs in, name its origin:

    ```
    Access-Control-Allow-Origin: https://app.example.com
    Access-Control-Allow-Credentials: true
    Vary: Origin
    ```

    ## References
    - [Fetch standard: CORS protocol and credentials](https://fetch.spec.whatwg.org/#cors-protocol-and-credentials)
    - [MDN: Credentialed requests and wildcards](https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS#credentialed_requests_and_wildcards)
    - [CWE-942](https://cwe.mitre.org/data/definitions/942.html)
    """
    async for answer in answers_to(f"https://{random_word()}.example", site):
        if isinstance(answer, Note):
            yield answer
        elif allows(answer, "*") and allows_credentials(answer):
            step = with_origin(again(answer), "https://{foreign}.example")
            yield wildcard_with_credentials.at(
                answer,
                "This answer allows every website, and with credentials, which browsers refuse.",
                about="Access-Control-Allow-Origin",
                proof=Proof((step,), allowed("*", 0, credentials=True), (Word("foreign"),)),
            )
