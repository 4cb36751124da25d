"""Kinds of values in the targets file: addresses, globs, durations, dates, request lines."""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    StrictBool,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from scanner.targets.secret import Secret

Flag = StrictBool
Whole = Annotated[StrictInt, Field(ge=0, le=10**12)]
Count = Annotated[StrictInt, Field(ge=1, le=10**9)]
Port = Annotated[StrictInt, Field(ge=1, le=65535)]

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,9})\s*([smhd]?)\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_REQUEST = re.compile(r"([A-Z]{1,20}) (/\S*)\Z")
_HOST = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}))(?::(\d{1,5}))?\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


def _must(text: str) -> NoReturn:
    raise PydanticCustomError("wallwalk", "{text}", {"text": "must " + text})


def _is(test: Callable[[str], bool], demand: str) -> AfterValidator:
    """Text that passes `test`; what still names a missing variable is let through."""

    def checked(value: str) -> str:
        if "${" not in value and not test(value):
            _must(demand)
        return value

    return AfterValidator(checked)


def opened(value: Any) -> Any:
    """A variable in a structural value (an address, a role): its text, or as it was written."""
    if isinstance(value, Secret):
        return value.written if value.missing else value.reveal()
    return value


def harmless(text: str) -> bool:
    """Whether `text` has neither white space nor control characters."""
    return text.isprintable() and not any(c.isspace() for c in text)


def web_url(text: str, schemes: tuple[str, ...] = ("http", "https")) -> bool:
    """Whether `text` is an absolute URL with a host, and no user, query or fragment (RFC 3986)."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in schemes
        and port != 0
        and bool(parts.hostname)
        and bool(_HOST.match(parts.netloc))
        and harmless(text)
        and not any(mark in text for mark in "?#\\")
    )


def _origin(text: str) -> bool:
    return web_url(text) and urlsplit(text).path == ""


def _host(text: str) -> bool:
    match = _HOST.match(text)
    return bool(match) and (match[1] is None or 0 < int(match[1]) < 65536) if match else False


def _rooted(text: str) -> bool:
    return text.startswith("/") and harmless(text) and not text.startswith("//")


def _listen(text: str) -> bool:
    host, _, port = text.rpartition(":")
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return port.isdigit() and int(port) < 65536


Text = Annotated[StrictStr, _is(lambda t: bool(t.strip()), "not be empty")]
Plain = Annotated[Text, BeforeValidator(opened)]
"""Text of a section that may hold variables, replaced already (check `Entry.missing` first)."""

Name = Annotated[
    StrictStr,
    _is(lambda t: bool(_NAME.match(t)), "be letters, digits, '.', '_' or '-'; write staging-1"),
]
Url = Annotated[
    StrictStr,
    _is(
        web_url,
        "be an http or https URL with a host and no user, query or fragment; "
        "write https://staging.example.com",
    ),
]
OpenUrl = Annotated[Url, BeforeValidator(opened)]
HttpUrl = Annotated[
    StrictStr,
    _is(lambda t: web_url(t, ("http",)), "be an http URL; write http://staging.example.com"),
]
Origin = Annotated[
    StrictStr,
    _is(_origin, "be scheme, host and port only; write https://app.example.com"),
]
Host = Annotated[
    StrictStr, _is(_host, "be a host or host:port, without a scheme; write api.example.com")
]
Listen = Annotated[StrictStr, _is(_listen, "be an address and a port; write 127.0.0.1:0")]
Rooted = Annotated[StrictStr, _is(_rooted, "be a path that begins with '/'; write /health")]
Glob = Annotated[
    StrictStr, _is(_rooted, "be a path pattern that begins with '/'; write /admin/** or /**")
]
_ADDRESS = _is(
    lambda t: _rooted(t) or web_url(t),
    "be a path that begins with '/', or an http or https URL; write /api/login",
)
Address = Annotated[StrictStr, _ADDRESS]
OpenAddress = Annotated[StrictStr, _ADDRESS, BeforeValidator(opened)]
SocketAddress = Annotated[
    StrictStr,
    _is(
        lambda t: _rooted(t) or web_url(t, ("ws", "wss", "http", "https")),
        "be a path that begins with '/', or a ws or wss URL; write /ws",
    ),
]
OpenGlob = Annotated[Glob, BeforeValidator(opened)]
Header = Annotated[
    StrictStr, _is(lambda t: bool(_TOKEN.match(t)), "be a header's name; write X-Forwarded-For")
]
Cookie = Annotated[
    StrictStr, _is(lambda t: bool(_TOKEN.match(t)), "be a cookie's name; write session")
]
Method = Annotated[
    StrictStr, _is(lambda t: bool(re.match(r"[A-Z]{1,20}\Z", t)), "be in capitals; write POST")
]


@dataclass(frozen=True, slots=True)
class RequestLine:
    """`GET /c/{id}`: a method and a path or path pattern."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _request_line(value: object) -> RequestLine:
    value = opened(value)
    if isinstance(value, RequestLine):
        return value
    match = _REQUEST.match(value) if isinstance(value, str) else None
    if match is None or not harmless(match[2]):
        _must("be a method and a path; write GET /createdb")
    return RequestLine(match[1], match[2])


Request = Annotated[
    RequestLine,
    PlainValidator(_request_line, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]+ /\\S*$"}),
]


def _duration(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 10**9:
        return float(value)
    match = _DURATION.match(value) if isinstance(value, str) and value.isascii() else None
    if match is None or int(match[1]) == 0:
        _must("be seconds, or a number with s, m, h or d; write 15m")
    return float(int(match[1]) * _UNITS[match[2]])


Seconds = Annotated[
    float,
    PlainValidator(_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": "^[0-9]+ *[smhd]?$"},
            ]
        }
    ),
]
"""A span of time in seconds; the file may write `15m`."""


def _rate(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 10**6:
        return float(value)
    _must("be a number over 0; write 50")


Rate = Annotated[
    float,
    PlainValidator(_rate),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]


def _date(value: object) -> datetime.date:
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str) and _DATE.match(value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    _must("be a date; write 2027-01-31")


Date = Annotated[
    datetime.date,
    PlainValidator(_date),
    WithJsonSchema({"type": "string", "format": "date"}),
]


_Item = TypeVar("_Item")


class _OneOrList:
    """One entry stands for a list of one; the JSON Schema says both."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return handler(source)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


def _one_or_list(value: object) -> object:
    return value if isinstance(value, list | tuple) or value is None else (value,)


OneOrMany = Annotated[tuple[_Item, ...], BeforeValidator(_one_or_list), _OneOrList()]
