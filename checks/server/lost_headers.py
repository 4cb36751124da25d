from __future__ import annotations

from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.nginx import Directive, configurations

GUARDING = {
    "content-security-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
}


@check(
    id="server/lost-headers",
    title="Security headers lost in an inner block",
    severity=Severity.MEDIUM,
    cwe=693,
    owasp=("ASVS-5.0.0-3.4.1", "A05:2021", "A02:2025"),
    controls=("WW-HDR-006",),
)
def lost_headers(source: Source) -> Iterator[Finding]:
    """
    Looks for blocks with an `add_header` of their own inside one that adds security headers,
    where those are not added again. Blocks that include a file are left alone: they may be there.

    ## Why it matters
    nginx inherits `add_header` only where a block has none of its own. One more header for a
    folder, and everything in it is served without the policy that the server block promises.

    ## How to fix it
    Repeat the headers, best by a file that both blocks include:

    ```nginx
    location /assets/ {
        include snippets/security-headers.conf;
        add_header Cache-Control "public, max-age=31536000" always;
    }
    ```

    From nginx 1.29.3 on, `add_header_inherit merge;` keeps them.

    ## References
    - [nginx: add_header](https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header)
    - [CWE-693](https://cwe.mitre.org/data/definitions/693.html)
    """
    for file, configuration in configurations(source):
        for block, around in configuration.walk():
            own = block.own("add_header")
            if not own or block.own("include"):
                continue
            if any(one.own("add_header_inherit") for one in (*around, block)):
                continue
            outer = next((one for one in reversed(around) if one.own("add_header")), None)
            lost = _guarding(outer) - _guarding(block) if outer else set()
            if lost:
                yield lost_headers.in_file(
                    file.at(own[0].line, own[0].column),
                    f"Here these headers of the outer block are gone: {', '.join(sorted(lost))}.",
                )


def _guarding(block: Directive) -> set[str]:
    added = block.own("add_header")
    return {one.arguments[0].lower() for one in added if one.arguments} & GUARDING
