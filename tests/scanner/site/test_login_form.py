from __future__ import annotations

from scanner.site.login_form import find_form, has_password_field

PAGE = """
<form action="/search"><input name=q><button name=go value=1>Go</button></form>
<form action="do?next=/x" method=post>
  <input type=hidden name=csrf value="t&amp;k"><input name=user><input type=password name=pass>
  <input type=checkbox name=remember checked><input type=checkbox name=spam>
  <select name=realm><option value=a>A<option value=b selected>B</select>
  <button name=do value=login>In</button><button name=do value=register>New</button>
  <input name=off disabled value=1>
</form>
"""


def test_the_form_with_the_password_is_filled_as_a_browser_does() -> None:
    form = find_form(PAGE, "http://127.0.0.1/account/login", ["user", "pass"])

    assert form is not None
    assert form.method == "POST"
    assert form.action == "http://127.0.0.1/account/do?next=/x"
    assert form.filled({"user": "alice", "pass": "pw", "extra": "1"}) == [
        ("csrf", "t&k"),
        ("user", "alice"),
        ("pass", "pw"),
        ("remember", "on"),
        ("realm", "b"),
        ("do", "login"),
        ("extra", "1"),
    ]


def test_a_form_without_action_goes_back_to_its_page() -> None:
    form = find_form(
        "<form method=post><input name=user></form>", "http://127.0.0.1/in?x=1", ["user"]
    )

    assert form is not None
    assert form.action == "http://127.0.0.1/in?x=1"


def test_a_page_without_such_a_form_has_none() -> None:
    page = "<form><input name=q></form><p>type=password name=user</p>"

    assert find_form(page, "http://127.0.0.1/", ["user", "pass"]) is None
    assert find_form("", "http://127.0.0.1/", ["user"]) is None
    assert not has_password_field(page)
