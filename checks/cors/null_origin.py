from __future__ import annotations

from collections.abc import AsyncIterator

from checks.cors._readable import answers_to
from checks.cors._sharing import SANDBOX, allows, reflects, shared
from scanner import Also, Finding, Note, Severity, Site, check


@check(
    id="cors/null-origin",
    title="Sandboxed frames of any website are allowed to read answers",
    severity=Severity.MEDIUM,
    cwe=942,
    owasp=("ASVS-5.0.0-3.4.2", "API8:2023", "A05:2021", "A02:2025"),
    controls=("WW-CORS-001", "WW-CORS-002"),
    also=(
        Also(
            "with-credentials",
            "Sandboxed frames of any website can read what belongs to its visitor",
            Severity.HIGH,
            variant=True,
        ),
        Also(
            "without-session",
            "Sandboxed frames of any website are allowed to read public answers",
            Severity.LOW,
            variant=True,
        ),
    ),
)
async def null_origin(site: Site) -> AsyncIterator[Finding | Note]:
    """
    Looks for answers that allow the origin `null`. Answers that allow every origin are left to
    `cors/reflected-origin`.

    It is high where browsers send the session along and the answer then says more than it says
    to nobody. A `SameSite` cookie lowers it to medium, and so does a scan without identities.
    It is low where no session is involved.

    ## Why it matters
    `null` is not nobody: browsers send it for a sandboxed frame, which any website can put into
    its page. To allow it is to allow every website.

    ## How to fix it
    Take `null` off the list of allowed origins. It is often there for pages that were opened
    from a disk during development: serve those from `http://localhost` instead, and allow that
    origin in development only.

    ## References
    - [MDN: Access-Control-Allow-Origin, null](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Allow-Origin#directives)
    - [W3C: Avoid returning "null"](https://w3c.github.io/webappsec-cors-for-developers/#avoid-returning-access-control-allow-origin-null)
    - [CWE-942](https://cwe.mitre.org/data/definitions/942.html)
    """
    async for answer in answers_to(SANDBOX.first, site):
        if isinstance(answer, Note):
            yield answer
        elif allows(answer, SANDBOX.first) and not await reflects(site, answer):
            for found in await shared(site, answer, SANDBOX):
                yield null_origin.at(
                    found.response,
                    f"A sandboxed frame of any website may read this answer, {found.why}.",
                    rule=found.grade,
                    about="Access-Control-Allow-Origin",
                    proof=found.proof,
                )
