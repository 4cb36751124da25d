"""The HTML form of a login page: found, and filled as a browser fills it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAX_FORMS = 200
_NOT_SENT = {"button", "reset", "image", "file"}


@dataclass(frozen=True, slots=True)
class LoginForm:
    """Where a form goes, and what it sends when a person only fills in the credentials.

    `values` are the form's own: hidden token fields, preselected options, ticked boxes and
    the first named submit button. `action` is absolute.
    """

    method: str
    action: str
    values: tuple[tuple[str, str], ...]

    def filled(self, fields: Mapping[str, str]) -> list[tuple[str, str]]:
        """The pairs to send: the form's own, with `fields` in their places or at the end."""
        left = dict(fields)
        pairs = [(name, left.pop(name, value)) for name, value in self.values]
        return pairs + list(left.items())


def find_form(html: str, url: str, fields: Collection[str]) -> LoginForm | None:
    """The form on the page at `url` that has most of `fields`, one with a password first.

    None when no form has a password field or any of `fields`.
    """
    tree = LexborHTMLParser(html)
    forms = tree.css("form")[:_MAX_FORMS]
    ranked = [(_rank(form, fields), -place, form) for place, form in enumerate(forms)]
    best = max(ranked, key=lambda one: one[:2], default=None)
    if best is None or best[0] == (False, 0):
        return None
    form = best[2]
    base = tree.css_first("base[href]")
    root = urljoin(url, base.attributes.get("href") or "") if base else url
    action = urljoin(root, (form.attributes.get("action") or "").strip() or url)
    method = (form.attributes.get("method") or "get").strip().upper()
    return LoginForm("POST" if method == "POST" else "GET", action, tuple(_values(form)))


def has_password_field(html: str) -> bool:
    """Whether a page asks for a password: after a login that worked, none does."""
    return bool(LexborHTMLParser(html).css_first("form input[type=password i]"))


def _rank(form: LexborNode, fields: Collection[str]) -> tuple[bool, int]:
    names = {node.attributes.get("name") for node in form.css("input, select, textarea")}
    return bool(form.css_first("input[type=password i]")), len(names & set(fields))


def _values(form: LexborNode) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    pressed = False
    for node in form.css("input, select, textarea, button"):
        name, kind = node.attributes.get("name"), (node.attributes.get("type") or "").lower()
        if not name or "disabled" in node.attributes or kind in _NOT_SENT:
            continue
        value = node.attributes.get("value") or ""
        if node.tag == "button" or kind == "submit":
            if pressed:
                continue
            pressed = True
        elif kind in ("checkbox", "radio"):
            if "checked" not in node.attributes:
                continue
            value = value or "on"
        elif node.tag == "textarea":
            value = node.text()
        elif node.tag == "select":
            chosen = node.css_first("option[selected]") or node.css_first("option")
            if chosen is None:
                continue
            value = chosen.attributes.get("value") or chosen.text(strip=True)
        found.append((name, value))
    return found
