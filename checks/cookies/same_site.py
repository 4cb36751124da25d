from __future__ import annotations

from collections.abc import AsyncIterator

from checks.cookies._session_cookies import session_cookies
from scanner import Also, Finding, Severity, Site, check

_STRICTER = ("none", "lax", "strict")
_KNOWN = r"samesite\s*=\s*(?:strict|lax|none)\b(?!.*samesite)"


@check(
    id="cookies/same-site",
    title="Session cookie that other sites' requests carry",
    severity=Severity.MEDIUM,
    cwe=1275,
    owasp=("ASVS-5.0.0-3.3.2", "A01:2021", "A01:2025"),
    controls=("WW-SES-003",),
    also=(Also("missing", "Session cookie that leaves SameSite to the browser", Severity.LOW),),
    reads=("expect.cookies",),
)
async def same_site(site: Site) -> AsyncIterator[Finding]:
    """
    Looks at session cookies, on pages and in the answers to logins, and reports `SameSite=None`
    and, as the lesser finding, a missing or unknown `SameSite`, which some browsers take for
    `Lax` and others for `None`. `expect.cookies` of the targets file can ask for more, or allow
    `none`.

    ## Why it matters
    With `None` the cookie goes along when any other site sends a form here or loads something
    from here, so that the site can act as the visitor, unless each request is protected
    otherwise.

    ## How to fix it
    `Lax` is right for most sessions; `Strict` also leaves the visitor logged out who comes by a
    link. Say it yourself, since browsers differ:

    ```
    Set-Cookie: __Host-session=…; Path=/; Secure; HttpOnly; SameSite=Lax
    ```

    Where other sites must embed the application with its session, `None` needs `Secure`, and
    every request that changes something needs a token of its own.

    ## References
    - [RFC 6265bis: SameSite](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-samesite-cookies)
    - [OWASP Cross-Site Request Forgery Cheat Sheet](https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html)
    - [CWE-1275](https://cwe.mitre.org/data/definitions/1275.html)
    """
    promised = site.target.expect.cookies
    async for sighting in session_cookies(site):
        cookie = sighting.cookie
        asked = promised[cookie.name].samesite if cookie.name in promised else None
        least = _STRICTER.index(asked or "lax")
        if not cookie.keeps_its_prefix or _STRICTER.index(cookie.same_site or "none") >= least:
            continue
        said = f"SameSite={cookie.same_site.title()}" if cookie.same_site else "no known SameSite"
        message = f"The session cookie {cookie.name} has {said}"
        rule = "" if cookie.same_site or asked == "strict" else "missing"
        yield same_site.at(
            sighting.answer,
            f"{message}; the targets file asks for {asked}." if asked else f"{message}.",
            rule=rule,
            about=f"{cookie.name} {said}",
            proof=sighting.proof(with_=rf"samesite\s*=\s*{cookie.same_site}")
            if cookie.same_site
            else sighting.proof(without=_KNOWN),
        )
