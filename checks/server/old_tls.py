from __future__ import annotations

from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.nginx import configurations

OLD = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")


@check(
    id="server/old-tls",
    title="Old versions of TLS switched on",
    severity=Severity.MEDIUM,
    cwe=327,
    owasp=("ASVS-5.0.0-12.1.1", "A02:2021", "A04:2025"),
    controls=("WW-TLS-003",),
)
def old_tls(source: Source) -> Iterator[Finding]:
    """
    Looks for `ssl_protocols` that has SSL, TLS 1.0 or TLS 1.1 among its versions.

    ## Why it matters
    Those versions rest on MD5 and SHA-1 and on ciphers that are broken. Somebody between the
    two ends can try to make both speak the oldest version that they share.

    ## How to fix it
    Leave the two that are sound, which is nginx's default since 1.23.4:

    ```nginx
    ssl_protocols TLSv1.2 TLSv1.3;
    ```

    ## References
    - [RFC 8996: deprecating TLS 1.0 and TLS 1.1](https://www.rfc-editor.org/rfc/rfc8996)
    - [nginx: ssl_protocols](https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_protocols)
    - [CWE-327](https://cwe.mitre.org/data/definitions/327.html)
    """
    for file, configuration in configurations(source):
        for directive, _ in configuration.walk():
            old = [version for version in OLD if version in directive.arguments]
            if directive.name == "ssl_protocols" and old:
                yield old_tls.in_file(
                    file.at(directive.line, directive.column), f"{', '.join(old)} may be spoken."
                )
