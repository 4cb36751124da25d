from __future__ import annotations

from collections.abc import AsyncIterator

from checks.exposure._looks import looks, looks_in
from scanner import Also, Finding, Note, Severity, Site, Skip, check
from scanner.site.asking import Unanswered, ask_each
from scanner.text import counted


@check(
    id="exposure/files",
    title="File or page that was not meant to be public",
    severity=Severity.HIGH,
    cwe=538,
    owasp=("ASVS-5.0.0-13.4.1", "API8:2023", "A01:2021", "A01:2025"),
    controls=("WW-API-005", "WW-API-007"),
    also=(
        Also("secrets", "Secrets or data that anybody can download", Severity.CRITICAL),
        Also("debug-page", "Page for developers that anybody can open", Severity.MEDIUM, 489),
        Also("metadata", "File that tells how the site is made", Severity.LOW),
    ),
)
async def files(site: Site) -> AsyncIterator[Finding | Note]:
    """
    Looks for version control, settings, keys, dumps, archives, former copies of scripts and
    pages for developers, at well-known paths of each root and of the folders that were found.

    What is there is told by its content, never by its status, and what cannot exist beside it
    must not answer the same. Reports show names of fields only, no values.

    ## Why it matters
    These files are asked for by robots within hours of a deployment. A repository gives away
    the source and every secret that was ever committed to it, `.env` the passwords, a dump all
    data at once; pages for developers tell an attacker where to go on.

    ## How to fix it
    Take the file away, and change every secret that was in it: count it as known. Then serve a
    folder that has nothing but what is public, instead of the project's own:

    ```nginx
    root /srv/shop/public;
    location ~ /\\.(?!well-known/) { return 404; }
    ```

    Turn debug modes off in production, and let pages such as `server-status` or `/actuator`
    answer on an internal address only.

    ## References
    - [OWASP: Review old backup and unreferenced files](https://owasp.org/www-project-web-security-testing-guide/stable/4-Web_Application_Security_Testing/02-Configuration_and_Deployment_Management_Testing/04-Review_Old_Backup_and_Unreferenced_Files_for_Sensitive_Information)
    - [CWE-538](https://cwe.mitre.org/data/definitions/538.html)
    - [CWE-489](https://cwe.mitre.org/data/definitions/489.html)
    """
    plan = await looks(site)
    for note in plan.notes:
        yield Note(note)
    unanswered, known = Unanswered(), looks_in(plan)
    reported: set[tuple[str, str]] = set()
    async for request, response in ask_each(site, list(known), unanswered):
        look = known[request]
        content = look.shown_by(response)
        if content is not None and look.thing not in reported:
            reported.add(look.thing)
            proof = look.proof(content)
            yield files.at(response, content.says, rule=content.rule, proof=proof)
    if unanswered.refused == len(known):
        raise Skip("no well-known path is in the target's scope")
    if unanswered.refused:
        yield Note(f"{counted(unanswered.refused, 'well-known path')} out of scope, not asked")
    if plan.late:
        raise plan.late
    unanswered.complain("well-known path")
