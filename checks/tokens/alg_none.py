from __future__ import annotations

from collections.abc import AsyncIterator

from checks.tokens._doors import Door, find_door, signed_tokens
from scanner import Also, Finding, Incomplete, Severity, Site, check
from scanner.proof import Forgery

_SPELLINGS: tuple[Forgery, ...] = ("alg-none", "alg-None", "alg-NONE", "alg-nOnE")


@check(
    id="tokens/alg-none",
    title="Tokens are believed without a signature",
    severity=Severity.CRITICAL,
    cwe=347,
    owasp=("ASVS-5.0.0-9.1.1", "ASVS-5.0.0-9.1.2", "API2:2023", "A02:2021", "A04:2025"),
    controls=("WW-TOK-001", "WW-TOK-007"),
    probes="active",
    also=(
        Also(
            "unverified-signature",
            "The signature of tokens is not verified",
            Severity.CRITICAL,
        ),
    ),
    crawled=False,
)
async def alg_none(site: Site) -> AsyncIterator[Finding]:
    """
    Asks with an identity's token after its signature was spoiled, and after it was taken away.

    A token whose header says `"alg": "none"` claims to need no signature. What counts is the
    content that the genuine token gets and that a visitor without one does not.

    ## Why it matters
    Whoever can write a token that is believed is anybody they like: another user, or an
    administrator.

    ## How to fix it
    Name the algorithm that you sign with when you verify, and never take it from the token:

    ```python
    claims = jwt.decode(token, key, algorithms=["RS256"])
    ```

    Do not turn verification off (`verify_signature: False`) and do not only decode.

    ## References
    - [RFC 8725, 3.1: Perform Algorithm Verification](https://www.rfc-editor.org/rfc/rfc8725#section-3.1)
    - [RFC 7518, 3.6: Algorithm "none"](https://www.rfc-editor.org/rfc/rfc7518#section-3.6)
    - [CWE-347](https://cwe.mitre.org/data/definitions/347.html)
    """
    closed: list[Incomplete] = []
    async for name, bearer in signed_tokens(site):
        try:
            door = await find_door(site, name, bearer)
        except Incomplete as why:
            closed.append(why)
            continue
        finding = await _unverified(site, door) or await _unsigned(site, door)
        if finding:
            yield finding
    if closed:
        raise closed[0]


async def _unverified(site: Site, door: Door) -> Finding | None:
    answer = await door.opens_for(site, "flipped")
    if answer is None:
        return None
    return alg_none.at(
        answer,
        f"The token of {door.identity} works with any signature.",
        rule="unverified-signature",
        proof=door.proof("flipped"),
    )


async def _unsigned(site: Site, door: Door) -> Finding | None:
    for how in _SPELLINGS:
        answer = await door.opens_for(site, how)
        if answer is not None:
            said = how.removeprefix("alg-")
            return alg_none.at(
                answer,
                f'A token that says "alg": "{said}" works without a signature.',
                proof=door.proof(how),
            )
    return None
