"""Requests, answers and routes: just enough of a web framework for one small shop."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from .store import Store

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """What a browser asked for. `parts` are the holes of the route, `/orders/{id}`."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    store: Store
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def cookies(self) -> dict[str, str]:
        try:
            jar = SimpleCookie(self.headers.get("cookie", ""))
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in jar.items()}


@dataclass(frozen=True)
class Response:
    body: bytes
    kind: str
    status: int = 200
    headers: Headers = ()


def page(text: str, status: int = 200, *headers: tuple[str, str]) -> Response:
    return Response(text.encode(), "text/html; charset=utf-8", status, headers)


def plain(text: str, status: int = 200, *headers: tuple[str, str]) -> Response:
    return Response(text.encode(), "text/plain; charset=utf-8", status, headers)


def as_json(data: object, status: int = 200, *headers: tuple[str, str]) -> Response:
    return Response(json.dumps(data).encode(), "application/json", status, headers)


def redirect(path: str, *headers: tuple[str, str]) -> Response:
    return Response(b"", "text/plain; charset=utf-8", 303, (("Location", path), *headers))


Handler = Callable[[Request], Response]


class Routes:
    """Which function answers what: `@shop.get("/orders/{id}")`, `{rest...}` for any path."""

    def __init__(self, *parts: Routes) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        for part in parts:
            self._routes += part._routes

    def get(self, *paths: str) -> Callable[[Handler], Handler]:
        return self._on("GET", paths)

    def post(self, *paths: str) -> Callable[[Handler], Handler]:
        return self._on("POST", paths)

    def _on(self, method: str, paths: tuple[str, ...]) -> Callable[[Handler], Handler]:
        def remember(handler: Handler) -> Handler:
            for path in paths:
                self._routes.append((method, _pattern(path), handler))
            return handler

        return remember

    def answer(self, request: Request) -> Response:
        """The answer of the first route that fits."""
        allowed = {"OPTIONS"}
        wanted = "GET" if request.method == "HEAD" else request.method
        for method, pattern, handler in self._routes:
            if found := pattern.fullmatch(request.path):
                allowed.add(method)
                if method == wanted:
                    parts = found.groupdict()
                    return handler(Request(**{**vars(request), "parts": parts}))
        if allowed == {"OPTIONS"}:
            return plain("There is no such page.\n", 404)
        status = 204 if wanted == "OPTIONS" else 405
        return plain("", status, ("Allow", ", ".join(sorted(allowed))))


def _pattern(path: str) -> re.Pattern[str]:
    holes = re.split(r"\{(\w+(?:\.\.\.)?)\}", path)
    for place, text in enumerate(holes):
        name = text.removesuffix("...")
        hole = f"(?P<{name}>{'.*' if name != text else '[^/]+'})"
        holes[place] = hole if place % 2 else re.escape(text)
    return re.compile("".join(holes), re.DOTALL)
