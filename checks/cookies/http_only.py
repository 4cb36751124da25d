from __future__ import annotations

from collections.abc import AsyncIterator

from checks.cookies._session_cookies import session_cookies
from scanner import Finding, Severity, Site, check


@check(
    id="cookies/http-only",
    title="Session cookie that scripts can read",
    severity=Severity.MEDIUM,
    cwe=1004,
    owasp=("ASVS-5.0.0-3.3.4", "A05:2021", "A02:2025"),
    controls=("WW-SES-001",),
    reads=("expect.cookies",),
)
async def http_only(site: Site) -> AsyncIterator[Finding]:
    """
    Looks at cookies that say who somebody is, by their name or by a random value, on pages and
    in the answers to logins, and reports those without `HttpOnly`. Preferences, counters of
    visitors and tokens against forged requests, which scripts must read, are left alone.

    ## Why it matters
    A script that somebody smuggles into one page reads such a cookie and sends it away. Its new
    owner is then logged in as the visitor, from anywhere, for as long as the session lasts.

    ## How to fix it
    Set the attribute. No script needs the session's cookie; browsers send it by themselves:

    ```
    Set-Cookie: __Host-session=…; Path=/; Secure; HttpOnly; SameSite=Lax
    ```

    ## References
    - [RFC 6265: The HttpOnly Attribute](https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2.6)
    - [OWASP Session Management Cheat Sheet](https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html)
    - [CWE-1004](https://cwe.mitre.org/data/definitions/1004.html)
    """
    async for sighting in session_cookies(site):
        name = sighting.cookie.name
        if sighting.cookie.keeps_its_prefix and not sighting.cookie.http_only:
            yield http_only.at(
                sighting.answer,
                f"Scripts can read the session cookie {name}.",
                about=f"{name} without HttpOnly",
                proof=sighting.proof(without="httponly"),
            )
