"""Tokens that can be told by their form: who issues them, and what proves that one is genuine."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from checks.secrets._values import is_sample_token

_FIREBASE = re.compile("authDomain|firebaseapp|mobilesdk_app_id")
"""Firebase's web key names a project to everybody; its rules decide who may do what."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of token. `begins` are texts of which one stands in every token: without them a
    file need not be searched. `refuted` says of a token that its own checksum or content speaks
    against it, `proven` that they speak for it."""

    kind: str
    begins: tuple[str, ...]
    pattern: re.Pattern[str]
    refuted: Callable[[str], bool] = is_sample_token
    proven: Callable[[str], bool] = lambda token: False


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands: offsets in the text. `head` is how all of its kind begin."""

    kind: str
    head: str
    text: str
    start: int
    proven: bool

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokens_in(text: str) -> Iterator[Token]:
    """Every token of a known form, format by format."""
    for format in FORMATS:
        if not any(begin in text for begin in format.begins):
            continue
        if format.kind == "Google API key" and _FIREBASE.search(text):
            continue
        for match in format.pattern.finditer(text):
            token = match[0]
            if not format.refuted(token):
                head = next((b for b in format.begins if token.startswith(b)), "")
                proven = format.proven(token)
                yield Token(format.kind, head[:4], token, match.start(), proven)


def has_known_form(text: str) -> bool:
    """Whether `text` is a token of a known form, genuine or not: then its form has decided."""
    return any(
        format.pattern.fullmatch(text)
        for format in FORMATS
        if any(begin in text for begin in format.begins)
    )


def checksum(token: str) -> str:
    """What GitHub and npm put behind a token: the CRC-32 of its middle in base 62."""
    number, digits = zlib.crc32(token.encode()), ""
    while number:
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    return digits.rjust(6, "0")


def _sums_up(token: str) -> bool:
    middle = token.partition("_")[2]
    return checksum(middle[:-6]) == middle[-6:]


def _does_not_sum_up(token: str) -> bool:
    return not _sums_up(token)


def _unpacked(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return b""


def _is_macaroon(token: str) -> bool:
    # Version 2, and a location of so many bytes first.
    content = _unpacked(token.partition("-")[2])
    return content[:2] == b"\x02\x01" and b"." in content[3 : 3 + content[2]]


def _is_no_macaroon(token: str) -> bool:
    return not _is_macaroon(token)


def _json(part: str) -> dict[str, object]:
    try:
        found = json.loads(_unpacked(part))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_harmless_jwt(token: str) -> bool:
    """Unsigned, broken, public by design, or the one that every tutorial shows."""
    head, claims, _ = token.split(".")
    algorithm, says = _json(head).get("alg"), _json(claims)
    if not isinstance(algorithm, str) or algorithm.lower() == "none" or not says:
        return True
    tutorial = str(says.get("sub")) == "1234567890" or says.get("name") == "John Doe"
    return tutorial or says.get("role") == "anon"


def _format(
    kind: str,
    begins: str,
    pattern: str,
    refuted: Callable[[str], bool] = is_sample_token,
    proven: Callable[[str], bool] = lambda token: False,
) -> Format:
    whole = re.compile(rf"(?<![A-Za-z0-9_/+]){pattern}(?![A-Za-z0-9_])", re.ASCII)
    return Format(kind, tuple(begins.split()), whole, refuted, proven)


FORMATS = (
    _format(
        "GitHub token",
        "ghp_ gho_ ghu_ ghs_ ghr_",
        r"gh[pousr]_[A-Za-z0-9]{36}",
        _does_not_sum_up,
        _sums_up,
    ),
    _format("GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _format("npm token", "npm_", r"npm_[A-Za-z0-9]{36}", proven=_sums_up),
    _format("package index token", "pypi-", r"pypi-[\w-]{50,}+", _is_no_macaroon, _is_macaroon),
    _format("AWS access key", "AKIA ASIA", r"A(?:K|S)IA[A-Z2-7]{16}"),
    _format(
        "Slack token",
        "xoxb- xoxp- xoxa- xoxe- xoxo- xoxr- xoxs-",
        r"xox[abeoprs]-(?:\d++-){1,3}[A-Za-z0-9-]{16,}+",
    ),
    _format("Slack app token", "xapp-", r"xapp-\d-[A-Z0-9]++-\d++-[a-z0-9]{32,}+"),
    _format(
        "Slack webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/(?:services|workflows)/T\w{6,}+/[A-Z]\w{6,}+/[\w/]{16,}+",
    ),
    _format(
        "Discord webhook",
        "/api/webhooks/",
        r"discord(?:app)?\.com/api/webhooks/\d{15,}+/[\w-]{50,}+",
    ),
    _format("Stripe key", "sk_live_ rk_live_", r"[sr]k_live_[A-Za-z0-9]{16,}+"),
    _format("Stripe webhook secret", "whsec_", r"whsec_[A-Za-z0-9+/]{32,}+=*"),
    _format("Google API key", "AIza", r"AIza[\w-]{35}"),
    _format("Google client secret", "GOCSPX-", r"GOCSPX-[\w-]{28}"),
    _format("SendGrid key", "SG.", r"SG\.[\w-]{22}\.[\w-]{43}"),
    _format("Anthropic key", "sk-ant-", r"sk-ant-[a-z]++\d\d-[\w-]{32,}+"),
    _format(
        "OpenAI key",
        "sk-",
        r"sk-(?:(?:proj|svcacct|admin|None)-[\w-]{32,}+|[A-Za-z0-9]{48})",
    ),
    _format("Twilio key", "SK", r"SK[0-9a-f]{32}"),
    _format("Telegram bot token", ":AA", r"\d{8,10}+:AA[\w-]{33}"),
    _format("GitLab token", "glpat- glptt- gldt-", r"gl(?:pat|ptt|dt)-[\w-]{20,}+"),
    _format("Hugging Face token", "hf_", r"hf_[A-Za-z]{34}"),
    _format("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"do[opr]_v1_[0-9a-f]{64}"),
    _format("Vault token", "hvs. hvb.", r"hv[sb]\.[\w-]{24,}+"),
    _format("Shopify token", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _format("Square token", "sq0", r"sq0(?:atp|csp)-[\w-]{22,43}+"),
    _format("Databricks token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    _format("Mailgun key", "key-", r"key-[0-9a-f]{32}"),
    _format("Mailchimp key", "-us", r"[0-9a-f]{32}-us\d{1,2}"),
    _format("New Relic key", "NRAK-", r"NRAK-[A-Z0-9]{27}"),
    _format("Docker token", "dckr_", r"dckr_(?:pat|oat)_[\w-]{27,}+"),
    _format("Atlassian token", "ATATT3", r"ATATT3[\w=-]{100,}+"),
    _format("Grafana token", "glsa_", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    _format("Linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{40}"),
    _format("Supabase token", "sbp_", r"sbp_[0-9a-f]{40}"),
    _format("RubyGems key", "rubygems_", r"rubygems_[0-9a-f]{48}"),
    _format("Postman key", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    _format("age key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    _format("Azure client secret", "8Q~", r"\w{3}8Q~[\w.~-]{31,34}"),
    _format("Django secret key", "django-insecure-", r"django-insecure-[^\s\"'`]{32,}+"),
    _format(
        "signed token (JWT)",
        "eyJ",
        # A hyphen before it would make every part of a long word another beginning.
        r"(?<!-)eyJ[\w-]{8,}+\.eyJ[\w-]{4,}+\.[\w-]{20,}+",
        _is_harmless_jwt,
    ),
)
