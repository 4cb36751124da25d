from __future__ import annotations

from collections.abc import AsyncIterator

from checks.cors._readable import answers_to
from checks.cors._sharing import Origins, allows, shared
from scanner import Also, Finding, Note, Severity, Site, check
from scanner.site.proving import random_word


@check(
    id="cors/reflected-origin",
    title="Any website is allowed to read answers",
    severity=Severity.MEDIUM,
    cwe=942,
    owasp=("ASVS-5.0.0-3.4.2", "API8:2023", "A05:2021", "A02:2025"),
    controls=("WW-CORS-001", "WW-CORS-002"),
    also=(
        Also(
            "with-credentials",
            "Any website can read what belongs to its visitor",
            Severity.HIGH,
            variant=True,
        ),
        Also(
            "without-session",
            "Any website is allowed to read public answers",
            Severity.LOW,
            variant=True,
        ),
    ),
)
async def reflected_origin(site: Site) -> AsyncIterator[Finding | Note]:
    """
    Looks for answers that allow whatever `Origin` asks: two invented websites are both allowed.

    It is high where browsers send the session along and the answer then says more than it says
    to nobody. A `SameSite` cookie lowers it to medium, and so does a scan without identities.
    It is low where no session is involved.

    ## Why it matters
    Browsers keep websites from reading each other's answers. A server that repeats any origin
    in `Access-Control-Allow-Origin`, and says `Access-Control-Allow-Credentials: true`, takes
    that wall away: a page that your user merely visits can read their data and act for them.

    ## How to fix it
    Compare `Origin` with a list of whole origins, and answer nothing to all others:

    ```python
    if request.headers.get("Origin") in {"https://app.example.com"}:
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Vary"] = "Origin"
    ```

    Where anybody may read, send `Access-Control-Allow-Origin: *` and no credentials header.

    ## References
    - [Fetch standard: CORS protocol](https://fetch.spec.whatwg.org/#http-cors-protocol)
    - [MDN: Cross-Origin Resource Sharing](https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS)
    - [CWE-942](https://cwe.mitre.org/data/definitions/942.html)
    """
    origins = Origins.foreign(random_word(), random_word())
    async for answer in answers_to(origins.first, site):
        if isinstance(answer, Note):
            yield answer
        elif allows(answer, origins.first):
            for found in await shared(site, answer, origins):
                yield reflected_origin.at(
                    found.response,
                    f"Any website may read this answer, {found.why}.",
                    rule=found.grade,
                    about="Access-Control-Allow-Origin",
                    proof=found.proof,
                )
