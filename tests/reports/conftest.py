"""A report with one of everything, for every writer's tests."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanner.model import (
    AtUrl,
    CheckRun,
    Exchange,
    Finding,
    InFile,
    NotPlanned,
    Outcome,
    Report,
    Rule,
    Severity,
    TargetFacts,
)
from scanner.proof import BodyContains, HeaderAbsent, Proof, Request, Status, Word

HELP = """Looks for {what}.

## Why it matters

Whoever can send a request can *read* what belongs to others. See `app.py` and
[CWE](https://cwe.mitre.org/data/definitions/89.html).

- an order, its address and its price
- a user's **password hash**

## How to fix it

1. Pass values as parameters.
2. Never build a query from text.

```python
rows = db.execute("select * from orders where id = ?", (number,))
```
"""

SQL = Rule(
    "injection/sql",
    "SQL injection",
    Severity.CRITICAL,
    cwe=89,
    owasp=("A03:2021", "ASVS-5.0.0-1.2.4"),
    controls=("WW-INJ-001",),
    help=HELP.format(what="parameters that change a SQL query"),
)
CSP = Rule(
    "headers/csp",
    "HTML page without a Content-Security-Policy",
    Severity.MEDIUM,
    cwe=693,
    owasp=("API8:2023",),
    help=HELP.format(what="pages without a policy"),
)
HSTS = Rule("headers/hsts", "No HSTS", Severity.MEDIUM, cwe=319, help=HELP.format(what="no HSTS"))
BANDIT = Rule("code/bandit", "Bandit", Severity.LOW, help=HELP.format(what="risky Python"))
B602 = Rule(
    "bandit/B602",
    "subprocess call with shell=True",
    Severity.HIGH,
    cwe=78,
    engine="bandit",
    help="Bandit says: subprocess call with shell=True identified.",
)
ADVISORY = Rule(
    "advisory/GHSA-aaaa-bbbb-cccc",
    "acme 1.0 lets anyone in",
    Severity.HIGH,
    cwe=287,
    score=8.8,
    engine="pip-audit",
    help="acme before 1.1 lets anyone in.",
)
PYTHON = Rule("dependencies/python", "Vulnerable Python package", Severity.HIGH, cwe=1395)
ROOT = Rule("container/root", "Container runs as root", Severity.MEDIUM, cwe=250)
ACCESS = Rule("access/other-users-object", "Reads what belongs to others", Severity.HIGH, cwe=639)

EXCHANGE = Exchange(
    request="GET /search?q=%27 HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\n\r\n",
    response="HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\n"
    'Set-Cookie: a=***\r\nSet-Cookie: b=***\r\n\r\n<h1>near "\'": syntax error</h1>',
    status=500,
    note="the answer names the SQL error that only our quote can have caused",
)


def at_shop(path: str, **more: Any) -> AtUrl:
    """A page of the sample target."""
    url = f"http://shop.example{path}"
    return AtUrl("shop", "GET", url, route=path.partition("?")[0], kind="html", **more)


SQL_FINDING = Finding(
    SQL,
    "The parameter q changes the query: two answers differ as true and false do.",
    at_shop("/search?q=1", parameter="q", parameter_in="query", identities=("alice",)),
    proof=Proof(
        (Request("GET", "/search?q={nonce}"), Request("GET", "/search?q=%27", identity="alice")),
        (Status((500,)), BodyContains("syntax error")),
        (Word("nonce"),),
    ),
    evidence=(
        Exchange("GET /search?q=abc HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nfine", 200),
        EXCHANGE,
    ),
    curl="curl -i 'http://shop.example/search?q=%27' -H 'Authorization: '$WALLWALK_ALICE_TOKEN",
    confidence="confirmed",
)
CSP_FINDING = Finding(
    CSP,
    "This page sets no Content-Security-Policy.",
    at_shop("/"),
    about="content-security-policy",
    also=(at_shop("/about"), at_shop("/cart")),
    proof=Proof((Request("GET", "/"),), (HeaderAbsent("content-security-policy"),)),
    evidence=(
        Exchange(
            "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n<p>hi", 200
        ),
    ),
    curl="curl -i 'http://shop.example/'",
    confidence="confirmed",
)
SHELL_FINDING = Finding(
    B602,
    "subprocess call with shell=True identified, security issue.",
    InFile("app/run.py", 12, 5, 13, "    subprocess.run(cmd, shell=True)", 1, "0123456789abcdef:1"),
)
ADVISORY_FINDING = Finding(
    ADVISORY, "acme 1.0 has GHSA-aaaa-bbbb-cccc; 1.1 mends it.", InFile("requirements.txt", 3)
)
QUIET_FINDING = Finding(
    CSP,
    "This page sets no Content-Security-Policy.",
    at_shop("/legacy/a"),
    about="content-security-policy",
    suppressed="being retired, SEC-142",
    suppressed_in="targets file",
)


def make_report(**changes: Any) -> Report:
    """The sample report, with some fields changed."""
    runs = (
        CheckRun("code/bandit", "Bandit", "source", False, Outcome.FAILED, (SHELL_FINDING,),
                 notes=("12 files read, 1 # nosec honoured",), seconds=1.5),
        CheckRun("dependencies/python", "Vulnerable Python package", "source", False,
                 Outcome.INCOMPLETE, (ADVISORY_FINDING,), reason="2 of 9 packages had no answer",
                 mend="pin acme-core or accept the gap", seconds=2.0),
        CheckRun("container/root", "Container runs as root", "source", False,
                 Outcome.NOT_APPLICABLE, reason="there is no Dockerfile"),
        CheckRun("injection/sql", "SQL injection", "shop", True, Outcome.FAILED, (SQL_FINDING,),
                 notes=("14 parameters tried, 2 not",), requests=230, seconds=4.2),
        CheckRun("headers/csp", CSP.title, "shop", True, Outcome.FAILED,
                 (CSP_FINDING, QUIET_FINDING), requests=3),
        CheckRun("headers/hsts", "No HSTS", "shop", True, Outcome.PASSED, requests=1),
        CheckRun("access/other-users-object", ACCESS.title, "shop", True, Outcome.INCOMPLETE,
                 reason="the login of bob failed: 401", mend="set WALLWALK_BOB",
                 accepted="bob's account comes in March (until 2027-03-31)"),
        CheckRun("headers/hsts", "No HSTS", "api", True, Outcome.PASSED, requests=1),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "version": "0.1.0",
        "started": "2026-11-24T14:25:00Z",
        "seconds": 75.4,
        "runs": runs,
        "not_planned": (
            NotPlanned("limits/login", "shop", True, "the profile pr sends nothing active"),
            NotPlanned("tokens/alg-none", "shop", True, "the profile pr sends nothing active"),
            NotPlanned("code/gosec", "source", False, "--offline"),
        ),
        "targets": (
            TargetFacts("shop", "http://shop.example/", "staging", "Ann, CTO (SEC-9), until "
                        "2027-01-31", "deploy/targets.yaml", 4, 1234, ("41 pages crawled",)),
            TargetFacts("api", "https://api.example/", "pr", requests=12),
        ),
        "source": ".",
        "source_notes": ("120 files, 3 binary",),
        "engines": (("bandit", "1.9.4"), ("pip-audit", "2.10.1")),
        "rules": (SQL, CSP, HSTS, BANDIT, PYTHON, ROOT, ACCESS),
        "notes": ("the plug-in acme could not be imported: No module named 'acme'",),
    }  # fmt: skip
    return Report(**(fields | changes))


@pytest.fixture
def sample_report() -> Report:
    return make_report()


@pytest.fixture
def changed() -> Callable[..., Report]:
    """Makes the sample report with some fields changed."""
    return make_report


NASTY = {
    "terminal": "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.example\x1b\\\\click\x9b31m",
    "html": "</code></pre></script></style><script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover=alert(1) x='\" ' autofocus onfocus=alert(1)//",
    "markdown": "![i](http://evil.example/i.png) [l](javascript:alert(1)) **b** `c` ~~s~~ | a |",
    "fences": "````\n```\n\n# Heading\n\n---\n- item\n> quote\n\n    code\n[x]: http://evil.example",
    "mentions": "@octocat #1 org/repo#2 http://evil.example www.evil.example a@evil.example",
    "sarif-link": "[click](http://evil.example) [two](2) [](1) \\[x](1)",
    "rich": "[bold red]x[/] [link=http://evil.example]y[/link] [/nothing] :warning:",
    "jinja": "{{ 7 * 7 }} {% for x in y %} {# gone #} ${7*7} {0}",
    "control": "a\x00b\x01c\x08\x0b\x0c\x1f\x7f\x85\u2028\u2029d\re",
    "xml": "]]> <![CDATA[ <!-- --> <?xml?> &amp; &lol; &#0; &#x1b; &#x202e; \ufffe\uffff",
    "bidi": "abc\u202egnp.exe\u2066x\u2069\u200b\ufeff\u061c",
    "surrogates": "\ud800 \udfff\udc80 \udbff",
    "astral": "\U0001f600 \U000e0041 \U0010ffff e\u0301",
    "lines": "one\r\ntwo\nthree\n\n\nfour",
    "github": "::error::x\n%0A::set-output name=a::b",
    "long": "x" * 1_000_000,
    "long-lines": "[<@\x1b" * 5_000,
    "spaces": "   \t  ",
    "empty": "",
}
"""Texts that want to be something else where a report is read."""


def make_nasty(text: str) -> Report:
    """A report in which all that can come from outside is `text`."""
    rule = replace(ADVISORY, title=text, help=text)
    web = AtUrl(text, text, f"http://shop.example/{text}", text, text, text, text, (text,))
    file = InFile(text, 3, 2, 4, text)
    said: dict[str, Any] = {
        "also": (web, replace(web, url=text), file),
        "about": text,
        "evidence": (Exchange(text, text, 200, text), Exchange(f"GET {text}", f"HTTP/1.1 {text}")),
        "curl": text,
        "confidence": text,
        "proof": Proof((Request(text, text, ((text, text),), text),), (BodyContains(text),)),
    }
    found = (
        Finding(rule, text, web, **said),
        Finding(rule, text, file, **said),
        Finding(rule, text, file, suppressed=f"because {text}", suppressed_in="source", **said),
    )
    told: dict[str, Any] = {"reason": text, "mend": text, "notes": (text,)}
    runs = (
        CheckRun("dependencies/python", text, "source", False, Outcome.FAILED, found, **told),
        CheckRun("headers/csp", text, text, True, Outcome.INCOMPLETE, found[:1], **told),
        CheckRun("headers/hsts", text, text, True, Outcome.INCOMPLETE, accepted=f"a{text}", **told),
        CheckRun("container/root", text, "source", False, Outcome.NOT_APPLICABLE, **told),
    )
    return make_report(
        runs=runs,
        not_planned=(NotPlanned("limits/login", text, True, text),),
        targets=(TargetFacts(text, text, "pr", text, text, 3, 7, (text,)),),
        source=text,
        source_notes=(text,),
        engines=(("bandit", text),),
        partial=(text,),
        notes=(text,),
    )


@pytest.fixture(params=NASTY)
def nasty(request: pytest.FixtureRequest) -> Report:
    return make_nasty(NASTY[request.param])


@pytest.fixture(scope="session")
def nasty_with() -> Callable[[str], Report]:
    """Makes a report in which all that can come from outside is one text."""
    return make_nasty


@pytest.fixture(scope="session")
def keeps_github_rules() -> Callable[[str], dict[str, Any]]:
    """`github_rules.keeps_github_rules`: the parsed SARIF, if GitHub would take it."""
    path = Path(__file__).with_name("github_rules.py")
    spec = importlib.util.spec_from_file_location("github_rules", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rules: Callable[[str], dict[str, Any]] = module.keeps_github_rules
    return rules
