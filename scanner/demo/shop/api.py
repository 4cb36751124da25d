"""The shop for programs: JSON and tokens. v1 trusts its callers, v2 does not."""

from __future__ import annotations

from .tokens import SHOP_SECRET, believed_too_easily, issue
from .web import Request, Response, Routes, as_json

api = Routes()

_WHO = as_json({"error": "log in first"}, 401)


@api.post("/api/login")
def login(request: Request) -> Response:
    """Five wrong passwords for one account, and it has to wait."""
    name, password = request.json.get("username"), request.json.get("password")
    if not isinstance(name, str) or not isinstance(password, str):
        return as_json({"error": "username and password, please"}, 400)
    if not request.store.may_try(name):
        return as_json({"error": "too many attempts"}, 429, ("Retry-After", "2"))
    if not request.store.knows(name, password):
        request.store.failed(name)
        return as_json({"error": "name or password is wrong"}, 401)
    return as_json({"access_token": issue(name, SHOP_SECRET)})


@api.get("/api/me")
def me(request: Request) -> Response:
    name = _person(request)
    return as_json({"name": name}) if name else _WHO


@api.get("/api/v1/orders", "/api/v2/orders")
def orders(request: Request) -> Response:
    name = _person(request)
    if not name:
        return _WHO
    found = request.store.rows("SELECT id, item FROM orders WHERE owner = ?", name)
    return as_json([{**row, "href": f"{request.path}/{row['id']}"} for row in found])


# Mistake: it asks who you are, and never whether the order is yours.
@api.get("/api/v1/orders/{id}")
def order(request: Request) -> Response:
    if not _person(request):
        return _WHO
    found = request.store.rows("SELECT * FROM orders WHERE id = ?", request.parts["id"])
    return as_json(found[0]) if found else as_json({"error": "no such order"}, 404)


@api.get("/api/v2/orders/{id}")
def new_order(request: Request) -> Response:
    name = _person(request)
    if not name:
        return _WHO
    sql = "SELECT * FROM orders WHERE id = ? AND owner = ?"
    found = request.store.rows(sql, request.parts["id"], name)
    return as_json(found[0]) if found else as_json({"error": "no such order"}, 404)


# It has a number and needs a login, and is meant for every customer all the same.
@api.get("/api/v2/notices/{id}")
def notice(request: Request) -> Response:
    if not _person(request):
        return _WHO
    if request.parts["id"] != "7":
        return as_json({"error": "no such notice"}, 404)
    return as_json({"id": 7, "text": "We are closed on the first of May."})


def _person(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return believed_too_easily(token, SHOP_SECRET) if scheme.lower() == "bearer" else ""
