"""A finding out of a report. Whoever wrote the report is not trusted: everything is looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanner.masking import MASK
from scanner.proof import Proof, from_data
from scanner.replay.soundness import unsound
from scanner.text import counted, one_line

_LARGEST_FILE = 100_000_000
_SHORTEST_PREFIX = 8
_JSON_FORMAT = "wallwalk-results/1"


class BadReport(Exception):
    """A report, or what was asked of it, that cannot be used; one line for a person."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A live finding as a report tells it. Without a `proof`, `unprovable` says why.

    `target` and `url` are where it was found; `curl` is the report's own line.
    """

    fingerprint: str
    rule: str
    message: str
    target: str = ""
    url: str = ""
    curl: str = ""
    proof: Proof | None = None
    unprovable: str = ""


def recorded(path: Path, prefix: str) -> Recorded:
    """The finding of the report at `path` whose fingerprint begins with `prefix`.

    Raises BadReport when there is none, when several have it, and for what is no report.
    """
    if len(prefix) < _SHORTEST_PREFIX:
        raise BadReport(f"FINGERPRINT needs at least {_SHORTEST_PREFIX} characters")
    name = one_line(str(path), 200)
    found: dict[str, dict[str, Any]] = {}
    for one in _findings(_document(path, name), name):
        fingerprint = one["fingerprint"]
        if isinstance(fingerprint, str) and fingerprint.startswith(prefix):
            found.setdefault(fingerprint, one)
    shown = one_line(prefix, 60)
    if not found:
        raise BadReport(f"{name}: no finding has a fingerprint that begins with {shown}")
    if len(found) > 1:
        those = counted(len(found), "fingerprint")
        raise BadReport(f"{name}: {those} begin with {shown}; write more of it")
    (one,) = found.values()
    return _read(one, name)


def _document(path: Path, name: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadReport(f"{name}: can't be read: {reason}") from None
    if len(raw) > _LARGEST_FILE:
        raise BadReport(f"{name}: larger than {_LARGEST_FILE // 1_000_000} MB")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadReport(f"{name}: is not JSON; name a results.sarif or a results.json") from None
    if not isinstance(document, dict):
        raise BadReport(f"{name}: is no report; name a results.sarif or a results.json")
    return document


def _findings(document: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    if document.get("format") == _JSON_FORMAT:
        yield from _of_json(document)
    elif document.get("version") == "2.1.0" and isinstance(document.get("runs"), list):
        yield from _of_sarif(document)
    else:
        raise BadReport(f"{name}: is no report of wallwalk; name a results.sarif or results.json")


def _of_json(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for finding in _objects(document.get("findings")):
        where = _object(finding.get("where"))
        yield {
            "fingerprint": finding.get("fingerprint"),
            "rule": finding.get("rule"),
            "message": finding.get("message"),
            "target": where.get("target"),
            "url": where.get("url"),
            "curl": finding.get("curl"),
            "proof": finding.get("proof"),
            "live": where.get("kind") == "url",
        }


def _of_sarif(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for run in _objects(document.get("runs")):
        for result in _objects(run.get("results")):
            kept = _object(result.get("properties"))
            yield {
                "fingerprint": _object(result.get("partialFingerprints")).get("wallwalk/v1"),
                "rule": result.get("ruleId"),
                "message": _object(result.get("message")).get("text"),
                "target": kept.get("target"),
                "url": kept.get("url"),
                "curl": kept.get("reproduce"),
                "proof": kept.get("proof"),
                "left_out": kept.get("proofLeftOut"),
                "live": "target" in kept,
            }


def _read(one: dict[str, Any], name: str) -> Recorded:
    texts = {key: one[key] or "" for key in ("rule", "message", "target", "url", "curl")}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise BadReport(f"{name}: the finding's {key} is no text")
    proof, unprovable = _proof(one, name)
    return Recorded(one["fingerprint"], **texts, proof=proof, unprovable=unprovable)


def _proof(one: dict[str, Any], name: str) -> tuple[Proof | None, str]:
    if not one["live"]:
        return None, "it was found in a file: scan the source again"
    data = one["proof"]
    if data is None:
        if one.get("left_out"):
            return None, "its proof is too long for SARIF: name the results.json of the scan"
        return None, "the report has no proof of it"
    try:
        proof = from_data(data)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadReport(f"{name}: the proof is broken: {one_line(str(error))}") from None
    if why := unsound(proof):
        raise BadReport(f"{name}: the proof is broken: {one_line(why)}")
    if proof.once:
        return None, f"its proof runs only once: {one_line(proof.once)}"
    if MASK in json.dumps(data, ensure_ascii=False):
        return None, "its proof holds a secret, which reports mask"
    return proof, ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
