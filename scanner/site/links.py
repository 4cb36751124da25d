"""Where an answer leads: links and forms of pages, addresses in JSON, text, robots and sitemaps."""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from scanner.site.answer import is_html, media_type, seen
from scanner.site.forms import Form, forms
from scanner.site.markup import parsed

_ATTRIBUTES = {
    "a": "href",
    "area": "href",
    "link": "href",
    "iframe": "src",
    "frame": "src",
    "script": "src",
    "img": "src",
    "embed": "src",
    "object": "data",
}
_LINKS = ", ".join(f"{tag}[{name}]" for tag, name in _ATTRIBUTES.items())
_NO_PAGE = frozenset({"preconnect", "dns-prefetch"})
_REFRESH = re.compile(r"\s*+[\d.]*+\s*+(?:[;,]\s*+)?(?:url\s*+=\s*+)?[\"']?([^\"']+)", re.I)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
_WRITTEN = re.compile(r"https?://[^\s\"'<>`\\{}|^]{1,2000}")
_ADDRESS = re.compile(_WRITTEN.pattern + r"|/[\w./~%-]+(?:\?[^\s{}<>]*)?")
_CALLED = re.compile(
    r"(?:\bfetch|\baxios|\.(?:get|getJSON|load|ajax|open)|\b(?:href|src|location|url)\s*+[=:])"
    r"\s*+(?:\(\s*+)?(?:[\"']GET[\"']\s*+,\s*+)?[\"'`](/[\w./~%-]{1,200}(?:\?[\w=&%.+-]*)?)[\"'`]"
)
_NAVIGATES = re.compile(
    r"\blocation(?:\.href)?\s*+=\s*+[\"'`]([^\"'`\s<>${}]{1,500})[\"'`]"
    r"|\b(?:location\.(?:assign|replace)|window\.open)\s*+\(\s*+[\"'`]([^\"'`\s<>${}]{1,500})[\"'`]"
)
_HANDLERS = "[onclick], [onchange], [data-href], [data-url]"
_LOC = re.compile(r"<loc>\s*+(?:<!\[CDATA\[\s*+)?([^<\s\]]{1,2000})", re.I)
_MAX_LINKS = 5_000
_MAX_TEXT = 5_000_000


@dataclass
class Leads:
    """What one answer leads to. `links` are absolute http URLs without fragments, in the
    order of the page and each once; `elsewhere` counts what is no web address, by scheme."""

    links: dict[str, None] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    elsewhere: Counter[str] = field(default_factory=Counter)
    cut: bool = False

    def add(self, base: str, reference: str) -> None:
        """Take one reference, read as a browser reads it (URL Standard, 4.4)."""
        url = absolute(base, reference)
        if url is None:
            scheme = _SCHEME.match(reference.strip())
            self.elsewhere[scheme[0].lower() if scheme else "unreadable"] += 1
        elif len(self.links) >= _MAX_LINKS and url not in self.links:
            self.cut = True
        else:
            self.links[url] = None


def absolute(base: str, reference: str) -> str | None:
    """`reference` as an absolute http URL without its fragment; None when it is none."""
    text = re.sub(r"[\t\r\n]", "", reference).strip(" \x00\x0b\x0c")
    scheme = _SCHEME.match(text)
    if scheme and scheme[0].lower() not in ("http", "https"):
        return None
    head, mark, query = text.partition("?")
    try:
        joined = urljoin(base, head.replace("\\", "/") + mark + query)
        parts = urlsplit(joined)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            return None
    except ValueError:
        return None
    return joined.partition("#")[0]


def leads(response: httpx.Response) -> Leads:
    """Everything that `response` leads to; a body is read as what its type says it is."""
    found = Leads()
    url, kind = seen(response).url, media_type(response)
    if 300 <= response.status_code < 400:
        for location in response.headers.get_list("location"):
            found.add(url, location)
        return found
    if refresh := response.headers.get("refresh"):
        _refresh(found, url, refresh)
    path = urlsplit(url).path
    if is_html(response):
        _read_html(found, url, response.text)
    elif kind.endswith(("/json", "+json")):
        _read_json(found, url, response.text)
    elif path == "/robots.txt" and response.is_success:
        _read_robots(found, url, response.text)
    elif kind.endswith(("/xml", "+xml", "gzip")) or path.endswith((".xml", ".xml.gz")):
        _read_xml(found, url, response)
    elif "javascript" in kind:
        _add(found, url, _in_script(response.text))
    elif kind == "text/plain":
        _add(found, url, (match[0] for match in _WRITTEN.finditer(response.text)))
    return found


def _add(found: Leads, base: str, references: Iterable[str]) -> None:
    for reference in references:
        found.add(base, reference)


def _read_html(found: Leads, url: str, text: str) -> None:
    page, found.cut = parsed(text)
    base = url
    if (given := page.css_first("base[href]")) is not None:
        base = absolute(url, given.attributes.get("href") or "") or url
    for node in page.css(_LINKS):
        rel = (node.attributes.get("rel") or "").lower().split()
        if node.tag != "link" or not _NO_PAGE.intersection(rel):
            found.add(base, node.attributes.get(_ATTRIBUTES[node.tag or ""]) or "")
    for node in page.css("meta[http-equiv]"):
        if (node.attributes.get("http-equiv") or "").strip().lower() == "refresh":
            _refresh(found, base, node.attributes.get("content") or "")
    for node in page.css("script:not([src])"):
        _add(found, base, _in_script(node.text()))
    for node in page.css(_HANDLERS):
        for name, value in node.attributes.items():
            if name.startswith("on"):
                _add(found, base, _in_script(value or ""))
            elif name in ("data-href", "data-url"):
                found.add(base, value or "")
    for form in forms(page):
        # an empty action is the page itself, not its base (HTML, 4.10.21.3)
        action = absolute(base, form.action) if form.action else url
        if action is not None:
            found.forms.append(replace(form, action=action))
        else:
            found.elsewhere[form.action.partition(":")[0].lower()] += 1


def _in_script(text: str) -> Iterator[str]:
    """The addresses that a script asks for or goes to, written out."""
    for match in _CALLED.finditer(text):
        yield match[1]
    for match in _NAVIGATES.finditer(text):
        yield match[1] or match[2]


def _refresh(found: Leads, base: str, content: str) -> None:
    match = _REFRESH.match(content)
    if match and not match[1].strip().isdigit():
        found.add(base, match[1].strip())


def _read_json(found: Leads, url: str, text: str) -> None:
    """Strings that are addresses: absolute ones, and paths from the root."""
    try:
        stack: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    seen_leaves = 0
    while stack and seen_leaves < 50_000:
        item = stack.pop()
        seen_leaves += 1
        if isinstance(item, dict):
            stack += reversed(item.values())
        elif isinstance(item, list):
            stack += reversed(item)
        elif isinstance(item, str) and len(item) < 2_000 and _ADDRESS.fullmatch(item):
            found.add(url, item)


def _read_robots(found: Leads, url: str, text: str) -> None:
    """What robots.txt names, allowed or not (RFC 9309). Of a pattern, the folder before it."""
    for line in text[:500_000].splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        value = value.strip()
        match key.strip().lower():
            case "sitemap":
                found.add(url, value)
            case "allow" | "disallow" if value.startswith("/"):
                plain = re.split(r"[*$]", value, maxsplit=1)[0]
                if plain == value.rstrip("$") or plain.endswith("/"):
                    found.add(url, plain)


def _read_xml(found: Leads, url: str, response: httpx.Response) -> None:
    """Sitemaps (also as .gz, which is the file's own coding) and feeds."""
    text = response.text
    if response.content[:2] == b"\x1f\x8b":
        try:
            plain = zlib.decompressobj(31).decompress(response.content, _MAX_TEXT)
        except zlib.error:
            return
        text = plain.decode("utf-8", "replace")
    named = [match[1].replace("&amp;", "&") for match in _LOC.finditer(text)]
    _add(found, url, named or _feed_links(text))


def _feed_links(text: str) -> Iterator[str]:
    for match in _WRITTEN.finditer(text):
        yield match[0].replace("&amp;", "&")
