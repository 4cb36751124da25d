from __future__ import annotations

from collections.abc import AsyncIterator

from checks.tls._found import found
from scanner import (
    BadCertificate,
    Certificate,
    Finding,
    Incomplete,
    Note,
    Proof,
    Severity,
    Site,
    Skip,
    check,
)
from scanner.contract import Also


@check(
    id="tls/certificate",
    title="Certificate not valid for this host",
    severity=Severity.HIGH,
    cwe=295,
    owasp=("ASVS-5.0.0-12.2.2", "A07:2021", "A07:2025"),
    controls=("WW-TLS-006",),
    also=(
        Also("weak", "Certificate with a weak key or signature", Severity.MEDIUM, cwe=326),
        Also("expires-soon", "Certificate about to expire", Severity.LOW, cwe=298),
    ),
    crawled=False,
)
async def certificate(site: Site) -> AsyncIterator[Finding | Note]:
    """
    Looks at the certificate that the server shows: its dates, its names, its key, and whether
    the trust that `verify` configures (the system's authorities, or a CA bundle) reaches it.

    ## Why it matters
    The certificate is how a visitor knows whom they talk to. One that is expired, made for
    another name or signed by nobody known makes every browser warn. People learn to click the
    warning away, and scripts to switch the check off; then anybody on the way can read along.

    ## How to fix it
    Get a certificate for this name from an authority that your visitors trust, send the
    intermediate certificates with it, and let a machine renew it (ACME: certbot, Caddy, lego).
    Where the authority is your own, tell the scan in the targets file:

    ```yaml
    verify: /etc/ssl/acme-corp-ca.pem
    ```

    ## References
    - [RFC 9525: Service Identity in TLS](https://www.rfc-editor.org/rfc/rfc9525)
    - [OWASP Transport Layer Security Cheat Sheet](https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html)
    - [CWE-295](https://cwe.mitre.org/data/definitions/295.html)
    """
    if site.origin.scheme != "https":
        raise Skip("the target is plain http")
    judgement = await site.certificate()
    further = {rule.id.rpartition("/")[2] for rule in certificate.further}
    for fault in judgement.found:
        proof = Proof((Certificate(),), (BadCertificate(fault.name),))
        rule = fault.name if fault.name in further else ""
        yield found(certificate, site, fault.says, proof, about=fault.name, rule=rule)
    if site.target.verify is False:
        yield Note("whether the certificate is trusted was not asked (verify: false)")
    if judgement.facts.unread:
        raise Incomplete("; ".join(judgement.facts.unread), "renew the certificate")
