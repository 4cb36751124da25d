"""Whether a browser that is shown an answer would run our code."""

import httpx
import pytest

from scanner.site.scripts import runs


def answer(html: str, kind: str = "text/html", status: int = 200, **headers: str) -> httpx.Response:
    given = {"content-type": kind} if kind else {}
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers={**given, **more}, content=html.encode())


@pytest.mark.parametrize(
    "html",
    [
        "<script>ours(1)</script>",
        "<script type=module>ours(1)</script>",
        "<script type='text/javascript; charset=utf-8'>ours(1)</script>",
        "<SCRIPT>OURS(1)</SCRIPT>",
        "<img src=x onerror=ours(1)>",
        "<p onclick='a(&#39;&#39;);ours(1)'>",
        "<svg/onload=ours(1)>",
        "<a href=javascript:ours(1)>",
        "<a href=' jAvA&#9;script:ours%281)'>",
        "<svg><a xlink:href=javascript:ours(1)>",
        "<form action=javascript:ours(1)>",
        "<button formaction=javascript:ours(1)>",
        "<iframe src=javascript:ours(1)>",
        "<iframe srcdoc='&lt;img src=x onerror=ours(1)&gt;'>",
        "<script src='data:text/javascript,ours(1)'></script>",
        "<noscript></noscript><img src=x onerror=ours(1)>",
    ],
)
def test_code_in_a_script_of_the_page_runs(html: str) -> None:
    assert runs(answer(html), "ours(1)")


@pytest.mark.parametrize(
    "html",
    [
        "<p>ours(1)</p>",
        "<p>&lt;script&gt;ours(1)&lt;/script&gt;</p>",
        "<script>'ours(1)'</script>",
        "<script>// ours(1)</script>",
        "<script type=application/json>ours(1)</script>",
        "<script type=text/template>ours(1)</script>",
        "<script src=a.js>ours(1)</script>",
        "<textarea><script>ours(1)</script></textarea>",
        "<!-- <script>ours(1)</script> -->",
        "<noscript><img src=x onerror=ours(1)></noscript>",
        "<template><img src=x onerror=ours(1)></template>",
        "<img alt='onerror=ours(1)'>",
        "<img onboarding=ours(1)>",
        "<img src=javascript:ours(1)>",
        "<a href='https://a.example/?javascript:ours(1)'>",
        "<a href='java script:ours(1)'>",
        "<script src='javascript:ours(1)'></script>",
        "<a href='data:text/javascript,ours(1)'>",
        "<iframe src='data:text/html,<script>ours(1)</script>'>",
    ],
)
def test_the_same_words_elsewhere_do_not(html: str) -> None:
    assert not runs(answer(html), "ours(1)")


SCRIPT = "<script>ours(1)</script>"


@pytest.mark.parametrize(
    "response",
    [
        answer(SCRIPT, "application/xhtml+xml"),
        answer(SCRIPT, status=404),
        answer(SCRIPT, ""),
        answer(f"<h1>{SCRIPT}", ""),
        answer(f"<p>{SCRIPT}", "unknown/unknown"),
        answer(SCRIPT, status=302),
        answer(SCRIPT, content_disposition="inline"),
    ],
)
def test_an_answer_that_a_browser_shows_as_a_page_counts(response: httpx.Response) -> None:
    assert runs(response, "ours(1)")


@pytest.mark.parametrize(
    "response",
    [
        answer(SCRIPT, "text/plain"),
        answer(SCRIPT, "application/json"),
        answer(f"Hello {SCRIPT}", ""),
        answer(SCRIPT, "", x_content_type_options="nosniff"),
        answer(SCRIPT, "unknown/unknown", x_content_type_options="NoSniff"),
        answer(SCRIPT, status=302, location="/"),
        answer(SCRIPT, content_disposition="attachment; filename=a.html"),
    ],
)
def test_an_answer_that_is_no_page_does_not_count(response: httpx.Response) -> None:
    assert not runs(response, "ours(1)")
