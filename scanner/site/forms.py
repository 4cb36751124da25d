"""Forms as a browser would send them: where, how, and with which fields (HTML, 4.10.21)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scanner.site.surface import Parameter

_CONTROLS = "input, select, textarea, button"
_MAX_CONTROLS = 500
_ENCODINGS = ("multipart/form-data", "text/plain")


@dataclass(frozen=True, slots=True)
class Form:
    """`action` is as the page writes it: relative to the page's base, or empty."""

    method: str
    action: str
    encoding: str
    parameters: tuple[Parameter, ...]


def forms(page: LexborHTMLParser) -> Iterator[Form]:
    """The forms of a page, and once more each button's own `formaction`."""
    for form, controls in _owned(page):
        fields = tuple(_fields(controls))
        method = _method(form.attributes.get("method"))
        if method:
            yield _form(method, form.attributes.get("action"), form, fields)
        for control in controls:
            action = control.attributes.get("formaction")
            given = control.attributes.get("formmethod")
            other = _method(given) if given else method
            if action is not None and other:
                yield _form(other, action, form, fields)


def _form(method: str, action: str | None, form: LexborNode, fields: tuple[Parameter, ...]) -> Form:
    if method == "GET":
        query = tuple(Parameter(f.name, "query", f.value, f.kind) for f in fields)
        return Form(method, (action or "").strip(), "", query)
    given = (form.attributes.get("enctype") or "").strip().lower()
    encoding = given if given in _ENCODINGS else "application/x-www-form-urlencoded"
    return Form(method, (action or "").strip(), encoding, fields)


def _method(given: str | None) -> str:
    """GET or POST; empty for a dialog, which sends nothing. What is unknown means GET."""
    word = (given or "get").strip().upper()
    return {"POST": "POST", "DIALOG": ""}.get(word, "GET")


def _owned(page: LexborHTMLParser) -> list[tuple[LexborNode, list[LexborNode]]]:
    """Each form with its controls: those inside, those that name it by `form=`, and those
    that the parser moved out of it (a form between `table` and `tr` comes out empty)."""
    found = page.css("form")
    controls: dict[int, list[LexborNode]] = {form.mem_id: [] for form in found}
    by_id = {form.attributes["id"]: form.mem_id for form in found if form.attributes.get("id")}
    inside = {node.mem_id: form.mem_id for form in found for node in form.css(_CONTROLS)}
    filled, last = set(inside.values()), 0
    for node in page.css(f"form, {_CONTROLS}"):
        if node.mem_id in controls:
            last = node.mem_id if node.mem_id not in filled else 0
            continue
        owner = by_id.get(node.attributes.get("form"), 0) or inside.get(node.mem_id, last)
        if owner and len(controls[owner]) < _MAX_CONTROLS:
            controls[owner].append(node)
    return [(form, controls[form.mem_id]) for form in found]


def _fields(controls: list[LexborNode]) -> Iterator[Parameter]:
    """One parameter for each name; of radio buttons the one that is checked, or the first."""
    known: dict[str, Parameter] = {}
    for node in controls:
        name = node.attributes.get("name")
        if not name:
            continue
        kind = _kind(node)
        chosen = kind == "radio" and "checked" in node.attributes
        if (name not in known or chosen) and kind not in ("image", "reset"):
            known[name] = Parameter(name, "form", _value(node, kind), kind)
    yield from known.values()


def _kind(node: LexborNode) -> str:
    given = (node.attributes.get("type") or "").strip().lower()
    if node.tag == "input":
        return given or "text"
    if node.tag == "button":
        return given or "submit"
    return node.tag or ""


def _value(node: LexborNode, kind: str) -> str:
    if kind == "textarea":
        return node.text()
    if kind == "select":
        chosen = node.css_first("option[selected]") or node.css_first("option")
        if chosen is None:
            return ""
        value = chosen.attributes.get("value")
        return chosen.text().strip() if value is None else value
    if kind == "file":
        return ""
    given = node.attributes.get("value")
    return given if given is not None else ("on" if kind in ("checkbox", "radio") else "")
