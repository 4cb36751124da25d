from __future__ import annotations

from collections.abc import AsyncIterator

from checks.access._asking import Asking, Read
from checks.access._crawled import crawled_objects
from checks.access._declared import declared_objects
from checks.access._people import readers
from scanner import Also, Finding, Incomplete, Note, Severity, Site, Skip, check


@check(
    id="access/other-users-object",
    title="A user reads what belongs to another user",
    severity=Severity.HIGH,
    cwe=639,
    owasp=("ASVS-5.0.0-8.2.2", "API1:2023", "A01:2021", "A01:2025"),
    controls=("WW-AUTHZ-005", "WW-AUTHZ-007"),
    probes="active",
    also=(
        Also(
            "without-login",
            "Anybody reads what belongs to a user",
            Severity.HIGH,
            cwe=306,
        ),
    ),
    reads=("identities.owns",),
)
async def other_users_object(site: Site) -> AsyncIterator[Finding | Note]:
    """
    Asks as one identity for what another one owns. It only reads.

    Owned is what `owns` of the targets file declares, and what only the first identity's pages
    lead to. The latter counts when the other identity gets the same page, nobody gets it
    without a login, another id has none, and the other identity's own page is another one.
    Only identities of one role are compared, or a lower role with a higher one.

    ## Why it matters
    Ids can be guessed, counted up, or found in a link that somebody shared. Who asks for them
    one after the other reads everybody's data.

    ## How to fix it
    Ask for the object of the person who is logged in, in the same query, and answer 404 when
    there is none:

    ```python
    order = db.query("SELECT * FROM orders WHERE id = ? AND owner = ?", id, me.id)
    ```

    Ids that cannot be guessed make it harder and do not mend it.

    ## References
    - [OWASP API1:2023 Broken Object Level Authorization](https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/)
    - [OWASP Authorization Cheat Sheet](https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html)
    - [CWE-639](https://cwe.mitre.org/data/definitions/639.html)
    """
    people = site.target.identities
    others = {owner: readers(people, owner) for owner in people}
    if not any(others.values()):
        raise Skip("needs two identities of one role in the targets file")
    asking, first = Asking(site), site.identities[0]
    for owner in people:
        async for read in declared_objects(asking, owner, others[owner]):
            yield _finding(read)
    for reader in others[first]:
        try:
            async for read in crawled_objects(asking, first, reader):
                yield _finding(read)
        except Incomplete as why:
            asking.failures.append(why)
    yield Note(asking.said)
    asking.complain()


def _finding(read: Read) -> Finding:
    named = read.thing.parameter
    return other_users_object.at(
        read.answer,
        f"{read.reader or 'Anybody'} reads what belongs to {read.owner}.",
        rule="" if read.reader else "without-login",
        parameter=named,
        parameter_in="query" if named else "",
        identities=(read.owner, read.reader) if read.reader else (read.owner,),
        proof=read.proof,
    )
