"""What an answer is, where it was seen, and how to ask for it again."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

from scanner.proof import Request

_MEDIA_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+-]+)")
_UNKNOWN = ("unknown/unknown", "application/unknown")
_PAGE = re.compile(
    rb"\s*(?:<!--|<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body"
    rb"|br|p)[ >])",
    re.I,
)
"""What makes a page of an answer without a type (WHATWG MIME Sniffing, 7.1)."""

_STATIC = re.compile(r"(text/(css|javascript|plain)|application/(javascript|wasm)|image/|font/)")


@dataclass(frozen=True, slots=True)
class Seen:
    """Where an answer came from: kept in `response.extensions["seen"]`.

    `path` is the raw request target, `headers` those that the check added, `body` what it sent.
    """

    target: str
    identity: str
    url: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


def seen(response: httpx.Response) -> Seen:
    """Where and as whom `response` was fetched."""
    sight = response.extensions["seen"]
    assert isinstance(sight, Seen)  # noqa: S101  (Site.send put it there)
    return sight


def again(response: httpx.Response) -> Request:
    """The step of a proof that asks for `response` once more, as the same identity."""
    sight = seen(response)
    method = response.request.method
    return Request(method, sight.path, sight.headers, sight.body, sight.identity)


def media_type(response: httpx.Response) -> str:
    """`text/html`, in lower case and without parameters; empty where none was sent."""
    match = _MEDIA_TYPE.match(response.headers.get("content-type", ""))
    return match[1].lower() if match else ""


def is_html(response: httpx.Response) -> bool:
    """Whether a browser draws it as a page: by its type, or by sniffing where it has none."""
    kind = media_type(response)
    if kind and kind not in _UNKNOWN:
        return kind in ("text/html", "application/xhtml+xml")
    return bool(_PAGE.match(response.content[:1445]))


def may_render(response: httpx.Response) -> bool:
    """Whether a browser would show the answer's body as a page if it looked like one.

    Redirects and downloads are not shown; without a type it is sniffed (WHATWG MIME Sniffing),
    unless `X-Content-Type-Options: nosniff` stands beside it.
    """
    if 300 <= response.status_code < 400 and "location" in response.headers:
        return False
    disposition = str(response.headers.get("content-disposition", ""))
    if disposition.lower().lstrip().startswith("attachment"):
        return False
    if media_type(response) in ("", *_UNKNOWN):
        options = str(response.headers.get("x-content-type-options", ""))
        return options.partition(",")[0].strip().lower() != "nosniff"
    return is_html(response)


def kind_of(response: httpx.Response) -> str:
    """html, json, error, redirect, static or download: the groups of header findings."""
    if response.status_code >= 400:
        return "error"
    if 300 <= response.status_code < 400:
        return "redirect"
    disposition = response.headers.get("content-disposition", "").lower()
    if disposition.lstrip().startswith("attachment"):
        return "download"
    if is_html(response):
        return "html"
    kind = media_type(response)
    if kind.endswith(("/json", "+json")):
        return "json"
    return "static" if _STATIC.match(kind) else "download"
