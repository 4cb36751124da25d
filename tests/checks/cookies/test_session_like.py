"""Which cookies count as sessions: those that say who somebody is."""

from __future__ import annotations

import pytest

from checks.cookies._session_like import is_session_like
from scanner.site.set_cookie import SetCookie

HEX = "9f86d081884c7d659a2feaf0c55ad015"
UUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
BASE64 = "kA9vX2mQz7LpR4tYw1BnE6"
JWT = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxIn0", "c2lnbmF0dXJl"))

SESSIONS = {
    "session": HEX,
    "sessionid": BASE64,
    "SID": "abc123",
    "PHPSESSID": "r2t5uvjq435r4q7ib3vtdjq120",
    "JSESSIONID": "1A530637289A03B07199A44E8D531427.node1",
    "ASP.NET_SessionId": "lit3py55t21z5v55vlm25s55",
    ".AspNetCore.Cookies": "CfDJ8KqZr1",
    ".AspNetCore.Identity.Application": "CfDJ8KqZr1",
    ".ASPXAUTH": HEX,
    "connect.sid": f"s%3A{BASE64}.{BASE64}",
    "laravel_session": BASE64,
    "_shop_session": BASE64,
    "wordpress_logged_in_abc": "admin%7C1700000000",
    "SSESSd41d8cd9": BASE64,
    "__Host-next-auth.session-token": JWT,
    "access_token": BASE64,
    "refreshToken": BASE64,
    "remember_me": "alice:17",
    "auth": "YWxpY2U6MTc=",
    "dvwaSession": "17",
    "message_board_session": HEX,
    "_gather_session": HEX,
    "_tracker_session": HEX,
    "_scrum_session": HEX,
    "x": JWT,
    "id": HEX,
    "app": UUID,
    "k": BASE64,
}
OTHERS = {
    "csrftoken": HEX,
    "XSRF-TOKEN": HEX,
    "_csrf": BASE64,
    "__RequestVerificationToken": HEX,
    ".AspNetCore.Antiforgery.x1": "CfDJ8KqZr1",
    ".AspNetCore.Correlation.x1": "N",
    ".AspNetCore.OpenIdConnect.Nonce.x": HEX,
    "oauth_state": HEX,
    "next-auth.pkce.code_verifier": JWT[:30],
    "theme": "dark",
    "lang": "en-GB",
    "locale": "de",
    "session_lang": "en1",
    "auth_method": "password1",
    "token_type": "bearer2",
    "session_expires": "1764070000",
    "cookie_consent": "accepted-2026-11",
    "author": "alice1",
    "assessment": "17",
    "inside": "17",
    "is_logged_in": "1",
    "session": "deleted",
    "sid": "",
    "auth": "true",
    "_ga": "GA1.2.1234567890.1234567890",
    "_ga_ABC123": f"GS1.1.{HEX}",
    "_hjSession_123": HEX,
    "_pk_ses.1.fff": HEX,
    "_fbp": f"fb.1.{HEX}",
    "visitor_id": UUID,
    "device": UUID,
    "ahoy_visitor": UUID,
    "tracking_number": HEX,
    "i18n_redirected": HEX,
    "ajs_anonymous_id": UUID,
    "AWSALB": BASE64 * 3,
    "incap_ses_123_456": BASE64,
    "BIGipServerpool": "1677787402.36895.0000",
    "__cf_bm": BASE64,
    "ARRAffinity": HEX * 2,
    "utm": "summer-sale-2026-banner-a",
    "shown": "2026-11-25T11:41:58.000Z",
    "prefs64": "eyJsYW5nIjoiZW4iLCJzaXplIjoxN30=",
    "home": "https://shop.example/a1b2c3d4e5",
    "basket": "3",
}


@pytest.mark.parametrize(("name", "value"), SESSIONS.items())
def test_it_is_a_session(name: str, value: str) -> None:
    assert is_session_like(SetCookie(name, value))


@pytest.mark.parametrize(("name", "value"), OTHERS.items())
def test_it_is_none(name: str, value: str) -> None:
    assert not is_session_like(SetCookie(name, value))


@pytest.mark.parametrize("name", ["uid", "device", "clientId"])
def test_a_random_value_of_a_device_is_one_when_a_login_sets_it(name: str) -> None:
    cookie = SetCookie(name, UUID)

    assert not is_session_like(cookie)
    assert is_session_like(cookie, at_login=True)


@pytest.mark.parametrize(("name", "value"), [("XSRF-TOKEN", HEX), ("_ga", UUID), ("lang", "en")])
def test_a_login_makes_no_session_of_other_things(name: str, value: str) -> None:
    assert not is_session_like(SetCookie(name, value), at_login=True)
