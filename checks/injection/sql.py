from __future__ import annotations

from collections.abc import AsyncIterator

from checks.injection._sql_contexts import contexts
from checks.injection._sql_deciding import decides, learn, proof
from scanner import Finding, Note, Severity, Site, check
from scanner.site.probing import probe_all
from scanner.site.spot import Spot

_PLACES = ("query", "form", "json", "path", "header", "cookie")


@check(
    id="injection/sql",
    title="SQL injection",
    severity=Severity.CRITICAL,
    cwe=89,
    owasp=("ASVS-5.0.0-1.2.4", "A03:2021", "A05:2025"),
    controls=("WW-INJ-002",),
    probes="active",
)
async def sql(site: Site) -> AsyncIterator[Finding | Note]:
    """
    Looks for parameters whose value the database reads as SQL.

    It asks with a condition that is true, one that is false and one that is no SQL, all with
    the same words, and believes only answers that follow the condition every time. Error
    messages and status 500 alone are no proof.

    ## Why it matters
    Whoever can write into a statement reads other people's data and often changes it, logs in
    without a password, and on some servers runs programs.

    ## How to fix it
    Give values to the driver, never to the text of the statement:

    ```python
    cursor.execute("SELECT * FROM users WHERE name = ?", (name,))
    ```

    A column or a direction cannot be a parameter: look it up in a list of allowed names. Make
    numbers of what must be numbers.

    ## References
    - [OWASP SQL Injection Prevention](https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html)
    - [CWE-89](https://cwe.mitre.org/data/definitions/89.html)
    """
    async for item in probe_all(site, _PLACES, _probe):
        yield item


async def _probe(site: Site, spot: Spot) -> Finding | None:
    choices = contexts(spot)
    learned = await learn(site, spot, choices[0])
    for context in choices:
        if await decides(site, spot, context, learned):
            name = spot.parameter.name
            return sql.at(
                learned.seen.response,
                f"The database reads {name} as SQL: it stands in a statement as {context.what}.",
                parameter=name,
                parameter_in=spot.parameter.place,
                proof=proof(spot, context),
            )
    return None
