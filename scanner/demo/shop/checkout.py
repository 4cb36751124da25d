"""The checkout, which speaks https only and does most things right."""

from __future__ import annotations

from .corners import style
from .pages import layout, links
from .tokens import CHECKOUT_SECRET, believed, issue
from .web import Request, Response, Routes, as_json, page

checkout = Routes()
checkout.get("/static/shop.css")(style)

_WHO = as_json({"error": "log in first"}, 401)
_MENU = {"/": "Checkout"}


@checkout.get("/")
def home(request: Request) -> Response:
    listed = links({"/basket/": "Basket", "/pay/": "Pay", "/returns/": "Returns"})
    return page(layout("Checkout", listed, _MENU))


# Mistake: this cookie also travels over plain http, where anybody can read it.
@checkout.get("/basket/")
def basket(request: Request) -> Response:
    cookie = "basket_session=3c7e0a94d6b25f18; Path=/basket/; HttpOnly; SameSite=Lax"
    return page(layout("Basket", "<p>Empty.</p>", _MENU), 200, ("Set-Cookie", cookie))


@checkout.get("/pay/")
def pay(request: Request) -> Response:
    cookie = "__Host-session=a81f5c3b9d7e2604; Path=/; Secure; HttpOnly; SameSite=Strict"
    return page(layout("Pay", "<p>Nothing to pay.</p>", _MENU), 200, ("Set-Cookie", cookie))


# Its mistake is in its headers: see hardening.py.
@checkout.get("/returns/")
def returns(request: Request) -> Response:
    return page(layout("Returns", "<p>Send it back within 30 days.</p>", _MENU))


@checkout.post("/api/login")
def login(request: Request) -> Response:
    name, password = request.json.get("username"), request.json.get("password")
    if not isinstance(name, str) or not isinstance(password, str):
        return as_json({"error": "username and password, please"}, 400)
    if not request.store.may_try(name):
        return as_json({"error": "too many attempts"}, 429, ("Retry-After", "2"))
    if not request.store.knows(name, password):
        request.store.failed(name)
        return as_json({"error": "name or password is wrong"}, 401)
    return as_json({"access_token": issue(name, CHECKOUT_SECRET)})


@checkout.get("/api/me")
def me(request: Request) -> Response:
    name = _person(request)
    return as_json({"name": name}) if name else _WHO


@checkout.get("/api/receipts/{id}")
def receipt(request: Request) -> Response:
    name = _person(request)
    if not name:
        return _WHO
    sql = "SELECT id, item FROM orders WHERE id = ? AND owner = ?"
    found = request.store.rows(sql, request.parts["id"], name)
    return as_json(found[0]) if found else as_json({"error": "no such receipt"}, 404)


def _person(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return believed(token, CHECKOUT_SECRET) if scheme.lower() == "bearer" else ""
