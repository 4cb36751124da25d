"""The engine. Checks and writers import what they need from here.

Names are imported when they are first asked for, so that `wallwalk --help` does not wait for
httpx and pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scanner.contract import Also, Check, Incomplete, Skip, check, discover
    from scanner.model import (
        AtUrl,
        CheckRun,
        Exchange,
        Finding,
        InFile,
        Location,
        Note,
        NotPlanned,
        Outcome,
        Report,
        Rule,
        Severity,
        TargetFacts,
    )
    from scanner.proof import (
        Accepted,
        Apart,
        BadCertificate,
        BodyContains,
        BodyLacks,
        BodyMatches,
        Certificate,
        Forged,
        HasElement,
        HeaderAbsent,
        HeaderMatches,
        Hello,
        Like,
        Number,
        Product,
        Proof,
        Refused,
        Request,
        RunsScript,
        Shows,
        Status,
        Take,
        Unlike,
        Word,
    )
    from scanner.site import Endpoint, Parameter, Site
    from scanner.source import Source, SourceFile, ToolFailed

_HOMES = {
    "scanner.contract": "Also Check Incomplete Skip check discover",
    "scanner.model": "AtUrl CheckRun Exchange Finding InFile Location Note NotPlanned Outcome "
    "Report Rule Severity TargetFacts",
    "scanner.proof": "Accepted Apart BadCertificate BodyContains BodyLacks BodyMatches "
    "Certificate Forged HasElement HeaderAbsent HeaderMatches Hello Like Number Product Proof "
    "Refused Request RunsScript Shows Status Take Unlike Word",
    "scanner.site": "Endpoint Parameter Site",
    "scanner.source": "Source SourceFile ToolFailed",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Accepted",
    "Also",
    "Apart",
    "AtUrl",
    "BadCertificate",
    "BodyContains",
    "BodyLacks",
    "BodyMatches",
    "Certificate",
    "Check",
    "CheckRun",
    "Endpoint",
    "Exchange",
    "Finding",
    "Forged",
    "HasElement",
    "HeaderAbsent",
    "HeaderMatches",
    "Hello",
    "InFile",
    "Incomplete",
    "Like",
    "Location",
    "NotPlanned",
    "Note",
    "Number",
    "Outcome",
    "Parameter",
    "Product",
    "Proof",
    "Refused",
    "Report",
    "Request",
    "Rule",
    "RunsScript",
    "Severity",
    "Shows",
    "Site",
    "Skip",
    "Source",
    "SourceFile",
    "Status",
    "Take",
    "TargetFacts",
    "ToolFailed",
    "Unlike",
    "Word",
    "check",
    "discover",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'scanner' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
