"""Browsing, searching and presents: the old pages, and the new ones under /v2/."""

from __future__ import annotations

import sqlite3
from html import escape

from .pages import layout, links, price
from .web import Request, Response, Routes, as_json, page, plain

catalogue = Routes()

_HOME = {
    "/search?q=e": "Search",
    "/products?category=kitchen": "Kitchen",
    "/gift?to=Ann": "Presents",
    "/cart/": "Cart",
    "/login": "Log in",
    "/feedback": "Tell us",
    "/news/": "News",
    "/help/": "Help",
    "/downloads/": "Downloads",
    "/partners/": "Partners",
    "/jobs/": "Jobs",
    "/classic/": "The shop of 2018",
    "/stock/levels.json": "Stock for programs",
}
_HOME_V2 = {
    "/v2/search?q=lamp": "Search",
    "/v2/products?category=kitchen": "Kitchen",
    "/v2/gift?to=Ann": "Presents",
    "/v2/suggest?q=lamp": "Suggestions",
    "/v2/label?text=Ann": "Labels",
    "/v2/filter?rule=price": "Filter",
    "/v2/prices.json": "Prices for programs",
    "/v2/cart/": "Cart",
    "/v2/news/": "News",
    "/v2/partners/": "Partners",
    "/v2/jobs/": "Jobs",
    "/v2/classic/": "The shop of 2018",
    "/v2/app/": "The app",
}


@catalogue.get("/")
def home(request: Request) -> Response:
    return page(layout("The demo shop", links(_HOME)))


@catalogue.get("/v2/")
def new_home(request: Request) -> Response:
    return page(layout("The new demo shop", links(_HOME_V2)))


# Mistake: what was searched for is written into the page as it came.
@catalogue.get("/search")
def search(request: Request) -> Response:
    words = request.query.get("q", "")
    found = request.store.rows("SELECT * FROM products WHERE instr(lower(name), lower(?))", words)
    return page(layout("Search", f"<p>You looked for {words}.</p>{_listed(found, '/products')}"))


@catalogue.get("/v2/search")
def new_search(request: Request) -> Response:
    words = request.query.get("q", "")
    found = request.store.rows("SELECT * FROM products WHERE instr(lower(name), lower(?))", words)
    shown = escape(words)
    return page(
        layout(
            "Search",
            f'<form><input name="q" value="{shown}"></form>'
            f"<p>You looked for {shown}.</p>{_listed(found, '/v2/products')}",
        )
    )


# Mistake: angle brackets are escaped, and the quotes that end the attribute are not.
@catalogue.get("/gift")
def gift(request: Request) -> Response:
    name = escape(request.query.get("to", ""), quote=False)
    field = f'<label>For <input name="to" value="{name}"></label>'
    return page(layout("Presents", f"<form>{field}<button>Wrap</button></form>"))


@catalogue.get("/v2/gift")
def new_gift(request: Request) -> Response:
    name = escape(request.query.get("to", ""))
    field = f'<label>For <input name="to" value="{name}"></label>'
    card = f'<label>Card <textarea name="card">Dear {name},</textarea></label>'
    return page(layout("Presents", f"<form>{field}{card}<button>Wrap</button></form>"))


# Mistake: the category is written into the query, between quotes that it can end.
@catalogue.get("/products")
def products(request: Request) -> Response:
    category = request.query.get("category", "")
    sql = f"SELECT * FROM products WHERE category = '{category}' ORDER BY name"
    return page(layout("Products", _listed(_tolerant(request, sql), "/products")))


@catalogue.get("/v2/products")
def new_products(request: Request) -> Response:
    category = request.query.get("category", "")
    sql = "SELECT * FROM products WHERE category = ? ORDER BY name"
    found = request.store.rows(sql, category)
    return page(layout("Products", _listed(found, "/v2/products")))


# Mistake: the number is never looked at, and may be any piece of SQL.
@catalogue.get("/products/{id}")
def product(request: Request) -> Response:
    found = _tolerant(request, f"SELECT * FROM products WHERE id = {request.parts['id']}")
    return _product(found)


@catalogue.get("/v2/products/{id}")
def new_product(request: Request) -> Response:
    number = request.parts["id"]
    if not number.isdecimal():
        return plain("A product has a number.\n", 400)
    return _product(request.store.rows("SELECT * FROM products WHERE id = ?", int(number[:9])))


# JSON is not a page: what is echoed here never runs.
@catalogue.get("/v2/suggest")
def suggest(request: Request) -> Response:
    words = request.query.get("q", "")
    found = request.store.rows("SELECT name FROM products WHERE instr(lower(name), ?)", words)
    return as_json({"query": words, "names": [row["name"] for row in found]})


# Nor is plain text, as long as nobody may guess another type.
@catalogue.get("/v2/label")
def label(request: Request) -> Response:
    return plain(f"To: {request.query.get('text', '')}\n")


# It talks of SQL and of syntax errors, and there is no SQL behind it.
@catalogue.get("/v2/filter")
def filter_products(request: Request) -> Response:
    rule = request.query.get("rule", "")
    if rule not in ("price", "name"):
        said = f"You have an error in your SQL syntax near '{escape(rule)}'"
        return page(layout("Filter", f"<p>{said}. Just kidding: write price or name.</p>"), 400)
    found = request.store.rows("SELECT * FROM products ORDER BY name")
    return page(layout("Filter", _listed(found, "/v2/products")))


def _tolerant(request: Request, sql: str) -> list[dict[str, object]]:
    try:
        return request.store.rows(sql)
    except (sqlite3.Error, sqlite3.Warning, ValueError):
        return []  # not SQL, more than one statement, a zero byte


def _product(found: list[dict[str, object]]) -> Response:
    if not found:
        return page(layout("Not found", "<p>We do not sell that.</p>"), 404)
    one = found[0]
    return page(layout(str(one["name"]), f"<p>{price(one['price'])}</p>"))


def _listed(found: list[dict[str, object]], folder: str) -> str:
    if not found:
        return "<p>Nothing found.</p>"
    return links({f"{folder}/{row['id']}": str(row["name"]) for row in found})
