from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from checks.secrets._files import Places, Span, concealed, is_test_code, unread
from scanner import Also, Finding, Severity, Skip, Source, check

_BLOCK = re.compile(
    r"-----BEGIN (?P<kind>(?:[A-Z0-9]+ ){0,3})PRIVATE KEY(?P<pgp> BLOCK)?-----"
    r"(?P<body>(?:[^-]|-(?!--)){40,20000}+)-----END",
)
_PUTTY = re.compile(r"Private-Lines: \d++\s++[\w+/=]{40}")
_PUTTY_HEADING = "PuTTY-User-Key-File-"
_PUTTY_HEAD = 8000
"""Characters of a PuTTY key before its private part: its public part stands there."""

_CODE = re.compile(r"[\"'`]\s*[+.]\s*[\"'`]|[\s\"'`,;\\]")
_HEADERS = re.compile(r"(?m)^\s*[A-Z][\w-]*: .*$")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{60,}+={0,2}")
_SAMPLES = ("EXAMPLE", "REDACTED", "xxxx", "XXXX", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")


@check(
    id="secrets/private-key",
    title="Private key in the source",
    severity=Severity.HIGH,
    cwe=321,
    owasp=("ASVS-5.0.0-13.3.1", "A02:2021", "A04:2025"),
    controls=("WW-SEC-001",),
    also=(
        Also("encrypted", "Private key under a passphrase in the source", Severity.MEDIUM),
        Also("in-tests", "Private key among the tests", Severity.LOW, variant=True),
    ),
)
def private_key(source: Source) -> Iterator[Finding]:
    """
    Looks for blocks of private keys (PEM, OpenSSH, PGP, PuTTY) in text files, also within string
    literals, and reads what stands between their first and last line: only what decodes to a key
    is one. Headings alone, shortened samples, public keys and certificates are left alone. A key
    under a passphrase, and one among the tests, are lesser findings. Reports show the heading only.

    ## Why it matters
    Whoever has the key is its owner: signs tokens, reads TLS traffic, logs in by SSH. A key under
    a passphrase holds as long as the passphrase is not guessed, and guessing needs nobody's leave.

    ## How to fix it
    Make a new key pair, put the new public key where the old one was trusted, revoke the old one,
    and keep the private key in a secret store or on the machine that uses it. Tests make a key
    of their own when they start.

    ## References
    - [OWASP: key management](https://cheatsheetseries.owasp.org/cheatsheets/Key_Management_Cheat_Sheet.html)
    - [RFC 7468: textual encodings](https://www.rfc-editor.org/rfc/rfc7468)
    - [CWE-321](https://cwe.mitre.org/data/definitions/321.html)
    """
    seen = False
    for file in source.files():
        seen = True
        if "PRIVATE KEY" not in file.text and _PUTTY_HEADING not in file.text:
            continue
        keys = list(_keys_in(file.text))
        shown = concealed(file, [span for span, _, _ in keys])
        for span, kind, rule in keys:
            if source.is_test(file.path) or is_test_code(file.path):
                rule = "in-tests"
            message = f"A private key ({kind}) stands in this file."
            if rule == "encrypted":
                message = f"A private key ({kind}), kept under a passphrase, stands in this file."
            yield private_key.in_file(shown.at(span.line, span.column), message, rule=rule)
    unread(source)
    if not seen:
        raise Skip("no files")


def _keys_in(text: str) -> Iterator[tuple[Span, str, str]]:
    """Where the content of each key begins, of what kind it is, and which rule it breaks."""
    places = Places(text)
    for match in _BLOCK.finditer(text):
        body = match["body"]
        content = _content(body)
        kind = "PGP" if match["pgp"] else match["kind"].strip() or "PKCS #8"
        if content is None or any(sample in body for sample in _SAMPLES):
            continue
        cipher_text = "Proc-Type: 4,ENCRYPTED" in body
        if not (_is_key(content, kind) or (cipher_text and len(set(content)) >= 20)):
            continue
        locked = "ENCRYPTED" in kind or cipher_text or _is_locked(content)
        kind = "PKCS #8" if kind == "ENCRYPTED" else kind
        rule = "encrypted" if locked else ""
        yield _behind_heading(places, match), kind, rule
    for match in _PUTTY.finditer(text):
        start = text.rfind(_PUTTY_HEADING, max(match.start() - _PUTTY_HEAD, 0), match.start())
        if start >= 0:
            locked = "Encryption: none" not in text[start : match.start()]
            span = places.span(start + len(_PUTTY_HEADING), match[0])
            yield span, "PuTTY", "encrypted" if locked else ""


def _behind_heading(places: Places, match: re.Match[str]) -> Span:
    """The heading's line, shown up to where the key's content begins."""
    heading = places.span(match.start(), match[0])
    return Span(heading.line, heading.column + match.start("body") - match.start(), match[0])


def _content(body: str) -> bytes | None:
    """What the lines of a block decode to, wherever they stand: in a file or in a literal."""
    lines = body.replace("\\r", "").replace("\\n", "\n")
    bare = _CODE.sub("", _HEADERS.sub("", lines))
    # An armoured PGP block ends with its checksum.
    found = _BASE64.match(bare)
    if found is None:
        return None
    try:
        return base64.b64decode(found[0][: len(found[0]) // 4 * 4])
    except (binascii.Error, ValueError):
        return None


def _is_key(content: bytes, kind: str) -> bool:
    if len(set(content)) < 20:
        return False
    if kind == "PGP":
        return content[0] & 0x80 != 0  # every packet's first bit
    if kind == "OPENSSH":
        return content.startswith(b"openssh-key-v1\0")
    return content[0] == 0x30  # DER: a sequence


def _is_locked(content: bytes) -> bool:
    if not content.startswith(b"openssh-key-v1\0"):
        return False
    return content[15:23] != b"\0\0\0\x04none"
