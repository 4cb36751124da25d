"""`injection/xss-reflected` against small applications that show what they were sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from injection_shop import View, links, site
from loopback import Answer, Asked, serving
from scanning import opened

from checks.injection._xss_payloads import SPECIAL, payloads
from checks.injection.xss_reflected import xss_reflected
from scanner import Endpoint, Outcome, Parameter
from scanner.model import CheckRun
from scanner.site.reflection import contexts
from scanner.site.scripts import runs
from scanner.site.spot import Spot

if TYPE_CHECKING:
    from playwright.async_api import Browser

Probe = Callable[..., tuple[CheckRun, list[Asked]]]
Shows = Callable[[str], "str | Answer"]

PLACES = {
    "text": "<p>You looked for {v}.</p>",
    "double-quoted": '<input value="{v}">',
    "single-quoted": "<input value='{v}'>",
    "textarea": "<textarea>{v}</textarea>",
    "title": "<title>{v}</title>",
    "comment": "<!-- {v} -->",
    "style": "<style>p {{ color: {v} }}</style>",
    "noscript": "<noscript>{v}</noscript>",
    "select": "<select><option>{v}</select>",
    "template": "<template>{v}</template>",
    "svg": "<svg><text>{v}</text></svg>",
    "table": "<table><tr>{v}</tr></table>",
    "image": '<img src="{v}">',
    "style-attribute": '<p style="color: {v}">Hi</p>',
    "string": '<script>var words = "{v}";</script>',
    "single-quoted-string": "<script>var words = '{v}';</script>",
    "data-block": '<script type="application/json">{{"words": "{v}"}}</script>',
    "link-prefix": '<a href="/search?q={v}">again</a>',
}
"""Places where escaping for HTML is all that is needed."""

OTHERS = {
    "unquoted": "<input value={v}>",
    "tag": "<{v}>",
    "attribute": "<p {v}>Hi</p>",
    "code": "<script>var number = {v};</script>",
    "line-comment": "<script>// {v}\n</script>",
    "block-comment": "<script>/* {v} */</script>",
    "regex": "<script>var words = /{v}/;</script>",
    "template-literal": "<script>var words = `{v}`;</script>",
    "handler": "<a onclick=\"go('{v}')\">go</a>",
    "link": '<a href="{v}">go</a>',
    "script-link": "<a href=\"javascript:go('{v}')\">go</a>",
    "form-action": '<form action="{v}"></form>',
    "frame": '<iframe src="{v}"></iframe>',
    "frame-page": '<iframe srcdoc="{v}"></iframe>',
    "script-source": '<script src="{v}"></script>',
}
"""Places where escaping for HTML stops nobody."""


def fill(template: str, value: str) -> str:
    return "<!doctype html><body>" + template.format(v=value)


def app_of(shown: dict[str, Shows], value: str = "Lamp") -> Callable[[Asked], Answer | str]:
    def view(show: Shows) -> View:
        return lambda asked: show(asked.query.get("v", ""))

    views = {f"/{name}": view(show) for name, show in shown.items()}
    return site(views, links(*(f"{path}?v={value}" for path in views)))


def found_in(run: CheckRun) -> set[str]:
    return {urlsplit(finding.where.url).path[1:] for finding in run.findings}


def test_a_value_is_found_wherever_it_is_written_as_it_came(probe: Probe) -> None:
    places = PLACES | OTHERS

    run, _ = probe(
        xss_reflected,
        app_of({name: lambda v, t=t: fill(t, v) for name, t in places.items()}),  # type: ignore[misc]
    )

    assert found_in(run) == set(places)
    assert {finding.rule.id for finding in run.findings} == {"injection/xss-reflected"}
    assert {finding.confidence for finding in run.findings} == {"confirmed"}


def test_escaping_for_html_is_enough_in_most_places(probe: Probe) -> None:
    run, asked = probe(
        xss_reflected,
        app_of({name: lambda v, t=t: fill(t, escape(v)) for name, t in PLACES.items()}),  # type: ignore[misc]
    )

    assert found_in(run) == set()
    assert run.outcome is Outcome.PASSED
    assert len([one for one in asked if one.path == "/text"]) <= 4


def test_escaping_for_html_does_not_stop_what_is_decoded_or_has_no_quotes(probe: Probe) -> None:
    run, _ = probe(
        xss_reflected,
        app_of(
            {
                name: lambda v, t=t: fill(t, escape(v))
                for name, t in OTHERS.items()
                if name not in ("tag",)
            }
        ),  # type: ignore[misc]
    )

    assert found_in(run) == set(OTHERS) - {"tag"}


def js(value: str) -> str:
    return json.dumps(value)


def allowed(value: str, pattern: str) -> str:
    return value if re.fullmatch(pattern, value) else "?"


WEAK: dict[str, Shows] = {
    "quotes-left": lambda v: fill(PLACES["double-quoted"], escape(v, quote=False)),
    "angles-taken": lambda v: fill(PLACES["single-quoted"], re.sub("[<>]", "", v)),
    "angles-taken-script": lambda v: fill(PLACES["string"], re.sub("[<>]", "", v)),
    "json-in-script": lambda v: fill("<script>var words = {v};</script>", js(v)),
    "only-quotes-in-script": lambda v: fill(
        PLACES["single-quoted-string"], re.sub("[<>]", "", v).replace("'", "\\'")
    ),
    "upper": lambda v: fill(PLACES["text"], v.upper()),
    "script-once": lambda v: fill(PLACES["text"], v.replace("<script>", "")),
    "script-any-case": lambda v: fill(PLACES["text"], re.sub("(?i)</?script", "", v)),
    "tags-once": lambda v: fill(PLACES["text"], re.sub("<[^>]*>", "", v)),
    "handlers-once": lambda v: fill(PLACES["text"], re.sub(r"(?i)on\w+=", "", v)),
    "names-once": lambda v: fill(PLACES["text"], re.sub("(?i)script|img|svg", "", v)),
    "bold-allowed": lambda v: fill(PLACES["text"], re.sub(r"(?i)<(?!/?b\b)[^>]*>?", "", v)),
    "no-parentheses": lambda v: fill(PLACES["text"], re.sub("[()]", "", v)),
    "refuses-script": lambda v: Answer("No.", 403) if "script" in v else fill(PLACES["text"], v),
    "refuses-quotes": lambda v: Answer("No.", 403) if "'" in v else fill(PLACES["text"], v),
    "quotes-break-it": lambda v: (
        Answer(fill(PLACES["text"], escape(v)), 500) if "'" in v else fill(PLACES["text"], v)
    ),
    "tags-taken-twice-shown": lambda v: fill(
        PLACES["text"] + PLACES["single-quoted"], re.sub("(?s)<[^>]*(>|$)", "", v)
    ),
    "cut": lambda v: fill(PLACES["text"], v[:45]),
    "comment-ends": lambda v: fill(PLACES["comment"], v.replace("-->", "")),
    "scheme-once": lambda v: fill(OTHERS["link"], escape(v.replace("javascript:", ""))),
    "error-page": lambda v: Answer(fill(PLACES["text"], v), 500),
    "json-as-html": lambda v: Answer('{"words": "' + v + '"}', kind="text/html"),
    "no-type": lambda v: Answer(v, kind=""),
}

STRONG: dict[str, Shows] = {
    "quotes-left-in-text": lambda v: fill(PLACES["text"], escape(v, quote=False)),
    "angles-taken-in-text": lambda v: fill(PLACES["text"], re.sub("[<>]", "", v)),
    "json-for-script": lambda v: fill(
        "<script>var words = {v};</script>", js(v).replace("<", "\\u003c")
    ),
    "all-escaped-for-script": lambda v: fill(
        PLACES["single-quoted-string"],
        v.replace("\\", "\\\\").replace("'", "\\'").replace("<", "\\x3c").replace("\n", " "),
    ),
    "quotes-refused-and-escaped": lambda v: Answer(
        fill(PLACES["text"], escape(v)), 400 if "'" in v else 200
    ),
    "tags-to-the-end": lambda v: fill(PLACES["text"], re.sub("(?s)<.*", "", v)),
    "numbers": lambda v: fill(OTHERS["code"], allowed(v, r"\d+")),
    "names": lambda v: fill(OTHERS["code"], allowed(v, r"\w+")),
    "refuses-angles": lambda v: Answer("No.", 403) if "<" in v else fill(PLACES["text"], v),
    "known-schemes": lambda v: fill(OTHERS["link"], escape(v) if v.startswith("http") else "#"),
    "json": lambda v: Answer('{"words": "' + v + '"}', kind="application/json"),
    "plain": lambda v: Answer(v, kind="text/plain"),
    "no-type-but-text": lambda v: Answer(f"You said {v}", kind=""),
    "no-type-no-sniffing": lambda v: Answer(v, 200, (("X-Content-Type-Options", "nosniff"),), ""),
    "download": lambda v: Answer(v, 200, (("Content-Disposition", "attachment; filename=a"),)),
    "redirect": lambda v: Answer(v, 302, (("Location", "/"),)),
    "nothing-comes-back": lambda v: "<p>Thank you.</p>",
}


@pytest.mark.parametrize("value", ["Lamp", "http://there.example/"])
def test_a_filter_that_misses_something_is_got_around(probe: Probe, value: str) -> None:
    run, _ = probe(xss_reflected, app_of(WEAK, value))

    assert found_in(run) == set(WEAK)


@pytest.mark.parametrize("value", ["Lamp", "http://there.example/"])
def test_what_cannot_run_is_left_alone(probe: Probe, value: str) -> None:
    run, asked = probe(xss_reflected, app_of(STRONG, value))

    assert found_in(run) == set()
    assert run.outcome is Outcome.PASSED
    for path in ("/nothing-comes-back", "/json"):
        assert len([one for one in asked if one.path == path]) <= 3


def test_a_value_that_must_begin_as_before_keeps_its_beginning(probe: Probe) -> None:
    def show(value: str) -> str:
        return fill(PLACES["text"], value) if value.startswith("5") else "<p>A number!</p>"

    run, _ = probe(xss_reflected, app_of({"number": show}, "5"))

    assert found_in(run) == {"number"}


def test_an_address_that_only_needs_to_speak_of_http_is_no_address(probe: Probe) -> None:
    def show(value: str) -> str:
        return fill(OTHERS["link"], escape(value) if "http://" in value else "#")

    run, _ = probe(xss_reflected, app_of({"link": show}, "http://there.example/"))

    assert found_in(run) == {"link"}


@pytest.mark.parametrize(
    ("policy", "template", "rule"),
    [
        ("default-src 'self'", "<p>{v}</p>", "/behind-csp"),
        ("script-src 'nonce-a' 'unsafe-inline'", "<p>{v}</p>", "/behind-csp"),
        ("sandbox", "<p>{v}</p>", "/behind-csp"),
        ("script-src 'unsafe-inline'", "<p>{v}</p>", ""),
        ("img-src 'self'", "<p>{v}</p>", ""),
        ("script-src 'nonce-a'", "<script nonce=a>var a = '{v}';</script>", ""),
    ],
)
def test_a_policy_lowers_the_severity_where_it_stops_the_script(
    probe: Probe, policy: str, template: str, rule: str
) -> None:
    def show(value: str) -> Answer:
        shown = value.replace("<", "") if "nonce=" in template else value
        return Answer(fill(template, shown), headers=(("Content-Security-Policy", policy),))

    run, _ = probe(xss_reflected, app_of({"page": show}))

    assert [f.rule.id for f in run.findings] == [f"injection/xss-reflected{rule}"]
    assert {f.rule.identity for f in run.findings} == {"injection/xss-reflected"}


def test_a_field_of_a_form_is_found_and_its_twin_is_not(probe: Probe) -> None:
    form = (
        '<form action="/{p}" method="post"><input name="name"><button name="b">Go</button></form>'
    )
    views: dict[str, View] = {
        "/open": lambda asked: fill(PLACES["text"], asked.form["name"]),
        "/closed": lambda asked: fill(PLACES["text"], escape(asked.form["name"])),
    }

    start = links(form=form.format(p="open") + form.format(p="closed"))
    run, _ = probe(xss_reflected, site(views, start))

    (finding,) = run.findings
    assert str(finding.where).endswith("/open [name in form]")
    assert finding.where.method == "POST"


@pytest.mark.parametrize("shown", [str, escape])
def test_the_page_that_says_what_was_not_found_is_tried_too(
    probe: Probe, shown: Callable[[str], str]
) -> None:
    def app(asked: Asked) -> Answer:
        if asked.path == "/":
            return Answer("<p>Welcome</p>")
        return Answer(fill("<p>There is no {v}.</p>", shown(asked.path)), 404)

    run, _ = probe(xss_reflected, app)

    assert [finding.where.parameter_in for finding in run.findings] == ["path"] * (shown is str)


async def test_what_no_link_or_form_can_send_is_less_grave() -> None:
    leaf = Parameter("name", "json", "Lamp")
    spot = Spot(Endpoint("PUT", "/name", (leaf,)), leaf)

    def view(asked: Asked) -> str:
        return fill(PLACES["text"], json.loads(asked.body)["name"])

    with serving(site({"/name": view}, links())) as server:
        async with opened(server.url) as here:
            finding = await finding_of(here, spot)

    assert finding.rule.id == "injection/xss-reflected/no-link"


async def finding_of(here: Any, spot: Spot) -> Any:
    from checks.injection.xss_reflected import _probe

    return await _probe(here, spot)


def test_a_finding_says_where_and_how_to_see_it(probe: Probe) -> None:
    run, _ = probe(xss_reflected, app_of({"s": lambda v: fill(PLACES["text"], v)}))

    (finding,) = run.findings
    assert finding.message == "What v says runs as script in the page."
    assert str(finding.where).endswith("/s?v=Lamp [v in query]")
    assert "onerror" in finding.curl


def test_an_application_that_hangs_up_is_incomplete(probe: Probe) -> None:
    def app(asked: Asked) -> Answer | None:
        if asked.path == "/":
            return links("/s?v=Lamp")
        return Answer("<p>Hi</p>") if asked.query.get("v") == "Lamp" else None

    run, _ = probe(xss_reflected, app)

    assert run.outcome is Outcome.INCOMPLETE
    assert "could not be tried" in run.reason


@pytest.mark.asyncio(loop_scope="session")
async def test_what_counts_as_running_does_run_in_a_browser(browser: Browser) -> None:
    """One page for each place, with the first payload for it; what must be touched is touched."""
    page = await browser.new_page()
    silent = {"frame", "link", "script-link", "form-action", "frame-page", "tag"}
    for name, template in (PLACES | OTHERS).items():
        if name in silent:  # runs in another window, or when somebody follows it
            continue
        (place,) = contexts(fill(template, "canary"), "canary")
        written = (
            fill(template, payload.text.replace("{ww_x}", "ours"))
            for payload in payloads(place, frozenset(SPECIAL))
        )
        html = next(h for h in written if runs(httpx.Response(200, html=h), "ours(1)"))
        await page.evaluate("window.ran = 0; window.ours = () => window.ran++; window.go = () => 0")
        await page.set_content(html)
        await page.evaluate(
            "document.querySelectorAll('*').forEach(e => ['mouseover', 'click', 'focus']"
            ".forEach(type => e.dispatchEvent(new Event(type))))"
        )
        await page.wait_for_function("window.ran > 0", timeout=5_000)
    await page.close()
