"""Where in a page a word of ours came back, told as what would have to be left to run a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Literal

from scanner.site.javascript import Kind, kind_at
from scanner.site.scripts import address_script, is_address, is_handler, is_javascript
from scanner.site.tags import TEXT_ONLY, Attribute, Part, parts


@dataclass(frozen=True, slots=True)
class Context:
    """One place that a value came back in.

    `holder` is text, raw (the text of `tag`, such as textarea), comment, tag (among its names)
    or value (of `attribute`, between `quote`). `script` says what the place is in JavaScript,
    where it is in some; `is_address` that it begins an address which may be `javascript:`;
    `is_page` that it is in a page within an attribute (srcdoc).
    """

    holder: Literal["text", "raw", "comment", "tag", "value"]
    tag: str = ""
    attribute: str = ""
    quote: str = ""
    script: Kind | None = None
    is_address: bool = False
    is_page: bool = False


def contexts(html: str, word: str) -> list[Context]:
    """The different places of `word` in a page, in their order; case does not count."""
    found: dict[Context, None] = {}
    opened = Part("open", 0, 0)
    folded = _folded(html)
    word = word.lower()
    for part in parts(html) if word in folded else ():
        text = folded[part.start : part.end]
        if word in text:
            found.update(dict.fromkeys(_in_part(html, part, opened, text, word)))
        if part.kind == "open":
            opened = part
    return list(found)


def _folded(text: str) -> str:
    """In lower case, and as long as before."""
    return re.sub("[A-Z]+", lambda upper: upper[0].lower(), text)


def _in_part(html: str, part: Part, opened: Part, text: str, word: str) -> Iterator[Context]:
    places = [found.start() for found in re.finditer(re.escape(word), text)]
    if part.kind in ("open", "close"):
        for place in places:
            yield _in_tag(html, part, part.start + place, word)
    elif part.kind == "comment":
        yield Context("comment")
    elif part.tag not in TEXT_ONLY:
        yield Context("text")
    elif part.tag == "script" and is_javascript(_type_of(html, opened)):
        source = html[part.start : part.end]
        for place in places:
            yield Context("raw", "script", script=kind_at(source, place))
    else:
        yield Context("raw", part.tag)


def _type_of(html: str, opened: Part) -> str:
    given = (html[a.start : a.end] for a in opened.attributes if a.name == "type")
    return next(given, "").partition(";")[0].strip()


def _in_tag(html: str, part: Part, place: int, word: str) -> Context:
    for attribute in part.attributes:
        if attribute.start <= place < attribute.end:
            return _in_value(html, part.tag, attribute, place - attribute.start, word)
    return Context("tag", part.tag)


def _in_value(html: str, tag: str, attribute: Attribute, place: int, word: str) -> Context:
    name, quote = attribute.name, attribute.quote
    raw = html[attribute.start : attribute.end]
    value, before = unescape(raw), unescape(raw[:place])
    if is_handler(name):
        return Context("value", tag, name, quote, script=kind_at(value, len(before)))
    if is_address(tag, name):
        if not before.strip("\x00\t\r\n "):
            return Context("value", tag, name, quote, is_address=True)
        script = address_script(value)
        if word in script.lower():
            kind = kind_at(script, script.lower().index(word))
            return Context("value", tag, name, quote, script=kind)
    return Context("value", tag, name, quote, is_page=(tag, name) == ("iframe", "srcdoc"))
