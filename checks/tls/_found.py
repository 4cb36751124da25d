"""A finding on a target's connection rather than on one of its answers."""

from __future__ import annotations

from scanner import AtUrl, Check, Finding, Proof, Site


def found(
    check: Check[Site], site: Site, message: str, proof: Proof, *, about: str, rule: str = ""
) -> Finding:
    """`about` is what exactly is wrong: each is a finding of its own."""
    id = f"{check.id}/{rule}" if rule else check.id
    where = AtUrl(target=site.name, method="GET", url=f"{site.origin}/")
    return Finding(
        next(one for one in check.rules if one.id == id), message, where, about=about, proof=proof
    )
