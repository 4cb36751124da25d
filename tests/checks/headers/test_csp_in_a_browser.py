"""What `headers/csp` says of a policy is what a real Chromium does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from loopback import Answer, Asked, serving

from checks.headers._csp_faults import faults
from scanner.site.csp import policies

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.asyncio(loop_scope="session")

POLICIES = [
    "script-src 'self' 'unsafe-inline'",
    "SCRIPT-SRC 'self' 'UNSAFE-INLINE'",
    "script-src 'self'; script-src-attr 'unsafe-inline'",
    "script-src 'self'; script-src-elem 'unsafe-inline'",
    "script-src 'self' 'unsafe-inline' 'nonce-'",
    "script-src 'unsafe-inline' 'nonce-!x'",
    "script-src 'unsafe-inline' 'nonce-a+b'",
    "script-src 'unsafe-inline' nonce-abc",
    "script-src 'unsafe-inline'; script-src 'self'",
    "script-src 'self'; script-src 'unsafe-inline'",
    "script-src 'self' \xfc",
    "script-src *",
    "script-src http:",
    "script-src *:*",
    "script-src 'self' DATA:",
    "default-src http:",
    "script-src 'nonce-abc' http:",
    "script-src 'none' 'unsafe-inline'",
    "script-src 'unsafe-hashes' 'unsafe-inline'",
    "script-src 'self' 'unsafe-eval'",
    "default-src 'self' 'unsafe-eval'",
    "script-src 'self' 'unsafe-eval'; require-trusted-types-for 'script'",
    "script-src 'self' unsafe-inline unsafe-eval",
    "script-src 'unsafe-inline' 'sha256-abcdefghijklmnopqrstuvwxyz0123456789+/abcde='",
    "script-src 'nonce-abc' 'strict-dynamic' 'unsafe-inline' http: *",
    "script-src 'strict-dynamic' 'unsafe-inline'",
    "script-src * 'strict-dynamic'",
    "default-src * 'unsafe-inline'; script-src 'self'",
    "default-src * 'unsafe-inline', script-src 'self'",
    "script-src 'unsafe-inline', img-src 'none'",
    "sandbox allow-scripts; img-src *",
    "default-src * 'unsafe-inline' 'unsafe-eval'; sandbox allow-forms",
    "script-scr 'self'",
    "  ;; SCRIPT-SRC\t'SELF' ;",
    ";,",
]
RAN = "({inline: !!window.inline, loaded: !!window.loaded, compiled: !!window.compiled})"


def page(policy: str, elsewhere: str, in_meta: bool) -> str:
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if in_meta else ""
    return (
        f"<head><meta charset=utf-8>{meta}</head><script>inline = true</script>"
        "<a id=x onclick='inline = true'></a>"
        f"<script src='{elsewhere}/loaded.js'></script><script src='data:,loaded=1'></script>"
        "<script src='/own.js'></script>"
    )


SCRIPTS = {
    "/loaded.js": "loaded = true",
    "/own.js": "try { compiled = eval('true') } catch {}; document.getElementById('x').click()",
}


async def test_what_is_said_of_a_policy_is_what_a_browser_does(browser: Browser) -> None:
    """Each policy once in a header and once in a meta element, all in frames of one page."""
    cases = [(policy, in_meta) for policy in POLICIES for in_meta in (False, True)]

    def app(asked: Asked) -> Answer:
        if asked.path in SCRIPTS:
            return Answer(SCRIPTS[asked.path], kind="text/javascript")
        if asked.path == "/":
            return Answer("".join(f"<iframe src='/{n}'></iframe>" for n in range(len(cases))))
        policy, in_meta = cases[int(asked.path[1:])]
        headers = [] if in_meta else [("Content-Security-Policy", policy)]
        # 127.0.0.1 and localhost are two hosts, and so two sources.
        return Answer(page(policy, f"http://localhost:{port}", in_meta), 200, headers)

    wrong = []
    with serving(app) as server:
        port = server.port
        tab = await browser.new_page()
        await tab.goto(server.url)
        for frame in tab.frames[1:]:
            policy, in_meta = cases[int(frame.url.rpartition("/")[2])]
            ran = {key for key, value in (await frame.evaluate(RAN)).items() if value}
            if ran != said_to_run(policy, in_meta):
                wrong.append((policy, in_meta, ran))
        count = len(tab.frames) - 1
        await tab.close()

    assert (count, wrong) == (len(cases), [])


def said_to_run(policy: str, in_meta: bool) -> set[str]:
    lines = [] if in_meta else [(b"content-security-policy", policy.encode("latin-1"))]
    answer = httpx.Response(
        200,
        headers=[(b"content-type", b"text/html; charset=utf-8"), *lines],
        content=page(policy, "", in_meta),
    )
    found = policies(answer)
    rules = {fault.rule for fault in faults(found)}
    if not found or "scripts-unrestricted" in rules:
        return {"inline", "loaded", "compiled"}
    named = {"unsafe-inline": "inline", "any-source": "loaded", "unsafe-eval": "compiled"}
    return {ran for rule, ran in named.items() if rule in rules}
