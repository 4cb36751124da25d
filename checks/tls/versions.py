from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from checks.tls._found import found
from scanner import (
    Accepted,
    Finding,
    Hello,
    Incomplete,
    Note,
    Proof,
    Refused,
    Severity,
    Site,
    Skip,
    check,
)
from scanner.contract import Also

if TYPE_CHECKING:
    from scanner.site.hello import HelloAnswer

_NAMES = {
    "SSLv3": "SSL 3.0",
    "TLSv1.0": "TLS 1.0",
    "TLSv1.1": "TLS 1.1",
    "TLSv1.2": "TLS 1.2",
    "TLSv1.3": "TLS 1.3",
}
"""From old to new."""
_ORDER = tuple(_NAMES)
_TODAY = ("TLSv1.2", "TLSv1.3")


@check(
    id="tls/versions",
    title="Outdated TLS version accepted",
    severity=Severity.MEDIUM,
    cwe=327,
    owasp=("ASVS-5.0.0-12.1.1", "A02:2021", "A04:2025"),
    controls=("WW-TLS-003",),
    also=(
        Also("ssl3", "SSL 3.0 accepted", Severity.HIGH),
        Also("nothing-newer", "Nothing newer than TLS 1.1 accepted", Severity.HIGH, cwe=757),
    ),
    reads=("expect.tls.minimum",),
    crawled=False,
)
async def versions(site: Site) -> AsyncIterator[Finding | Note]:
    """
    Offers each version from SSL 3.0 to TLS 1.3 by itself and looks which ones the server takes.
    Everything older than TLS 1.2, or than `expect.tls.minimum`, is a finding.

    ## Why it matters
    SSL 3.0, TLS 1.0 and TLS 1.1 rest on MD5, SHA-1 and ciphers that can be attacked. Who sits on
    the way can push a connection down to the oldest version that both sides take, and read
    sessions and passwords. Browsers have given these versions up, so nobody is lost without them.

    ## How to fix it
    Let the server, load balancer or CDN accept TLS 1.2 and TLS 1.3 only:

    ```nginx
    ssl_protocols TLSv1.2 TLSv1.3;
    ```

    Old clients that cannot be replaced yet get an address of their own.

    ## References
    - [RFC 8996: Deprecating TLS 1.0 and TLS 1.1](https://www.rfc-editor.org/rfc/rfc8996)
    - [RFC 7568: Deprecating SSL 3.0](https://www.rfc-editor.org/rfc/rfc7568)
    - [OWASP Transport Layer Security Cheat Sheet](https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html)
    - [CWE-327](https://cwe.mitre.org/data/definitions/327.html)
    """
    if site.origin.scheme != "https":
        raise Skip("the target is plain http")
    asked = await asyncio.gather(*(_ask(site, version) for version in _ORDER))
    answers = dict(zip(_ORDER, asked, strict=True))
    accepted = [v for v in _ORDER if (said := _answer(answers[v])) and said.accepted]
    expect = site.target.expect.tls
    minimum = f"TLSv{expect.minimum}" if expect else "TLSv1.2"
    for version in accepted:
        if _ORDER.index(version) < _ORDER.index(minimum):
            message = f"The server accepts {_NAMES[version]}"
            message += "." if minimum == "TLSv1.2" else f", the minimum is {_NAMES[minimum]}."
            proof = Proof((Hello(version),), (Accepted(),))
            rule = "ssl3" if version == "SSLv3" else ""
            yield found(versions, site, message, proof, about=version, rule=rule)
    if accepted and all((said := _answer(answers[v])) and not said.accepted for v in _TODAY):
        best = accepted[-1]
        steps = (Hello(best), *(Hello(version) for version in _TODAY))
        proof = Proof(steps, (Accepted(0), Refused(1), Refused(2)), shows=0)
        message = f"The server accepts nothing newer than {_NAMES[best]}."
        yield found(versions, site, message, proof, about="newest", rule="nothing-newer")
    _complain(answers, accepted)
    if "TLSv1.3" not in accepted:
        yield Note("TLS 1.3 is not offered")


async def _ask(site: Site, version: str) -> HelloAnswer | Incomplete:
    try:
        return await site.hello(version)
    except Incomplete as why:
        return why


def _answer(said: HelloAnswer | Incomplete) -> HelloAnswer | None:
    """The answer, where there is one that says something about the version."""
    return None if isinstance(said, Incomplete) or said.kind == "foreign" else said


def _complain(answers: dict[str, HelloAnswer | Incomplete], accepted: list[str]) -> None:
    """Raise for what was not answered: a refusal counts only beside a version that works."""
    for version, said in answers.items():
        if isinstance(said, Incomplete):
            raise said
        if said.kind == "foreign":
            reason = f"{_NAMES[version]}: the server speaks no TLS: {said.said}"
            raise Incomplete(reason, "correct the url")
    if not accepted:
        last = answers[_ORDER[-1]]
        assert not isinstance(last, Incomplete)  # noqa: S101  (raised above)
        raise Incomplete(
            f"the server accepts no TLS version, which says nothing of any: {last.said}",
            "look into the server's log, and whether the host's name is right",
        )
