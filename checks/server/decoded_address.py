from __future__ import annotations

import re
from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.nginx import Directive, configurations

DECODED = re.compile(r"\$(?:uri|document_uri)\b|\$\{(?:uri|document_uri)\}")
MOVED = re.compile(r"30[12378]|https?://.*|\$scheme://.*")


@check(
    id="server/decoded-address",
    title="Decoded address put into a redirect or request",
    severity=Severity.MEDIUM,
    cwe=93,
    owasp=("ASVS-5.0.0-1.2.2", "A03:2021", "A05:2025"),
)
def decoded_address(source: Source) -> Iterator[Finding]:
    """
    Looks for `$uri` and `$document_uri` in redirects by `return` or `rewrite`, in `add_header`
    and behind the host of `proxy_pass`.

    ## Why it matters
    Both are decoded: `%0d%0a` in the address is a real line end in them. A link then adds
    headers to the answer (a cookie, for one), or a second request to what goes to the backend.

    ## How to fix it
    Use `$request_uri`, which is the address as it was sent. A `proxy_pass` that only names the
    backend hands the path on by itself:

    ```nginx
    return 301 https://$host$request_uri;
    ```

    ## References
    - [nginx: $uri and $request_uri](https://nginx.org/en/docs/http/ngx_http_core_module.html#var_uri)
    - [CWE-93](https://cwe.mitre.org/data/definitions/93.html)
    """
    for file, configuration in configurations(source):
        for directive, _ in configuration.walk():
            if _goes_out(directive) and any(DECODED.search(one) for one in directive.arguments):
                yield decoded_address.in_file(
                    file.at(directive.line, directive.column),
                    f"{directive.name} takes the decoded address, line ends and all.",
                )


def _goes_out(directive: Directive) -> bool:
    match directive.name, directive.arguments:
        case ("return", (first, *_)):
            return MOVED.fullmatch(first) is not None
        case ("rewrite", (_, target, *flags)):
            return MOVED.match(target) is not None or bool({"redirect", "permanent"} & {*flags})
        case (("add_header" | "proxy_pass"), _):
            return True
    return False
