"""Findings as SARIF results."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import sarif_om as sarif

from reports.outside import shown, unlinked
from reports.sarif_data import LONGEST_TEXT, message
from reports.sarif_rules import LEVEL
from scanner.model import AtUrl, Exchange, Finding, InFile, Location, TargetFacts
from scanner.proof import Proof, to_data

MOST_RELATED = 99
MOST_LINKED = 5
MOST_ENDPOINTS = 100
LONGEST_MESSAGE = 4_000
LONGEST_SNIPPET = 2_000
LONGEST_NAME = 2_000
LONGEST_ROUTE = 1_000
LONGEST_PATH = 4_096

_HTTP_REQUEST = re.compile(r"(\S+) (.*?) (HTTP)/(\d(?:\.\d)?)$")
_HTTP_ANSWER = re.compile(r"(HTTP)/(\d(?:\.\d)?) (\d{3}) ?(.*)$")


def result(
    finding: Finding, index: int, targets: Mapping[str, TargetFacts], longest_body: int
) -> Any:
    """One result; `index` is its rule's, `longest_body` what is kept of an evidence's body."""
    live = isinstance(finding.where, AtUrl)
    related = [
        _location(place, targets, id=number + 1)
        for number, place in enumerate(finding.also[:MOST_RELATED])
    ]
    first = _location(finding.where, targets)
    if live:
        first.logical_locations = _endpoints(finding.places[:MOST_ENDPOINTS])
    deciding = _deciding(finding)
    return sarif.Result(
        rule_id=finding.rule.id,
        rule_index=index,
        kind="fail",
        level=LEVEL[finding.rule.severity],
        message=message(_message(finding)),
        locations=[first],
        related_locations=related or None,
        partial_fingerprints={
            "primaryLocationLineHash": _line_hash(finding),
            "wallwalk/v1": finding.fingerprint,
        },
        suppressions=_suppressions(finding),
        web_request=_request(deciding, longest_body) if deciding and live else None,
        web_response=_response(deciding, longest_body) if deciding and live else None,
        properties=_properties(finding, longest_body),
    )


def _message(finding: Finding) -> str:
    text = unlinked(finding.message)[:LONGEST_MESSAGE].strip() or finding.rule.id
    if isinstance(finding.where, AtUrl):
        text += f" ({unlinked(str(finding.where))})"
    if not finding.also:
        return text
    linked = finding.also[:MOST_LINKED]
    links = ", ".join(f"[{_link_text(place)}]({n})" for n, place in enumerate(linked, 1))
    more = len(finding.also) - len(linked)
    return f"{text} Also: {links}{f' and {more} more' if more else ''}."


def _link_text(place: Location) -> str:
    """A place as the text of a link; brackets could end it, escaped or not, so none are left."""
    text = " ".join(shown(str(place)).split())[:200]
    return text.translate({ord("["): "(", ord("]"): ")", ord("\\"): "/"})


def _line_hash(finding: Finding) -> str:
    """What GitHub tells alerts apart by: its own hash of the line, or one of ours."""
    if isinstance(finding.where, InFile) and finding.where.line_hash:
        return finding.where.line_hash
    return hashlib.sha256(finding.fingerprint.encode()).hexdigest()[:16] + ":1"


def _suppressions(finding: Finding) -> list[Any] | None:
    if not finding.suppressed:
        return None
    kind = "inSource" if finding.suppressed_in == "source" else "external"
    justification = shown(finding.suppressed)
    return [sarif.Suppression(kind=kind, state="accepted", justification=justification)]


def _location(place: Location, targets: Mapping[str, TargetFacts], id: int = -1) -> Any:
    if isinstance(place, InFile):
        uri, region = _uri(place.path), _region(place)
    else:
        uri, line = _stand_in(place, targets.get(place.target))
        region = sarif.Region(start_line=line, start_column=1, end_line=line, end_column=2)
    related = id > 0
    return sarif.Location(
        id=id,
        physical_location=sarif.PhysicalLocation(
            artifact_location=sarif.ArtifactLocation(uri=uri), region=region
        ),
        logical_locations=[_endpoint(place)] if related and isinstance(place, AtUrl) else None,
        message=message(unlinked(str(place))) if related else None,
    )


def _stand_in(place: AtUrl, target: TargetFacts | None) -> tuple[str, int]:
    """A file and line for a live place, since GitHub refuses http addresses.

    The target's line in the targets file, when that lies in the repository; else a path that
    says what was asked, the same from run to run.
    """
    if target and _in_repository(target.declared_in):
        return _uri(target.declared_in), max(target.line, 1)
    route = (place.route or urlsplit(place.url).path or "/")[:LONGEST_ROUTE]
    return _uri(f"wallwalk/{place.target}/{place.method}/{route.lstrip('/')}".rstrip("/")), 1


def _in_repository(path: str) -> bool:
    return bool(path) and not re.match(r"/|\\|\w:|\w+://", path) and ".." not in path.split("/")


def _uri(path: str) -> str:
    """`path` as a relative URI; a segment that a reader would fold (`..`) is encoded."""
    path = path.replace("\0", "\ufffd") or "unknown"
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "replace")
    segments = (quote(segment, safe="") for segment in raw[:LONGEST_PATH].split(b"/"))
    return "/".join(s.replace(".", "%2E") if s in {".", ".."} else s for s in segments)


def _region(place: InFile) -> Any:
    line, column = max(place.line, 1), max(place.column, 1)
    lines = place.snippet.splitlines() or [""]
    end_line = max(place.end_line or line, line)
    last = lines[end_line - line] if end_line - line < len(lines) else ""
    end_column = max(len(last.rstrip()) + 1, column + 1 if end_line == line else 2)
    snippet = shown(place.snippet)[:LONGEST_SNIPPET]
    return sarif.Region(
        start_line=line,
        start_column=column,
        end_line=end_line,
        end_column=end_column,
        snippet=sarif.ArtifactContent(text=snippet) if snippet else None,
    )


def _endpoints(places: Iterable[Location]) -> list[Any]:
    """Each endpoint once, which the schema insists on."""
    unique = {one.fully_qualified_name: one for one in map(_endpoint, places)}
    return list(unique.values())


def _endpoint(place: Location) -> Any:
    if isinstance(place, InFile):
        name = shown(str(place))[:LONGEST_NAME]
        return sarif.LogicalLocation(fully_qualified_name=name, kind="file")
    path = place.route or urlsplit(place.url).path or "/"
    return sarif.LogicalLocation(
        name=shown(f"{place.method} {path}")[:LONGEST_NAME],
        fully_qualified_name=shown(f"{place.method} {place.url}")[:LONGEST_NAME],
        kind="endpoint",
    )


def _properties(finding: Finding, longest_body: int) -> dict[str, Any]:
    where = finding.where
    kept: dict[str, Any] = {"severity": finding.rule.severity.word}
    if isinstance(where, AtUrl):
        urls = [place.url for place in finding.places if isinstance(place, AtUrl)]
        kept |= {
            "target": where.target,
            "url": where.url,
            "method": where.method,
            "route": where.route,
            "answerKind": where.kind,
            "parameter": where.parameter,
            "parameterIn": where.parameter_in,
            "identity": ", ".join(where.identities),
            "reproduce": finding.curl if len(finding.curl) <= LONGEST_TEXT else "",
            "urls": list(dict.fromkeys(urls)),
        }
    kept |= {"about": finding.about, "confidence": finding.confidence}
    if finding.proof:
        kept |= _proof(finding.proof)
    if len(finding.evidence) > 1 or (finding.evidence and not isinstance(where, AtUrl)):
        kept["exchanges"] = [
            {
                "request": _cut(shown(one.request), longest_body),
                "response": _cut(shown(one.response), longest_body),
                "status": one.status,
                "note": shown(one.note),
            }
            for one in finding.evidence
        ]
    elif finding.evidence and finding.evidence[0].note:
        kept["note"] = shown(finding.evidence[0].note)
    return {key: value for key, value in kept.items() if value not in ("", None)}


def _proof(proof: Proof) -> dict[str, Any]:
    """The proof whole or not at all: a cut one would be another one."""
    data = to_data(proof)
    if len(json.dumps(data)) > LONGEST_TEXT:
        return {"proofLeftOut": "too long for this file; results.json has it"}
    return {"proof": data}


def _deciding(finding: Finding) -> Exchange | None:
    """The exchange that the curl line repeats, where the evidence has one for each step."""
    if not finding.evidence:
        return None
    proof = finding.proof
    if proof and len(proof.steps) == len(finding.evidence):
        return finding.evidence[proof.shows]
    return finding.evidence[-1]


def _request(exchange: Exchange, longest_body: int) -> Any:
    first, headers, body = _message_parts(exchange.request)
    if not (line := _HTTP_REQUEST.match(first)):
        return sarif.WebRequest(body=_content(exchange.request, longest_body))
    method, target, protocol, version = line.groups()
    return sarif.WebRequest(
        protocol=protocol,
        version=version,
        method=shown(method),
        target=shown(target),
        headers=headers,
        body=_content(body, longest_body),
    )


def _response(exchange: Exchange, longest_body: int) -> Any:
    if not exchange.response:
        return sarif.WebResponse(no_response_received=True)
    first, headers, body = _message_parts(exchange.response)
    if not (line := _HTTP_ANSWER.match(first)):
        return sarif.WebResponse(
            status_code=exchange.status or None, body=_content(exchange.response, longest_body)
        )
    protocol, version, status, reason = line.groups()
    return sarif.WebResponse(
        protocol=protocol,
        version=version,
        status_code=int(status),
        reason_phrase=shown(reason) or None,
        headers=headers,
        body=_content(body, longest_body),
    )


def _message_parts(text: str) -> tuple[str, dict[str, str], str]:
    """First line, headers (those of one name joined) and body of an HTTP message."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = shown(name.strip()), shown(value.strip())
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return first, headers, body


def _content(body: str, longest: int) -> Any:
    return sarif.ArtifactContent(text=_cut(shown(body), longest)) if body and longest else None


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… [{len(text) - longest} more]"
