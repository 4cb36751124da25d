from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import islice, zip_longest

import httpx

from checks.injection._xss_learning import learn
from checks.injection._xss_payloads import HOLES, Payload, payloads
from scanner import (
    Also,
    Endpoint,
    Finding,
    Note,
    Parameter,
    Proof,
    RunsScript,
    Severity,
    Site,
    check,
)
from scanner.site.csp import SCRIPT_ATTRIBUTES, policies
from scanner.site.probing import probe_all
from scanner.site.proving import try_step
from scanner.site.scripts import runs
from scanner.site.spot import Spot

_PLACES = ("query", "form", "json", "path", "header", "cookie")
_MOST, _UNSURE = 30, 8
"""So many payloads are tried at most, and so few where something of ours was taken out."""

_MISSING = Spot(Endpoint("GET", "/wallwalk"), Parameter("segment 1", "path", "wallwalk"), 1)
"""Pages that say what was not found are the same everywhere: one path stands for all."""


@check(
    id="injection/xss-reflected",
    title="Reflected cross-site scripting",
    severity=Severity.HIGH,
    cwe=79,
    owasp=("ASVS-5.0.0-1.2.1", "ASVS-5.0.0-1.2.3", "A03:2021", "A05:2025"),
    controls=("WW-INJ-003",),
    probes="active",
    also=(
        Also("behind-csp", "Cross-site scripting behind a policy", Severity.MEDIUM, variant=True),
        Also("no-link", "Cross-site scripting that no link sends", Severity.MEDIUM, variant=True),
    ),
)
async def xss_reflected(site: Site) -> AsyncIterator[Finding | Note]:
    """
    Looks for parameters that come back in a page as script.

    It learns with a harmless word where a value comes back and which characters survive, then
    tries what could run there. A finding is a script of ours that a browser would run: an
    element, an event handler, code in a script of the page, or a `javascript:` address.

    ## Why it matters
    Whoever opens a prepared link runs the attacker's script on your site, with their own
    session: it reads what they see and does what they may do. A Content-Security-Policy
    that forbids inline script makes this harder, not impossible.

    ## How to fix it
    Let the template engine escape, and escape for the place: HTML text and quoted attributes
    by autoescaping, values for scripts as JSON in a `data-` attribute, addresses only after
    their scheme was compared with `https`.

    ```jinja
    <p>You looked for {{ words }}.</p>
    <div id="search" data-words="{{ words }}"></div>
    ```

    ## References
    - [OWASP Cross Site Scripting Prevention](https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html)
    - [CWE-79](https://cwe.mitre.org/data/definitions/79.html)
    """
    async for item in probe_all(site, _PLACES, _probe, beside=(_MISSING,)):
        yield item


async def _probe(site: Site, spot: Spot) -> Finding | None:
    learned = await learn(site, spot)
    if learned is None:
        return None
    in_turn = zip_longest(*(payloads(place, learned.survive) for place in learned.places))
    wanted = dict.fromkeys(one for turn in in_turn for one in turn if one is not None)
    for payload in islice(wanted, _MOST if learned.is_sure else _UNSURE):
        lead, text = learned.lead, payload.text
        step = spot.request(f"{text}{lead}" if payload.address else f"{lead}{text}")
        response, values = await try_step(site, step, HOLES)
        if runs(response, payload.code.replace("{ww_x}", values["ww_x"])):
            proof = Proof((step,), (RunsScript(payload.code),), HOLES)
            return await _found(site, spot, response, payload, proof)
    return None


async def _found(
    site: Site, spot: Spot, response: httpx.Response, payload: Payload, proof: Proof
) -> Finding:
    name = spot.parameter.name
    rule, more = "", ""
    if not spot.is_browsable:
        rule, more = "no-link", " Only a program can send it so, no link and no form."
    elif _is_forbidden(response, payload):
        rule, more = "behind-csp", " The page's policy forbids inline script."
    plain, _ = await try_step(site, spot.request(spot.value), ())
    return xss_reflected.at(
        plain,
        f"What {name} says runs as script in the page.{more}",
        rule=rule,
        parameter=name,
        parameter_in=spot.parameter.place,
        proof=proof,
    )


def _is_forbidden(response: httpx.Response, payload: Payload) -> bool:
    """Whether a policy stops it. A script that the policy trusts runs all that is in it."""
    for policy in policies(response):
        decides = policy.deciding(SCRIPT_ATTRIBUTES)
        if policy.stops_every_script:
            return True
        if (
            decides
            and not decides.allows_inline
            and not (payload.inside and decides.trusts_by_name)
        ):
            return True
    return False
