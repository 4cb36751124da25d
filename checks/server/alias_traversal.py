from __future__ import annotations

from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.nginx import configurations


@check(
    id="server/alias-traversal",
    title="Folder of nginx that leads out of itself",
    severity=Severity.HIGH,
    cwe=22,
    owasp=("ASVS-5.0.0-5.3.2", "A01:2021", "A01:2025"),
)
def alias_traversal(source: Source) -> Iterator[Finding]:
    """
    Looks for `alias` with a slash at its end in a `location` without one.

    ## Why it matters
    nginx puts what follows the location behind the alias. For `location /static` and
    `alias /srv/app/static/`, `/static../settings.py` is `/srv/app/settings.py`: source code,
    keys and databases beside the folder can be downloaded.

    ## How to fix it
    End both with a slash:

    ```nginx
    location /static/ { alias /srv/app/static/; }
    ```

    ## References
    - [nginx: alias](https://nginx.org/en/docs/http/ngx_http_core_module.html#alias)
    - [CWE-22](https://cwe.mitre.org/data/definitions/22.html)
    """
    for file, configuration in configurations(source):
        for directive, around in configuration.walk():
            if directive.name != "alias" or not around or around[-1].name != "location":
                continue
            *modifier, prefix = around[-1].arguments or ("/",)
            by_prefix = modifier in ([], ["^~"]) and not prefix.startswith(("@", "~", "="))
            leads_out = directive.arguments[-1:] and directive.arguments[-1].endswith("/")
            if by_prefix and leads_out and not prefix.endswith("/"):
                yield alias_traversal.in_file(
                    file.at(directive.line, directive.column),
                    f"{prefix}../ leads to the folder above this one.",
                )
