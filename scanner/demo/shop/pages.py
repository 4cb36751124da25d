"""What pages look like."""

from __future__ import annotations

from html import escape

_MENU = {"/": "Shop", "/v2/": "New shop", "/account": "Account"}


def layout(title: str, body: str, menu: dict[str, str] = _MENU) -> str:
    """A whole page around `body`, which is HTML already."""
    links = " ".join(f'<a href="{path}">{name}</a>' for path, name in menu.items())
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f'</title>\n<link rel="stylesheet" href="/static/shop.css"></head>\n'
        f"<body><nav>{links}</nav>\n<h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def links(paths: dict[str, str]) -> str:
    """A list of links."""
    items = (
        f'<li><a href="{escape(path)}">{escape(name)}</a></li>' for path, name in paths.items()
    )
    return f"<ul>{''.join(items)}</ul>"


def price(cents: object) -> str:
    return f"{cents / 100:.2f} EUR" if isinstance(cents, int) else "Ask us."
