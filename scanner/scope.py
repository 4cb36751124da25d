"""What may be asked of whom: the user's scope, decided for one request at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from scanner.model import Probes
from scanner.targets import Scope as Rules
from scanner.targets import Target, looks_dangerous, named_exactly, out_of_scope

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORT = {"http": 80, "https": 443}
_DESTROYS = frozenset(
    {"logout", "signout", "logoff", "delete", "remove", "drop", "destroy", "purge", "reset"}
)
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")
LEVELS: dict[Probes, int] = {"passive": 0, "active": 1, "deep": 2}


class Origin(NamedTuple):
    """Scheme, host and port (RFC 6454), lower case, the port always named."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of an absolute URL. Raises ValueError when it has none."""
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
        if scheme not in _DEFAULT_PORT or not host:
            raise ValueError(f"{url!r} is not an http or https address")
        return cls(scheme, host, parts.port or _DEFAULT_PORT[scheme])

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORT[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


class Pass(NamedTuple):
    """What a request carries to the gate: who sends it, and how far that may go.

    `declared` requests are written in the targets file (logins); `tastes_limits` says that a
    429 is data to the check, so that the pace does not back off for it.
    """

    check: str
    probes: Probes = "passive"
    identity: str = ""
    disposable: bool = False
    declared: bool = False
    tastes_limits: bool = False


@dataclass(frozen=True)
class Scope:
    """The scope of one target. `level` is the most that profile and authorization allow."""

    target: Target
    origin: Origin
    level: Probes

    @classmethod
    def of(cls, target: Target, level: Probes) -> Scope:
        return cls(target, Origin.of(target.url), level)

    @property
    def origins(self) -> frozenset[Origin]:
        """The target's own origin and the further ones that the user named to be scanned."""
        return _origins(self.origin, self.target.scope.hosts)

    @property
    def login_origins(self) -> frozenset[Origin]:
        """Where logging in may lead. A password that travels by https does not go out by http."""
        schemes, hosts = {"https", self.origin.scheme}, self.target.scope.login_hosts
        return frozenset(Origin.of(f"{scheme}://{host}") for scheme in schemes for host in hosts)

    @property
    def plain_origin(self) -> Origin | None:
        """Where plain http is asked to redirect: `plain_url`, or port 80 of an https target."""
        if self.target.plain_url:
            return Origin.of(self.target.plain_url)
        if self.origin == Origin("https", self.origin.host, 443):
            return Origin("http", self.origin.host, 80)
        return None

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that a request may go to, the target's own first."""
        plain = (self.plain_origin,) if self.plain_origin else ()
        further = (*sorted(self.origins), *sorted(self.login_origins), *plain)
        return tuple(dict.fromkeys(origin.host for origin in (self.origin, *further)))

    def refusal(self, method: str, origin: Origin, path: str, by: Pass) -> str:
        """Why the gate does not let this request out, or an empty string.

        `path` is the raw request target: path and query, exactly as it would be sent.
        """
        if origin not in self.origins and not self._is_exception(method, origin, by):
            return f"{origin} is out of scope"
        if LEVELS[by.probes] > LEVELS[self.level]:
            return f"{by.probes} probes are not allowed here"
        if by.probes == "passive" and not by.declared:
            if method not in SAFE_METHODS:
                return f"{method} needs an active check"
            if _UNPRINTABLE.search(path):
                return "a request line with white space in it needs an active check"
        method = method.upper()  # some servers do not mind the case, so neither does `never`
        if by.declared:
            return out_of_scope(self._anywhere(exclude=()), method, path)
        rules = self.target.scope if origin == self.origin else self._anywhere()
        return out_of_scope(rules, method, path) or self._danger(method, path, by)

    def _is_exception(self, method: str, origin: Origin, by: Pass) -> bool:
        if by.declared and origin in self.login_origins:
            return True
        return method == "HEAD" and origin == self.plain_origin

    def _anywhere(self, **changes: object) -> Rules:
        """The user's rules without `include`, which is about the target's own origin only."""
        return self.target.scope.model_copy(update={"include": ("/**",), **changes})

    def _danger(self, method: str, path: str, by: Pass) -> str:
        """Why a request that looks as if it changed something is left out.

        Requests that read must not change anything, unless the user names the path or chose the
        profile deep; never for an account that the user wants to keep.
        """
        bare, _, query = path.partition("?")
        word = looks_dangerous(bare, query)
        if not word or method == "OPTIONS":
            return ""
        keeps = bool(by.identity) and not by.disposable
        if method not in SAFE_METHODS:
            harm = keeps and word in _DESTROYS
            return f"{method} looks as if it would {word}" if harm else ""
        if keeps:
            return f"it looks as if it would {word}, and {by.identity} is not disposable"
        if self.level == "deep" or named_exactly(self.target.scope, path):
            return ""
        return f"it looks as if it would {word}"


@lru_cache(maxsize=64)
def _origins(own: Origin, hosts: tuple[str, ...]) -> frozenset[Origin]:
    return frozenset({own, *(Origin.of(f"{own.scheme}://{host}") for host in hosts)})
