"""The scripts of a page that a browser runs: blocks, event handlers, `javascript:` addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scanner.site.answer import is_html, may_render
from scanner.site.javascript import code_of
from scanner.site.markup import parsed
from scanner.site.tags import with_scripting

_JAVASCRIPT = re.compile(
    r"module|(?:text|application)/(?:x-)?(?:java|ecma)script|text/(?:jscript|livescript"
    r"|javascript1\.[0-5])",
    re.I,
)
_HANDLER = re.compile(
    r"on(?:abort|after\w+|animation\w+|auxclick|before\w+|begin|blur|cancel|canplay\w*|change"
    r"|click|close|contextmenu|copy|cuechange|cut|dblclick|drag\w*|drop|durationchange|emptied"
    r"|end|ended|error|focus\w*|formdata|fullscreen\w+|gesture\w+|gotpointercapture|hashchange"
    r"|input|invalid|key\w+|languagechange|load\w*|lostpointercapture|message\w*|mouse\w+|offline"
    r"|online|page\w+|paste|pause|play\w*|pointer\w+|popstate|progress|ratechange|repeat|reset"
    r"|resize|scroll\w*|search|security\w+|seek\w+|select\w*|show|slotchange|stalled|storage"
    r"|submit|suspend|timeupdate|toggle|touch\w+|transition\w+|un\w+load|unload|volumechange"
    r"|waiting|webkit\w+|wheel)"
)
_ADDRESSES = {
    ("a", "href"),
    ("a", "xlink:href"),
    ("area", "href"),
    ("iframe", "src"),
    ("frame", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("form", "action"),
    ("button", "formaction"),
    ("input", "formaction"),
    ("script", "src"),
}
_SCHEME = re.compile(r"[\x00-\x20]*javascript:", re.I)
_DATA = re.compile(r"[\x00-\x20]*data:(?:text|application)/(?:java|ecma)script[^,]*,", re.I)


def runs(response: httpx.Response, code: str) -> bool:
    """Whether a browser that is shown `response` has `code` as code in one of its scripts.

    What stands in a string, a comment or a block that is no JavaScript is not code; case does
    not count, because an answer that folds case can still be made to run.
    """
    if not (may_render(response) and is_html(response)):
        return False
    wanted = code.lower()
    return any(
        wanted in script.lower() and wanted in code_of(script).lower()
        for script in _scripts(response.text)
    )


def _scripts(html: str, nested: bool = False) -> Iterator[str]:
    page, _ = parsed(with_scripting(html))
    for inert in page.css("template"):
        inert.decompose()
    yield from _blocks(page)
    for node in page.css("*"):
        for name, value in node.attributes.items():
            if not value:
                continue
            if is_handler(name):
                yield value
            elif is_address(node.tag or "", name):
                yield address_script(value, is_source=node.tag == "script")
            elif (node.tag, name) == ("iframe", "srcdoc") and not nested:
                yield from _scripts(value, nested=True)


def _blocks(page: LexborHTMLParser) -> Iterator[str]:
    for node in page.css("script"):
        if "src" not in node.attributes and is_javascript(_type(node)):
            yield node.text()


def _type(node: LexborNode) -> str:
    return (node.attributes.get("type") or "").partition(";")[0].strip()


def is_javascript(kind: str) -> bool:
    """Whether a script block of this `type` is run."""
    return not kind or bool(_JAVASCRIPT.fullmatch(kind))


def is_handler(attribute: str) -> bool:
    """Whether an attribute's value is run when something happens (HTML, 8.1.8)."""
    return bool(_HANDLER.fullmatch(attribute))


def is_address(tag: str, attribute: str) -> bool:
    """Whether an address in this attribute can be a script: followed, or loaded as one."""
    return (tag, attribute) in _ADDRESSES


def address_script(value: str, *, is_source: bool = False) -> str:
    """The script of a `javascript:` address, read as browsers do (URL, 4.4); else nothing.

    With `is_source` it is what a script element loads: `data:` then, not `javascript:`.
    """
    value = re.sub(r"[\t\r\n]", "", value)
    scheme = (_DATA if is_source else _SCHEME).match(value)
    return unquote(value[scheme.end() :]) if scheme else ""
