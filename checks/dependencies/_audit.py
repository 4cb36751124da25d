"""Asks pip-audit about pinned packages, and believes only whole answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from checks.dependencies._found import Pin
from scanner.source import Advisories, Source, ToolFailed
from scanner.text import one_line

Package = tuple[str, str]

_LINES = 50
_ID = re.compile(r"[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9._:-]{1,80}")
_PREFERRED = ("GHSA-", "PYSEC-", "CVE-")
_SUMMARY = 200


@dataclass(frozen=True, slots=True)
class Advisory:
    """A published flaw: `id` is the first of GHSA, PYSEC and CVE, `aliases` are its others."""

    id: str
    aliases: tuple[str, ...]
    summary: str
    fixed: tuple[str, ...]


@dataclass
class Answers:
    """Advisories by package and version; what got no answer and why; what failed altogether."""

    known: dict[Package, list[Advisory]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    failed: list[ToolFailed] = field(default_factory=list)


async def audit(source: Source, pins: Sequence[Pin]) -> Answers:
    """What the advisory service says about each package and version among `pins`."""
    wanted = sorted({(pin.name, pin.version) for pin in pins})
    parts = list(_parts(wanted))
    replies = await asyncio.gather(*(_ask(source, p) for p in parts), return_exceptions=True)
    answers = Answers()
    for part, reply in zip(parts, replies, strict=True):
        if isinstance(reply, ToolFailed):
            answers.failed.append(reply)
        elif isinstance(reply, BaseException):
            raise reply
        else:
            answers.known |= reply.known
            answers.missing += [
                f"{name} {version}" for name, version in part if (name, version) not in reply.known
            ]
    return answers


def _parts(wanted: Iterable[Package]) -> Iterable[list[Package]]:
    """Lists in which no package is twice, because pip-audit refuses those."""
    layers: list[dict[str, str]] = []
    for name, version in wanted:
        layer = next((layer for layer in layers if name not in layer), None)
        if layer is None:
            layers.append(layer := {})
        layer[name] = version
    for layer in layers:
        packages = list(layer.items())
        for start in range(0, len(packages), _LINES):
            yield packages[start : start + _LINES]


async def _ask(source: Source, packages: list[Package]) -> Answers:
    lines = "".join(f"{name}=={version}\n" for name, version in packages)
    report = await source.tool(
        [
            *("pip-audit", "-r", "pins.txt", "--no-deps", "--disable-pip", "-f", "json"),
            *("--progress-spinner", "off", "--cache-dir", "http", *_service(source.advisories)),
        ],
        files={"pins.txt": lines.encode()},
        seconds=120 + 5 * len(packages),
    )
    answers = Answers()
    try:
        for one in report["dependencies"]:
            if "skip_reason" not in one:
                package = (str(canonicalize_name(one["name"])), str(one["version"]))
                answers.known[package] = _advisories(one["vulns"])
    except (KeyError, TypeError, AttributeError):
        raise ToolFailed("pip-audit's report has not the form that we know") from None
    return answers


def _service(settings: Advisories) -> list[str]:
    if not settings.url:
        return ["-s", "osv" if settings.service == "osv" else "pypi"]
    whole = settings.url
    if urlsplit(whole).path in ("", "/"):
        whole = whole.rstrip("/") + "/v1/query"
    return ["-s", "osv", f"--osv-url={whole}"]


def _advisories(vulnerabilities: list[dict[str, Any]]) -> list[Advisory]:
    """One advisory for each flaw, though a service may list it under each of its names."""
    found: dict[str, Advisory] = {}
    for one in vulnerabilities:
        names = [name for name in (one["id"], *one["aliases"]) if _ID.fullmatch(name)]
        if not names:
            raise KeyError("id")
        id = next((n for p in _PREFERRED for n in names if n.startswith(p)), names[0])
        former = found.get(id)
        found[id] = Advisory(
            id,
            tuple(sorted({*names, *(former.aliases if former else ())} - {id})),
            one_line(one.get("description") or "", _SUMMARY),
            tuple(str(version) for version in one["fix_versions"])
            or (former.fixed if former else ()),
        )
    return [found[id] for id in sorted(found)]
