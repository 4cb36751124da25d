"""Logging in with a form, the account's pages, and the cookies of both."""

from __future__ import annotations

from html import escape

from .pages import layout, links
from .web import Request, Response, Routes, as_json, page, plain, redirect

accounts = Routes()

_LOGIN = """<form method="post" action="/login">
<label>Name <input name="username"></label>
<label>Password <input name="password" type="password"></label><button>Log in</button></form>"""


@accounts.get("/login")
def login_page(request: Request) -> Response:
    return page(layout("Log in", _LOGIN))


# Mistake: as many passwords may be tried as anybody likes. (The one of api.py has a limit.)
@accounts.post("/login")
def login(request: Request) -> Response:
    name = request.form.get("username", "")
    if not request.store.knows(name, request.form.get("password", "")):
        return page(layout("Log in", f"<p>Name or password is wrong.</p>{_LOGIN}"), 401)
    session = request.store.begin_session(name)
    cookie = f"shop_session={session}; Path=/; HttpOnly; SameSite=Lax"
    return redirect("/account", ("Set-Cookie", cookie))


@accounts.post("/logout")
def logout(request: Request) -> Response:
    request.store.end_session(request.cookies.get("shop_session", ""))
    return redirect("/", ("Set-Cookie", "shop_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"))


@accounts.get("/account")
def account(request: Request) -> Response:
    name = _person(request)
    if not name:
        return redirect("/login")
    orders = request.store.rows("SELECT id, item FROM orders WHERE owner = ?", name)
    listed = links({f"/account/orders/{row['id']}": row["item"] for row in orders})
    more = links(
        {
            "/account/addresses.json": "Addresses",
            "/account/wishes.json": "Wishes",
            "/v2/account/addresses.json": "Addresses, new",
            "/api/v1/orders": "Orders for programs",
            "/api/v2/orders": "Orders for programs, new",
            "/api/v2/notices/7": "A notice to all customers",
        }
    )
    return page(layout("Account", f"<p>Hello {escape(name)}.</p>{listed}{more}"))


@accounts.get("/account/orders/{id}")
def order(request: Request) -> Response:
    name = _person(request)
    if not name:
        return redirect("/login")
    sql = "SELECT * FROM orders WHERE id = ? AND owner = ?"
    found = request.store.rows(sql, request.parts["id"], name)
    if not found:
        return page(layout("Not found", "<p>You have no such order.</p>"), 404)
    text = f"<p>{escape(found[0]['item'])}, to {escape(found[0]['street'])}.</p>"
    return page(layout(f"Order {found[0]['id']}", text))


# Mistake: every website may read this with its visitor's cookie.
@accounts.get("/account/addresses.json")
def addresses(request: Request) -> Response:
    origin = request.headers.get("origin", "")
    return _private(request, ("Access-Control-Allow-Origin", origin or "*"))


# Mistake: a sandboxed frame of any website has the origin "null".
@accounts.get("/account/wishes.json")
def wishes(request: Request) -> Response:
    origin = "null" if request.headers.get("origin") == "null" else "https://app.shop.example"
    return _private(request, ("Access-Control-Allow-Origin", origin))


@accounts.get("/v2/account/addresses.json")
def new_addresses(request: Request) -> Response:
    if request.headers.get("origin") != "https://app.shop.example":
        return _private(request)
    return _private(request, ("Access-Control-Allow-Origin", "https://app.shop.example"))


# Mistake: "*" together with credentials is a pair that no browser accepts.
@accounts.get("/stock/levels.json")
def stock(request: Request) -> Response:
    found = request.store.rows("SELECT name FROM products")
    everybody = ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true")
    return as_json({row["name"]: "in stock" for row in found}, 200, *everybody)


# Prices are for everybody; "*" never goes with cookies.
@accounts.get("/v2/prices.json")
def prices(request: Request) -> Response:
    found = request.store.rows("SELECT name, price FROM products")
    return as_json(found, 200, ("Access-Control-Allow-Origin", "*"))


def _private(request: Request, *cors: tuple[str, str]) -> Response:
    name = _person(request)
    allowed = (*cors, ("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin"))
    if not name:
        return as_json({"error": "log in first"}, 401, *allowed)
    found = request.store.rows("SELECT DISTINCT street FROM orders WHERE owner = ?", name)
    return as_json({"name": name, "streets": [row["street"] for row in found]}, 200, *allowed)


# Mistakes: scripts can read the first cookie, and other sites' forms carry the second.
@accounts.get("/cart/")
def cart(request: Request) -> Response:
    return page(
        layout("Cart", "<p>Your cart is empty.</p>"),
        200,
        ("Set-Cookie", "cart_session=6f1d2c9b7a3e4850; Path=/cart/; SameSite=Lax"),
        ("Set-Cookie", "guest_session=0b9e3f7c5d1a2864; Path=/cart/; HttpOnly; SameSite=None"),
    )


# A preference and a token that scripts must send back are no sessions.
@accounts.get("/v2/cart/")
def new_cart(request: Request) -> Response:
    return page(
        layout("Cart", "<p>Your cart is empty.</p>"),
        200,
        ("Set-Cookie", "cart_session=91c0e7d2b84f6a35; Path=/v2/; HttpOnly; SameSite=Lax"),
        ("Set-Cookie", "theme=dark; Path=/v2/"),
        ("Set-Cookie", "csrf_token=5e8a1f40c7d9b326; Path=/v2/; SameSite=Strict"),
    )


@accounts.get("/feedback")
def feedback_page(request: Request) -> Response:
    fields = '<input name="name"><textarea name="words"></textarea><button>Send</button>'
    return page(layout("Tell us", f'<form method="post" action="/feedback">{fields}</form>'))


@accounts.post("/feedback")
def feedback(request: Request) -> Response:
    name = request.form.get("name", "")
    if not name:
        return plain("Please tell us your name.\n", 400)
    return page(layout("Thank you", f"<p>Thank you, {escape(name)}. We read everything.</p>"))


def _person(request: Request) -> str:
    return request.store.person(request.cookies.get("shop_session", ""))
