"""Which cookies are as good as a password: those that say who somebody is."""

from __future__ import annotations

import re

from scanner.site.set_cookie import SetCookie

_SESSION = re.compile(
    r"(?<!as)(?<!pos)sess|(?:^|[._-])s?sid(?:$|[._-])|sid$|auth(?!or)|token|jwt|remember"
    r"|bearer|ticket|(?:^|[._-])sso(?:$|[._-])|logged_?in|wordpress_sec|identity|api_?key"
    r"|credential|aspnetcore\.cookies",
    re.I,
)
_FOR_SCRIPTS = re.compile(r"csrf|xsrf|anti_?forgery|authenticity|requestverification", re.I)
"""Tokens against forged requests: a script of the site reads them and sends them back."""

_LOGIN_FLOW = re.compile(
    r"(?:^|[._-])(?:nonce|pkce|code_verifier|correlation|callback-url)(?:[._-]|$)|auth.*state", re.I
)
"""These bind a login at another site to this browser, and are gone once it is over."""

_COUNTS_VISITORS = re.compile(
    r"^_{1,2}(?:ga|gid|gat|gac|gcl|utm\w?|fbp|fbc|hj\w*|hstc|hssc|hssrc|pk_\w+|pin_unauth|uetsid"
    r"|uetvid|clck|clsk|mkto_trk|ttp|scid|vwo\w*|qca)(?:$|[_.\d])|^(?:ajs|mp|amp|ph|utm)_"
    r"|^(?:amplitude|intercom|optimizely|hubspot|matomo|piwik|mixpanel|posthog)|visitor_?id",
    re.I,
)
_DIRECTS_TRAFFIC = re.compile(
    r"^(?:aws[ae]lb|bigip|ts[0-9a-f]{6}|__?cf(?:ruid|uvid|_bm|duid)|cf_clearance|incap_|visid_|nlbi_"
    r"|ak_bmsc|bm_s|_abck|datadome|nsc_|gclb|citrix_ns|barra_counter|serverid|sticky)|affinity",
    re.I,
)
_ASIDE = frozenset(
    "accept accepted analytics banner bucket callback campaign collapsed color colour consent "
    "count country created currency dark dismissed experiment expires expiry feature flash "
    "gdpr hint i18n lang language last layout locale message messages method mode name notice "
    "policy popup pref preference preferences prefs provider redirect referer referrer region "
    "return seen setting settings sidebar started status theme timeout timezone track "
    "tracking type tz utm variant version view visit visitor visits".split()
)
"""Words of names that say how somebody likes it or came here, not who they are."""

_LAST = frozenset("session sessionid sess sid ssid auth jwt token".split())
_DEVICE = frozenset(
    "anon anonymous browser client device distinct fingerprint guid uid uuid".split()
)
_WORDS = re.compile(r"i18n|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_FLAG = re.compile(
    r"[01]|true|false|yes|no|on|off|null|none|undefined|deleted|expired|[a-z]{1,7}", re.I
)
_JWT = re.compile(r"ey[\w-]+\.[\w-]+\.[\w-]*")
_TOKEN = re.compile(r"[A-Za-z0-9+/=_.~%:-]{20,}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\w{3},? \d\d")
_CHANGES = re.compile(r"(?<=[A-Za-z])\d|(?<=\d)[A-Za-z]")


def is_session_like(cookie: SetCookie, *, at_login: bool = False) -> bool:
    """Whether whoever holds the cookie is taken for somebody, as far as name and value tell.

    Tokens for scripts, preferences, and what counts visitors or directs traffic are not. A
    random value under a name that says nothing is; `at_login` also under a device's name.
    """
    name, value = cookie.name, cookie.value.strip('"')
    if _FOR_SCRIPTS.search(name) or not value:
        return False
    if _JWT.fullmatch(value):
        return True
    bare = re.sub(r"^__(?:secure|host)-", "", name, flags=re.I)
    if any(kind.search(bare) for kind in (_LOGIN_FLOW, _COUNTS_VISITORS, _DIRECTS_TRAFFIC)):
        return False
    words = [word.lower() for word in _WORDS.findall(bare)]
    if _ASIDE.intersection(words) and words[-1] not in _LAST:
        return False
    if _SESSION.search(bare):
        return not _FLAG.fullmatch(value)
    if _DEVICE.intersection(words) and not at_login:
        return False
    return _is_random(value)


def _is_random(value: str) -> bool:
    if value.startswith(("eyJ", "%7B", "%5B", "http")) or _DATE.match(value):
        return False
    return bool(_TOKEN.fullmatch(value)) and len(_CHANGES.findall(value)) >= 4
