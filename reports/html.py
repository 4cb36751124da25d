"""One HTML file for people: nothing is fetched, nothing runs but its own small script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from reports.outside import shown
from reports.overview import SEVERITIES, duration, gaps
from reports.page.view import view
from scanner.model import Report
from scanner.text import counted

FILE = "report.html"
LONGEST_TEXT = 20_000
"""Characters of any one text; a browser does not like lines of a megabyte."""


def render(report: Report) -> str:
    """The report as one self-contained page."""
    style, script = _part("report.css"), _part("report.js")
    return _template().render(
        page=view(report),
        report=report,
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        policy=_policy(style, script),
        severity_words=[severity.word for severity in SEVERITIES],
        duration=duration,
        counted=counted,
        gaps=gaps,
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(_part("report.html.j2"))


def _harmless(value: Any) -> Any:
    """What every `{{ }}` passes before it is escaped."""
    if type(value) is not str:
        return value
    text = shown(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    """The source expression for an inline text (CSP Level 3, 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _part(name: str) -> str:
    return (files("reports.page") / name).read_text(encoding="utf-8")
