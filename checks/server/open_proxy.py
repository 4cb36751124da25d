from __future__ import annotations

import re
from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.nginx import configurations

# $host is left out: nginx takes it from the names of the server wherever they are set.
CHOSEN = re.compile(
    r"(?:https?://)?\$\{?(?:arg_\w+|args|query_string|http_\w+|cookie_\w+|request_uri)\b"
)


@check(
    id="server/open-proxy",
    title="Proxy to wherever the request says",
    severity=Severity.HIGH,
    cwe=918,
    owasp=("ASVS-5.0.0-1.3.6", "A10:2021", "A01:2025"),
)
def open_proxy(source: Source) -> Iterator[Finding]:
    """
    Looks for `proxy_pass` whose host is a parameter, a header or a cookie of the request.

    ## Why it matters
    Anybody reaches through this server whatever it can reach: services of the inner network,
    and the address where a cloud hands out the credentials of the machine.

    ## How to fix it
    Name the backends, and let the request choose among them only:

    ```nginx
    map $arg_region $backend { default eu.internal:8080; us us.internal:8080; }
    location /api/ { proxy_pass http://$backend; }
    ```

    ## References
    - [nginx: proxy_pass](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass)
    - [OWASP: server-side request forgery prevention](https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html)
    - [CWE-918](https://cwe.mitre.org/data/definitions/918.html)
    """
    for file, configuration in configurations(source):
        for directive, _ in configuration.walk():
            if directive.name != "proxy_pass":
                continue
            if any(CHOSEN.match(address) for address in directive.arguments):
                yield open_proxy.in_file(
                    file.at(directive.line, directive.column),
                    "The request itself says where it is sent on to.",
                )
