"""The headers that go with every answer, and the folders whose developers changed them."""

from __future__ import annotations

HARDENED = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cache-Control": "no-store",
    "Server": "shop",
}
HSTS = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}

# Mistakes. None takes a header away; the longest folder decides.
MISTAKES: dict[str, dict[str, str | None]] = {
    "/news/": {"Content-Security-Policy": None},
    "/help/": {"Content-Security-Policy": "default-src * 'unsafe-inline' 'unsafe-eval'"},
    "/downloads/": {"X-Content-Type-Options": None},
    "/partners/": {
        "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'",
        "X-Frame-Options": None,
    },
    "/jobs/": {"Referrer-Policy": "unsafe-url"},
    "/classic/": {"Server": "Apache/2.4.29 (Ubuntu)", "X-Powered-By": "PHP/7.2.24"},
    "/returns/": {"Strict-Transport-Security": None},
}

# The same headers done otherwise, and right.
TWINS: dict[str, dict[str, str | None]] = {
    # Browsers that know the nonce ignore 'unsafe-inline', which is there for those that do not.
    "/v2/news/": {
        "Content-Security-Policy": (
            "script-src 'nonce-{nonce}' 'strict-dynamic' 'unsafe-inline' https:; "
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'"
        ),
    },
    # frame-ancestors has replaced X-Frame-Options.
    "/v2/partners/": {"X-Frame-Options": None},
    # Browsers read it in any case, and the first of two.
    "/v2/prices.json": {"X-Content-Type-Options": "NoSniff, nosniff"},
    "/v2/jobs/": {"Referrer-Policy": "no-referrer, strict-origin-when-cross-origin"},
    # A product's name alone tells nobody which flaws it has.
    "/v2/classic/": {"Server": "nginx", "X-Powered-By": "coffee"},
}


def headers_for(path: str, *, https: bool, nonce: str) -> dict[str, str]:
    """The headers of an answer at `path`."""
    headers: dict[str, str | None] = {**HARDENED, **(HSTS if https else {})}
    for folder, changes in (MISTAKES | TWINS).items():
        if path.startswith(folder):
            headers |= changes
    return {name: value.replace("{nonce}", nonce) for name, value in headers.items() if value}
