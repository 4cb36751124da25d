"""Content Security Policies as browsers read them (CSP Level 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from scanner.site.answer import is_html
from scanner.site.markup import parsed

SCRIPT_ELEMENTS = ("script-src-elem", "script-src", "default-src")
SCRIPT_ATTRIBUTES = ("script-src-attr", "script-src", "default-src")
STRING_COMPILATION = ("script-src", "default-src")
OBJECTS = ("object-src", "default-src")
"""Which directives decide, the first that a policy has. `base-uri`, `form-action` and
`frame-ancestors` stand alone: nothing decides in their place."""

_NONCE = re.compile(r"'nonce-([A-Za-z0-9+/_-]+={0,2})'", re.I)
_HASH = re.compile(r"'sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'", re.I)
_ANYWHERE = re.compile(r"https?:|(?:https?://)?\*(?::(?:\d+|\*))?(?:/[\w./%~-]*)?", re.I)
_NOT_IN_META = frozenset(("frame-ancestors", "report-uri", "sandbox"))
_SPACE = " \t\n\f\r"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: its name in lower case, and its sources as they were written."""

    name: str
    sources: tuple[str, ...] = ()

    def has(self, keyword: str) -> bool:
        """Whether the keyword, such as `unsafe-eval`, is there. Without quotes it is a host."""
        return any(source.lower() == f"'{keyword}'" for source in self.sources)

    @property
    def nonces(self) -> tuple[str, ...]:
        return tuple(found[1] for source in self.sources if (found := _NONCE.fullmatch(source)))

    @property
    def trusts_by_name(self) -> bool:
        """Whether it names single scripts, by a nonce or by their hash."""
        return bool(self.nonces) or any(_HASH.fullmatch(source) for source in self.sources)

    @property
    def allows_inline(self) -> bool:
        """Whether any inline script runs. Beside a nonce, a hash or 'strict-dynamic' browsers
        ignore 'unsafe-inline', which stands there for those that know none of the three."""
        ignored = self.trusts_by_name or self.has("strict-dynamic")
        return self.has("unsafe-inline") and not ignored

    @property
    def from_anywhere(self) -> tuple[str, ...]:
        """The sources that fit every host, or content that is part of the address (`data:`)."""
        return tuple(s for s in self.sources if is_anywhere(s) or s.lower() == "data:")


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy that is enforced; of two directives with one name the first counts.

    `meta` is all that the meta element says which it stands in, or empty.
    """

    directives: Mapping[str, Directive]
    meta: str = ""

    def deciding(self, names: tuple[str, ...]) -> Directive | None:
        """The first of `names` that the policy has; None where it leaves the matter open."""
        return next((self.directives[name] for name in names if name in self.directives), None)

    @property
    def stops_every_script(self) -> bool:
        sandbox = self.directives.get("sandbox")
        return sandbox is not None and "allow-scripts" not in map(str.lower, sandbox.sources)

    @property
    def wants_trusted_types(self) -> bool:
        types = self.directives.get("require-trusted-types-for")
        return types is not None and types.has("script")


def is_anywhere(source: str) -> bool:
    """Whether a source expression fits hosts that anybody may have."""
    return bool(_ANYWHERE.fullmatch(source))


def policies(response: httpx.Response) -> tuple[Policy, ...]:
    """Every policy that `response` enforces. They add up: what one forbids is forbidden.

    Report-only policies enforce nothing and are not among them.
    """
    found = [(line, "") for line in response.headers.get_list("content-security-policy")]
    if is_html(response):
        found += ((content, content) for content in metas(response))
    # The specification has one policy in a meta element; Chromium splits it at commas, too.
    split = (parse(text, meta) for line, meta in found for text in line.split(","))
    return tuple(policy for policy in split if policy.directives)


def parse(text: str, meta: str = "") -> Policy:
    """One serialized policy. In a meta element some directives do not count."""
    directives: dict[str, Directive] = {}
    for part in text.split(";"):
        name, *sources = re.split(rf"[{_SPACE}]+", part.strip(_SPACE))
        name = name.lower()
        if name and part.isascii() and not (meta and name in _NOT_IN_META):
            directives.setdefault(name, Directive(name, tuple(sources)))
    return Policy(directives, meta)


def metas(response: httpx.Response) -> list[str]:
    """What the meta elements of a page say that browsers read policies from."""
    if b"content-security-policy" not in response.content.lower():
        return []
    document, _ = parsed(response.text)
    return [
        meta.attributes.get("content") or ""
        for meta in document.css("head > meta[http-equiv]")
        if (meta.attributes["http-equiv"] or "").lower() == "content-security-policy"
    ]
