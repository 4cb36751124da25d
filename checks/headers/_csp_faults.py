"""What is wrong with the policies of a page, taken together, and what shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanner import HasElement, HeaderMatches
from scanner.proof import Expectation
from scanner.site.csp import (
    OBJECTS,
    SCRIPT_ATTRIBUTES,
    SCRIPT_ELEMENTS,
    STRING_COMPILATION,
    Directive,
    Policy,
)

_META = "head > meta[http-equiv='content-security-policy' i]"
_WHOLE = r"(?:\s[^;,\x80-\U0010ffff]*)?(?:[;,]|$)"
"""The rest of a directive; browsers leave one out that has other than ASCII in it."""

_BY_NAME = r"(?:nonce|sha(?:256|384|512))-[a-z0-9+/_-]"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `rule` is the last part of its rule's id, `about` what exactly is wrong."""

    rule: str
    about: str
    message: str
    expect: tuple[Expectation, ...]


def faults(policies: Sequence[Policy]) -> Iterator[Fault]:
    """What `policies` allow together: something is allowed only where each of them allows it."""
    if any(policy.stops_every_script for policy in policies):
        return
    scripts = [policy.deciding(SCRIPT_ELEMENTS) for policy in policies]
    attributes = [policy.deciding(SCRIPT_ATTRIBUTES) for policy in policies]
    if not any((*scripts, *attributes)):
        yield _silent_about_scripts(policies)
        return
    inline, anywhere = _inline(policies), _anywhere(policies, scripts)
    yield from (fault for fault in (inline, anywhere, _eval(policies)) if fault)
    if not inline and not anywhere:
        yield from _side_doors(policies, scripts)


def _silent_about_scripts(policies: Sequence[Policy]) -> Fault:
    names = ("script-src", "script-src-elem", "script-src-attr", "default-src")
    return Fault(
        "scripts-unrestricted",
        "no script-src",
        "The policy says nothing about scripts: it has neither script-src nor default-src.",
        tuple(_shown(policy, names) for policy in policies),
    )


def _inline(policies: Sequence[Policy]) -> Fault | None:
    for names, what in ((SCRIPT_ELEMENTS, "script"), (SCRIPT_ATTRIBUTES, "event handler")):
        decided = [policy.deciding(names) for policy in policies]
        if not all(one is None or one.allows_inline for one in decided):
            continue
        first = next((one for one in decided if one), None)
        by = f"{first.name} 'unsafe-inline'" if first else f"it has no {names[0]} or script-src"
        unless = rf"{_BY_NAME}|strict-dynamic'"
        return Fault(
            "unsafe-inline",
            by,
            f"The policy lets every inline {what} run ({by}).",
            tuple(_shown(policy, names, ("'unsafe-inline'",), unless) for policy in policies),
        )
    return None


def _anywhere(policies: Sequence[Policy], decided: Sequence[Directive | None]) -> Fault | None:
    if not all(one is None or _loads_anything(one) for one in decided):
        return None
    first = next((one for one in decided if one), None)
    if first is None:
        return None
    sources = " ".join(sorted(first.from_anywhere))
    return Fault(
        "any-source",
        f"{first.name} {sources.lower()}",
        f"The policy lets scripts in that anybody may have written ({first.name} {sources}).",
        tuple(
            _shown(policy, SCRIPT_ELEMENTS, one.from_anywhere if one else (), "strict-dynamic'")
            for policy, one in zip(policies, decided, strict=True)
        ),
    )


def _loads_anything(directive: Directive) -> bool:
    return bool(directive.from_anywhere) and not directive.has("strict-dynamic")


def _eval(policies: Sequence[Policy]) -> Fault | None:
    decided = [policy.deciding(STRING_COMPILATION) for policy in policies]
    first = next((one for one in decided if one), None)
    allowed = all(one is None or one.has("unsafe-eval") for one in decided)
    if not first or not allowed or any(policy.wants_trusted_types for policy in policies):
        return None
    return Fault(
        "unsafe-eval",
        f"{first.name} 'unsafe-eval'",
        f"The policy lets text become code ({first.name} 'unsafe-eval').",
        tuple(_shown(policy, STRING_COMPILATION, ("'unsafe-eval'",)) for policy in policies),
    )


def _side_doors(policies: Sequence[Policy], scripts: Sequence[Directive | None]) -> Iterator[Fault]:
    """Ways round a policy that is sound about scripts."""
    objects = [policy.deciding(OBJECTS) for policy in policies]
    if all(one is None or one.from_anywhere for one in objects):
        yield Fault(
            "object-src",
            "object-src",
            "The policy leaves plug-ins open: neither object-src nor default-src restricts them.",
            tuple(
                _shown(policy, OBJECTS, one.from_anywhere if one else ())
                for policy, one in zip(policies, objects, strict=True)
            ),
        )
    bases = [policy.deciding(("base-uri",)) for policy in policies]
    trusting = all(one is None or one.nonces or one.has("strict-dynamic") for one in scripts)
    if trusting and all(one is None or one.from_anywhere for one in bases):
        yield Fault(
            "base-uri",
            "base-uri",
            "The policy lets an injected <base> say where the page's own scripts come from: it "
            "trusts them by a nonce and not by their host.",
            tuple(
                _shown(policy, ("base-uri",), one.from_anywhere if one else ())
                for policy, one in zip(policies, bases, strict=True)
            ),
        )


def _shown(
    policy: Policy, names: tuple[str, ...], weak: tuple[str, ...] = (), unless: str = ""
) -> Expectation:
    """That the policy still leaves the matter of `names` open, or decides it by `weak` sources.

    `unless` is a pattern of what must not stand, after its quote, beside them.
    """
    directive = policy.deciding(names)
    missing = names if directive is None else names[: names.index(directive.name)]
    if policy.meta:
        # A name may stand there as part of another's: script-src of script-src-attr.
        sure = [name for name in missing if name not in policy.meta.lower()]
        without = "".join(f":not([content*='{name}' i])" for name in sure)
        sources = "".join(f'[content*="{source}" i]' for source in weak) if directive else ""
        return HasElement(f"{_META}{without}{sources}")
    pattern = r"(?i)(?:^|,)"
    if missing:
        pattern += rf"(?!(?:[^,]*;)?\s*(?:{'|'.join(missing)}){_WHOLE})"
    if directive is None:
        return HeaderMatches("content-security-policy", rf"{pattern}\s*[^\s;,]")
    pattern += rf"(?:[^,]*;)?\s*{directive.name}(?=\s)"
    pattern += "".join(rf"(?=[^;,]*\s{re.escape(source)}(?:[\s;,]|$))" for source in weak)
    if unless:
        pattern += rf"(?![^;,]*\s'(?:{unless}))"
    return HeaderMatches("content-security-policy", pattern)
