from __future__ import annotations

from collections.abc import AsyncIterator

from checks.tokens._doors import Door, find_door, signed_tokens
from scanner import Also, Finding, Incomplete, Severity, Site, check
from scanner.site.tokens import crack, read


@check(
    id="tokens/weak-secret",
    title="Tokens are signed with a secret that can be guessed",
    severity=Severity.CRITICAL,
    cwe=1391,
    owasp=("ASVS-5.0.0-11.2.3", "ASVS-5.0.0-13.3.1", "API2:2023", "A02:2021", "A04:2025"),
    controls=("WW-TOK-002", "WW-SEC-009"),
    probes="active",
    also=(
        Also(
            "offline",
            "The secret of tokens can be guessed, which was not shown live",
            Severity.MEDIUM,
        ),
    ),
    crawled=False,
)
async def weak_secret(site: Site) -> AsyncIterator[Finding]:
    """
    Looks on a list of well-known secrets for the one that signs an identity's token.

    The guessing happens here and sends nothing. A secret that fits then signs a token with a
    changed claim, and the target is asked whether it believes that token.

    ## Why it matters
    Tokens with HS256, HS384 or HS512 are signed and verified with one secret. Whoever has a
    token of their own can guess at home, as fast as their machines can, and then be anybody.

    ## How to fix it
    Make a secret that nobody can guess, keep it out of the code, and sign with it from now on.
    All present tokens become invalid, and have to:

    ```sh
    python -c "import secrets; print(secrets.token_hex(32))"
    ```

    ## References
    - [RFC 7518, 3.2: HMAC with SHA-2 Functions](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)
    - [RFC 8725, 3.5: Ensure Cryptographic Keys Have Sufficient Entropy](https://www.rfc-editor.org/rfc/rfc8725#section-3.5)
    - [CWE-1391](https://cwe.mitre.org/data/definitions/1391.html)
    """
    closed: list[Incomplete] = []
    async for name, bearer in signed_tokens(site):
        if crack(bearer.token) is None:
            continue
        try:
            yield await _judged(site, await find_door(site, name, bearer))
        except Incomplete as why:
            said = f"the secret of {name}'s token stands on the list, and {why}"
            closed.append(Incomplete(said, why.mend))
    if closed:
        raise closed[0]


async def _judged(site: Site, door: Door) -> Finding:
    algorithm = read(door.bearer.token)[0]["alg"]
    said = f"The {algorithm} secret of the token of {door.identity} stands on wallwalk's list"
    answer = await door.opens_for(site, "weak-secret")
    if answer is None:
        why = "a token signed with it did not get in"
    elif await door.opens_for(site, "flipped") is not None:
        why = "no signature is verified anyway"
    else:
        message = f"{said}, and a token signed with it is believed."
        return weak_secret.at(answer, message, proof=door.proof("weak-secret"))
    return weak_secret.at(
        door.genuine[0], f"{said}; {why}.", rule="offline", proof=door.proof_of_the_secret
    )
