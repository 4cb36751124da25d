"""An exchange as text that a report may show: cut, credentials masked, secrets concealed."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from typing import Any

import httpx

from scanner.masking import header_lines
from scanner.model import Exchange
from scanner.proof import Request
from scanner.scope import Origin
from scanner.site.answer import seen

_BODY = 2_000
# The end of base64, such as the last line of a private key, looks like a name with no value.
_ASSIGNMENT = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]{0,59})[ \t]*[=:](?!=?[ \t\r]*$)"
)


def exchange(response: httpx.Response, *, conceal: bool = False, note: str = "") -> Exchange:
    """What went out and what came back, each at most about 2,000 characters of body.

    With `conceal` the answer's body is told by the names of its fields, its size and its
    digest, because its values are somebody's secrets.
    """
    sent = response.request
    sight = seen(response)
    target = sent.extensions.get("target", b"").decode("latin-1") or sent.url.raw_path.decode()
    body = header_free(sight.body)
    request = f"{sent.method} {target} HTTP/1.1\n{_head(sent.headers)}\n{body}".rstrip("\n")
    reason = response.extensions.get("reason_phrase", b"").decode("latin-1")
    version = response.extensions.get("http_version", b"HTTP/1.1").decode("latin-1")
    content = _concealed(response) if conceal else header_free(response.text)
    answer = f"{version} {response.status_code} {reason}".rstrip()
    return Exchange(
        request=request,
        response=f"{answer}\n{_head(response.headers)}\n{content}".rstrip("\n"),
        status=response.status_code,
        note=note,
    )


def header_free(body: str) -> str:
    """A body, cut to what a report can hold."""
    if len(body) <= _BODY:
        return body
    return f"{body[:_BODY]}\n[… {len(body) - _BODY} more characters]"


def _head(headers: httpx.Headers) -> str:
    lines = (f"{k.decode('latin-1')}: {v.decode('latin-1')}" for k, v in headers.raw)
    return header_lines("".join(f"{line}\n" for line in lines))


def _concealed(response: httpx.Response) -> str:
    digest = hashlib.sha256(response.content).hexdigest()[:16]
    names = _names(response.text)
    listed = f"fields: {', '.join(names)}; " if names else ""
    return f"[{listed}{len(response.content)} bytes, sha256 {digest}…; values are not shown]"


def _names(text: str) -> list[str]:
    try:
        found: list[str] = []
        stack: list[Any] = [json.loads(text)]
        while stack and len(found) < 30:
            item = stack.pop()
            if isinstance(item, dict):
                found += [str(key)[:60] for key in item]
                stack += item.values()
            elif isinstance(item, list):
                stack += item[:5]
        return list(dict.fromkeys(found))[:30]
    except (ValueError, RecursionError):
        return list(dict.fromkeys(_ASSIGNMENT.findall(text)))[:30]


def curl(origin: str, step: Request, *, credential: str = "", verify: bool | str = True) -> str:
    """A line for a shell that sends `step` again.

    `verify` is the target's own: False, or the bundle that is trusted. `credential` is the
    header that carries the identity's session, with `{token}` where the secret stands; the line
    takes it from `$WALLWALK_<IDENTITY>_TOKEN`. Every byte from outside is quoted, so that
    pasting the line cannot execute it.
    """
    url = step.target if "://" in step.target else f"{origin}{step.target}"
    words = ["curl", "--path-as-is", "--globoff", "-isS"]
    if url.startswith("https:") and verify is not True:
        words += ["--cacert", quoted(verify)] if verify else ["--insecure"]
    if step.method != "GET":
        words += ["--head"] if step.method == "HEAD" else ["-X", quoted(step.method)]
    for name, value in step.headers:
        words += ["-H", quoted(f"{name}: {value}")]
    if step.identity and credential:
        variable = re.sub(r"[^A-Za-z0-9]", "_", step.identity).upper()
        before, _, after = credential.partition("{token}")
        rest = quoted(after) if after else ""
        words += ["-H", f'{quoted(before)}"$WALLWALK_{variable}_TOKEN"{rest}']
    if step.body:
        words += ["--data-binary", quoted(step.body)]
    return " ".join([*words, quoted(url)])


def handshake_line(origin: Origin, version: str = "", *, ca: str = "") -> str:
    """A line for a shell that shakes hands with `origin`: with only `version`, or so that the
    certificate shows (`ca` is the bundle that is trusted)."""
    if version == "SSLv3":
        return (
            f"openssl s_client -ssl3 -connect {quoted(f'{origin.host}:{origin.port}')} </dev/null"
        )
    words = ["curl", "-sSv", "-o", "/dev/null"]
    if version:
        number = version.removeprefix("TLSv")
        words += [f"--tlsv{number}", "--tls-max", number, "--insecure"]
        words += ["--ciphers", quoted("ALL:@SECLEVEL=0")]
    elif ca:
        words += ["--cacert", quoted(ca)]
    return " ".join([*words, quoted(f"{origin}/")])


def quoted(text: str) -> str:
    """`text` as one word of bash and zsh; control characters as `$'\\x1b'`."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = "".join(
        c
        if c.isprintable() and c not in "'\\"
        else "".join(f"\\x{b:02x}" for b in c.encode("utf-8", "surrogateescape"))
        for c in text
    )
    return f"$'{escaped}'"
