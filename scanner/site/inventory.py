"""The endpoints that a crawl learns of, each method, path and set of names once."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

import httpx

from scanner.site.answer import kind_of, media_type, seen
from scanner.site.forms import Form
from scanner.site.surface import Endpoint, Parameter

_GONE = (404, 405, 410, 501)


class Inventory:
    """Endpoints in the order in which they were met, with the values they were met with."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._found: dict[tuple[str, str, str, frozenset[tuple[str, str]]], Endpoint] = {}

    def page(self, response: httpx.Response, found_on: str) -> None:
        """Take what was asked with GET, unless it is not there or a plain file."""
        path, mark, query = seen(response).path.partition("?")
        if response.status_code in _GONE or (not mark and _is_file(response)):
            return
        self._add(Endpoint("GET", path, _query(query), found_on=found_on))

    def form(self, form: Form, path: str, found_on: str) -> None:
        """Take a form; `path` is its action as `Endpoint.path` has it, with the query."""
        path, _, query = path.partition("?")
        # A browser replaces the query of a GET form's action by its fields.
        fixed = _query(query) if form.method != "GET" else ()
        self._add(
            Endpoint(form.method, path, (*fixed, *form.parameters), form.encoding, "", found_on)
        )

    def _add(self, endpoint: Endpoint) -> None:
        names = frozenset((p.name, p.place) for p in endpoint.parameters)
        key = (endpoint.method, endpoint.path, endpoint.encoding, names)
        self._found.setdefault(key, replace(endpoint, identity=self._identity))

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(self._found.values())


def _is_file(response: httpx.Response) -> bool:
    if response.status_code >= 300:
        return False
    kind = kind_of(response)
    return kind == "download" or (kind == "static" and media_type(response) != "text/plain")


def _query(query: str) -> tuple[Parameter, ...]:
    """The first value of each name of a query string."""
    first: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        first.setdefault(name, value)
    return tuple(Parameter(name, "query", value) for name, value in first.items())
