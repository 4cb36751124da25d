from __future__ import annotations

from collections.abc import AsyncIterator

from checks.cookies._session_cookies import session_cookies
from scanner import Finding, Severity, Site, Skip, check


@check(
    id="cookies/secure",
    title="Session cookie that also travels over plain http",
    severity=Severity.MEDIUM,
    cwe=614,
    owasp=("ASVS-5.0.0-3.3.1", "A05:2021", "A02:2025"),
    controls=("WW-SES-002",),
    reads=("expect.cookies",),
)
async def secure(site: Site) -> AsyncIterator[Finding]:
    """
    Looks at session cookies that are set over https, on pages and in the answers to logins, and
    reports those without `Secure`. Over plain http there is nothing to judge.

    ## Why it matters
    One request over `http://`, such as for an image or an old link, sends the cookie in the
    clear. Whoever is on the way, in the same café or at the provider, takes over the session.

    ## How to fix it
    Set the attribute. A name that begins with `__Host-` makes browsers insist on it:

    ```
    Set-Cookie: __Host-session=…; Path=/; Secure; HttpOnly; SameSite=Lax
    ```

    Behind a proxy that speaks https, tell the application so, or it thinks that it is on http.

    ## References
    - [RFC 6265: The Secure Attribute](https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2.5)
    - [MDN: Cookie prefixes](https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes)
    - [CWE-614](https://cwe.mitre.org/data/definitions/614.html)
    """
    over_https = False
    async for sighting in session_cookies(site):
        over_https = over_https or sighting.over_https
        if sighting.over_https and not sighting.cookie.secure:
            name = sighting.cookie.name
            refused = "" if sighting.cookie.keeps_its_prefix else " Browsers refuse it for that."
            yield secure.at(
                sighting.answer,
                f"The session cookie {name} also travels over plain http.{refused}",
                about=f"{name} without Secure",
                proof=sighting.proof(without="secure"),
            )
    if not over_https:
        raise Skip("no session cookie is set over https")
