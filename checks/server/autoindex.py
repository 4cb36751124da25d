from __future__ import annotations

from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.nginx import configurations

GUARDS = ("auth_basic", "auth_request", "deny", "internal", "ssl_verify_client")


@check(
    id="server/autoindex",
    title="Lists of folders switched on",
    severity=Severity.LOW,
    cwe=548,
    owasp=("ASVS-5.0.0-13.4.3", "A05:2021", "A02:2025"),
    controls=("WW-API-007",),
)
def autoindex(source: Source) -> Iterator[Finding]:
    """
    Looks for `autoindex on`, but where a password or an address list is asked for.

    ## Why it matters
    Whoever asks for the folder gets the names of everything in it, and so finds the backups,
    exports and drafts that nothing links to.

    ## How to fix it
    Take the line away: off is the default. Where people need the list, ask who they are:

    ```nginx
    location /builds/ { autoindex on; auth_basic "builds"; auth_basic_user_file /etc/nginx/users; }
    ```

    ## References
    - [nginx: autoindex](https://nginx.org/en/docs/http/ngx_http_autoindex_module.html)
    - [CWE-548](https://cwe.mitre.org/data/definitions/548.html)
    """
    for file, configuration in configurations(source):
        for directive, around in configuration.walk():
            if directive.name != "autoindex" or directive.arguments != ("on",):
                continue
            if not any(block.own(guard) for block in around for guard in GUARDS):
                yield autoindex.in_file(
                    file.at(directive.line, directive.column), "The contents of folders are listed."
                )
