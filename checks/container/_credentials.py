"""Whether a variable holds a secret: by its name, or by what its value looks like."""

from __future__ import annotations

import re

_NAME = re.compile(
    r"""
    (?: (?:PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(?<!PULL_)SECRET)S?
      | TOKEN | SECRET_KEY_BASE | (?:NEO4J|BASIC)_AUTH
      | (?<=_)(?:PASS|PWD)
      | (?:API|APP|SECRET|SECRET_ACCESS|SHARED_ACCESS|STORAGE|ACCOUNT|PRIVATE|SIGN|SIGNING|ENCRYPT
          |ENCRYPTION|DECRYPTION|CRYPT|CIPHER|MASTER|AUTH|JWT|SESSION|COOKIE|HMAC|AES|FERNET
          |LICENSE|WEBHOOK|SERVICE|SERVICE_ROLE)_?KEYS?
    )
    (?:_(?:\d+|PROD|PRODUCTION|STAGING|DEV|DEVELOPMENT|TEST|LOCAL|DEFAULT|OLD|NEW|PRIMARY))?
    \Z""",
    re.VERBOSE,
)
"""What a name ends with. What goes on (`_FILE`, `_URL`, `_TTL`, `_NAME`) names something else."""

_PUBLIC = re.compile(r"(?:.*_)?(?:PUBLIC|PUBLISHABLE|ANON)_.*(?:KEY|TOKEN)")

_INSIDE = re.compile(
    r"""
    :// [^\s/:@]* : (?P<url>[^\s/@]+) @
    | (?:^|[;?&]) \s* (?:password|pwd|accountkey|sharedaccesskey) \s*=\s* (?P<field>[^;&\s]+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FORMAT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:gh[pousr]_\w{36}|github_pat_\w{22,}|glpat-[\w-]{20,}"
    r"|xox[abeoprs]-[\w-]{10,}|[sr]k_live_\w{16,}|sk-(?:proj-|ant-)[\w-]{20,}|npm_\w{36}"
    r"|pypi-[\w-]{50,}|SG\.[\w-]{16,}\.[\w-]{16,}|hvs\.[\w-]{20,}|dop_v1_\w{64}|hf_\w{30,}"
    r"|AGE-SECRET-KEY-1\w{50,})"
)

_HARMLESS = re.compile(
    r"""
    true|false|yes|no|on|off|[01]|none|null|nil|undefined|unset|auto|random|(?:en|dis)abled?
    |required|optional|include|omit|same-origin
    |(?:[a-z]:[\\/]|(?:~|\.{0,2})/)[\w\s.,\\/@-]*                            # a path
    |https?://[^\s@]*                                                      # an address
    |(?:arn|vault|op|ssm|sm|secret|secretsmanager|awssm|gcpsm|file|env|ref\+\w+):.+
    |projects/.+/secrets/.+                                                # where the secret is
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"""
    <.*> | \[.*\] | \(.*\) | \{\w+\} | %\w+% | @\w+@ | __\w+__ | .*\{\{.*\}\}.* | [x*.…?\#_-]+
    | .*(?:change|replace)[-_ ]?(?:me|this|it|in|before|with|on)\b.* | .*change[-_]?me.*
    | .*(?:example|sample|placeholder|dummy|redacted|goes[-_ ]here|[-_ ]here$).*
    | (?:your|insert|enter|put|fill|todo|fixme|tbd)\b.* | (?:your|insert|enter)[-_ ].*
    | not[-_ ]?(?:a[-_ ]?)?(?:real|secret|used|needed|set).* | (?:fake|dummy)[-_ ].*
    """,
    re.VERBOSE | re.IGNORECASE,
)
_GUESSABLE = re.compile(r"(?=.{0,16}$)[A-Za-z]*\d{0,6}")


def secret_in(name: str, value: str) -> str:
    """The secret that a variable holds in clear, or nothing.

    References to other variables, paths, placeholders and example values are none.
    """
    value = value.strip()
    if inside := _INSIDE.search(value):
        value = inside["url"] or inside["field"]
    elif not _FORMAT.search(value) and not _says_secret(name, value):
        return ""
    is_none = value in ("", name) or "$" in value[:1] or "${" in value or "$(" in value
    if is_none or _HARMLESS.fullmatch(value) or _PLACEHOLDER.fullmatch(value):
        return ""
    return value


def is_secret_name(name: str) -> bool:
    """Whether what a variable of this name holds is to be kept secret."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
    words = re.sub(r"\W", "_", words)
    return _NAME.search(words) is not None and not _PUBLIC.fullmatch(words)


def is_guessable(secret: str) -> bool:
    """Whether it is a word with perhaps a number: who attacks tries it, wherever it stands."""
    return _GUESSABLE.fullmatch(secret) is not None


def _says_secret(name: str, value: str) -> bool:
    # MAX_TOKEN=4096 counts something; PASSWORD=123456 does not.
    counts = value.isdecimal() and len(value) < 10 and "PASS" not in name.upper()
    return is_secret_name(name) and not counts
