from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

from checks.limits._burst import Account, Burst, burst, wait_out, why_closed
from scanner import Finding, Incomplete, Note, Proof, Severity, Site, Skip, Status, check
from scanner.site.answer import again
from scanner.site.guessing import is_of_the_target
from scanner.site.login import missing_variables
from scanner.targets import Login, matches

_TRIES = 20
_MOST = 100
_NEEDS = "mark an identity that has a password and may be locked with `disposable: true`"
_LOGIN = "correct the login, or the password of the disposable identity"


@check(
    id="limits/login",
    title="Login without a limit on wrong passwords",
    severity=Severity.MEDIUM,
    cwe=307,
    owasp=("ASVS-5.0.0-6.3.1", "API2:2023", "A07:2021", "A07:2025"),
    controls=("WW-RATE-002",),
    probes="active",
    alone=True,
    reads=("known_users", "expect.lockout.after"),
    crawled=False,
)
async def login(site: Site) -> AsyncIterator[Finding | Note]:
    """
    Tries wrong passwords for one account, and looks for a login that never minds.

    Twenty in a row, or two more than `expect` promises, at each login by `json` or `form` of
    the targets file. Any sign ends it: another status or text, a captcha, slower answers. A
    login has no limit when all answers were alike and the right password worked directly
    afterwards. Only an identity with `disposable: true` or one of `known_users` is tried.

    ## Why it matters
    People use short passwords, and use them twice. Where nobody counts the wrong ones, a list of
    common or leaked passwords is tried until one fits.

    ## How to fix it
    Count wrong passwords for each account and for each address. After about five, answer 429
    and wait longer each time, or ask for a second proof such as a captcha:

    ```python
    if failures(account) >= 5 or failures(address) >= 20:
        return Response(status=429, headers={"Retry-After": "60"})
    ```

    Do not lock accounts for ever: then anybody can lock out anybody.

    ## References
    - [OWASP Authentication Cheat Sheet: login throttling](https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#login-throttling)
    - [RFC 6585, 4: 429 Too Many Requests](https://www.rfc-editor.org/rfc/rfc6585#section-4)
    - [CWE-307](https://cwe.mitre.org/data/definitions/307.html)
    """
    logins = {n: one for n, one in site.target.logins.items() if is_of_the_target(site, one)}
    if not logins:
        raise Skip("the targets file names no login of this target by json or form")
    account = _account(site)
    closed = {name: await why_closed(site, one, account) for name, one in logins.items()}
    untold = {name: Incomplete(why, _LOGIN) for name, why in closed.items() if why}
    limited = ""
    for name, one in logins.items():
        if name in untold:
            continue
        if limited and await why_closed(site, one, account):
            yield Note(f"login {name}: the account is locked here too, by {limited}")
            continue
        try:
            seen = await burst(site, one, account, _tries(site, one))
        except Incomplete as why:
            untold[name] = why
            continue
        if seen.limit:
            limited = f"the wrong passwords at login {name}"
            yield Note(f"login {name}: {seen.limit}")
            if said := await wait_out(site, one, account, seen.after or seen.wrong[-1]):
                yield Note(f"login {name}: {said}")
        elif seen.after is None:
            untold[name] = Incomplete("only the right password shows a hidden lock", _NEEDS)
        else:
            yield _unlimited(seen, account)
    if untold:
        said = "; ".join(f"login {name}: {why}" for name, why in untold.items())
        raise Incomplete(said, next(iter(untold.values())).mend)


def _account(site: Site) -> Account:
    """Somebody who may be locked out: with a password if possible, else by name only."""
    kept: set[str] = set()
    missing: Incomplete | None = None
    for name, identity in site.target.identities.items():
        username = identity.username or name
        if not identity.disposable:
            kept.add(username)
        elif identity.missing:
            missing = missing_variables(name, identity.missing)
        elif identity.password is not None:
            return Account(username, identity.password.reveal())
    for username in site.target.known_users:
        if username not in kept:
            return Account(username)
    raise missing or Incomplete(
        "nobody in the targets file may be locked out, so wrong passwords were not tried", _NEEDS
    )


def _tries(site: Site, login: Login) -> int:
    """How many wrong passwords must have met a limit: two more than are promised, or 20."""
    expect = site.target.expect
    how = login.json_ or login.form
    path = urlsplit(how.url).path if how else ""
    limits = [one for one in expect.rate_limits if one.method == "POST"]
    promised = [one.limit for one in limits if matches(one.path, path)]
    if expect.lockout is not None:
        promised.append(expect.lockout.after)
    if not promised:
        return _TRIES
    if min(promised) > _MOST:
        raise Incomplete(
            f"`expect` promises a limit after {min(promised)} tries, and at most {_MOST} are made"
        )
    return min(promised) + 2


def _unlimited(seen: Burst, account: Account) -> Finding:
    last = seen.wrong[-1].answer
    proof = Proof(
        (again(last),),
        (Status((last.status_code,)),),
        once="a second burst could lock the account or the address",
    )
    message = (
        f"{len(seen.wrong)} wrong passwords in a row for {account.username} were all answered "
        "alike, and the right one worked directly afterwards."
    )
    return replace(login.at(last, message, proof=proof), evidence=seen.evidence)
