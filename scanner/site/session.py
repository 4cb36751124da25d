"""The sessions of a target's identities: made when needed, kept alive, made anew when dead."""

from __future__ import annotations

import asyncio
import math
import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx

from scanner.contract import Incomplete, Skip
from scanner.gate import BudgetSpent, Refused
from scanner.proof import LogIn
from scanner.site.answer import seen
from scanner.site.cookies import Cookie
from scanner.site.login import Caller, LoginFailed, Session, missing_variables
from scanner.site.tokens import expiry
from scanner.targets import Login, matches

if TYPE_CHECKING:
    from scanner.site.deployment import Deployment
    from scanner.targets.login import SessionCheck

_MAX_REVIVALS = 5
_MAX_NEW_SECRETS = 50
_REDIRECTS = (301, 302, 303, 307, 308)
_LOGIN_PAGE = re.compile(r"(?:^|/)(?:log-?in|sign-?in|auth|session/new)(?:[./?]|$)", re.I)
_JWT = re.compile(r"ey[\w-]+\.[\w-]+\.[\w-]*")


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that an identity holds, and how it travels.

    `value` is the value of header `header` with `{token}` where the token stands; `check` is
    the configured request that proves a session, if there is one.
    """

    token: str
    header: str
    value: str
    check: SessionCheck | None

    @property
    def is_jwt(self) -> bool:
        """Whether it is a signed token that can be read (RFC 7519)."""
        return bool(_JWT.fullmatch(self.token))


@dataclass
class _Seat:
    """One identity at one login, for the length of a scan."""

    caller: Caller
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    session: Session | None = None
    stale: float = math.inf
    """When its token is about to expire, in seconds since the epoch."""
    failure: Incomplete | None = None
    revivals: int = 0
    served: set[str] = field(default_factory=set)
    """Paths that this session was let in to: a refusal there means that it died."""
    denied: set[tuple[str, int]] = field(default_factory=set)
    """Refusals that were not the session's fault: it was alive when they came."""
    spent: set[str] = field(default_factory=set)
    """Tokens and session cookies of its former sessions."""
    secrets: int = 0


class Sessions:
    """The sessions of all identities of one target."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._identities = deployment.target.identities
        self._logins = deployment.target.logins
        self._seats: dict[tuple[str, str], _Seat] = {}
        self.names: tuple[str, ...] = tuple(self._identities)

    def is_disposable(self, name: str) -> bool:
        """Whether `name` may be locked, logged out, changed or deleted."""
        return self._identities[name].disposable

    async def headers(self, name: str, line: str) -> tuple[tuple[str, str], ...]:
        """The header lines of the session of `name` for the request target `line`.

        Logs in when needed; empty where no login's `for` covers the path. Raises Incomplete
        when `name` cannot log in; the same failure is told again, not tried again.
        """
        seat = self._seat(name, line)
        if seat is None:
            return ()
        session = await self._entered(seat)
        return session.headers(self._deployment.gate.scope.origin.host, line)

    async def revive(self, name: str, line: str, response: httpx.Response) -> bool:
        """Look at an answer that `name` got for `line`; True means: ask again.

        Cookies that it sets join the session. When it looks as if the session had died and
        the login's `check` (without one: a path that let us in before) says so too, `name`
        logs in anew, a bounded number of times.
        """
        seat = self._seat(name, line)
        if seat is None:
            return False
        path = line.partition("?")[0]
        if not self._looks_dead(response, line):
            self._absorb(seat, line, response)
            if response.is_success:
                seat.served.add(path)
            return False
        if (path, response.status_code) in seat.denied:
            self._absorb(seat, line, response)
            return False
        async with seat.lock:
            if self._used_a_former_session(seat, response):
                return True
            if not await self._has_died(seat, path):
                seat.denied.add((path, response.status_code))
                self._absorb(seat, line, response)
                return False
            seat.spent.add(self._secret(seat.session))
            seat.session = None
            seat.revivals += 1
            if seat.revivals > _MAX_REVIVALS:
                seat.failure = Incomplete(
                    f"the session of {name} died {seat.revivals} times",
                    "exclude what ends it with scope.never, or make the identity disposable",
                )
        await self._entered(seat)
        return True

    async def token(self, name: str) -> str:
        """The bearer token of `name`, or the cookie that is one. Raises Skip without one."""
        return (await self.bearer(name)).token

    async def bearer(self, name: str) -> Bearer:
        """The token of `name` and how it travels, a signed one before others.

        Raises Skip when it has none.
        """
        if name not in self._identities:
            raise Skip(f"needs the identity {name} in the targets file")
        found: Bearer | None = None
        for seat in self._seats_of(name):
            bearer = self._held(seat, await self._entered(seat))
            if bearer is not None and bearer.is_jwt:
                return bearer
            found = found or bearer
        if found is None:
            raise Skip(f"the session of {name} holds no token")
        return found

    def _held(self, seat: _Seat, session: Session) -> Bearer | None:
        host = self._deployment.gate.scope.origin.host
        check = seat.caller.login.check if seat.caller.login else None
        if session.token:
            header, _, value = session.send_as.partition(":")
            return Bearer(session.token, header.strip(), value.strip(), check)
        cookies = [c for c in session.jar if c.goes_to(host, c.path)]
        if cookie := next((c for c in cookies if _JWT.fullmatch(c.value)), None):
            return Bearer(cookie.value, "Cookie", f"{cookie.name}={{token}}", check)
        return None

    async def logins(self, name: str) -> list[tuple[LogIn, httpx.Response]]:
        """The answers of the target that set cookies while `name` logged in, each with the
        step of a proof that sees it again. Raises Incomplete when `name` cannot log in."""
        sessions = [await self._entered(seat) for seat in self._seats_of(name)]
        answers = [_bare(answer) for session in sessions for answer in session.answers]
        return [(_step(name, answer), answer) for answer in answers]

    async def log_in_anew(self, step: LogIn) -> httpx.Response | None:
        """What `step` asks for: its answer in a fresh login, or None where there is none.

        Raises Incomplete when the login fails; the session before goes on then.
        """
        for seat in self._seats_of(step.identity):
            async with seat.lock:
                session = await self._sit_down(seat)
            for answer in reversed(session.answers):
                if _step(step.identity, answer) == step:
                    return _bare(answer)
        return None

    def credential(self, name: str, line: str) -> str:
        """The header that carries the session of `name`, with `{token}` for the secret."""
        seat = self._seat(name, line)
        if seat is None or seat.session is None:
            return ""
        if seat.session.token:
            return seat.session.send_as
        cookie = seat.session.jar.credential(self._deployment.gate.scope.origin.host)
        return f"Cookie: {cookie.name}={{token}}" if cookie else ""

    def cookies(self, name: str, line: str) -> tuple[Cookie, ...]:
        """The cookies that requests of `name` for `line` carry at present."""
        seat = self._seat(name, line)
        if seat is None or seat.session is None:
            return ()
        host, path = self._deployment.gate.scope.origin.host, line.partition("?")[0]
        return tuple(cookie for cookie in seat.session.jar if cookie.goes_to(host, path))

    def _seat(self, name: str, line: str) -> _Seat | None:
        """The login that serves `line` for `name`; None where none is meant to."""
        usable = self._usable(name)
        for login_name, login in usable.items():
            if login is None or any(matches(glob, line) for glob in login.paths):
                return self._sit(name, login_name, login)
        return None

    def _seats_of(self, name: str) -> list[_Seat]:
        return [self._sit(name, key, login) for key, login in self._usable(name).items()]

    def ways(self, name: str) -> dict[str, Caller]:
        """The ways in that the targets file gives `name`, by the login's name, each untried.

        Raises Incomplete where it gives none.
        """
        identity = self._identities[name]
        usable = self._usable(name).items()
        return {key: Caller(self._deployment, name, identity, login) for key, login in usable}

    async def enter(self, caller: Caller) -> Session:
        """One login, every way in which it can fail said as Incomplete."""
        names = caller.identity.missing + (caller.login.missing if caller.login else ())
        if names:
            raise missing_variables(caller.name, names)
        try:
            return (await caller.enter()).session
        except (LoginFailed, Refused, ValueError) as why:
            reason = str(why)
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
        mend = f"try `wallwalk login --target {caller.deployment.target.name}`"
        raise Incomplete(f"{caller.name} could not log in: {reason}", mend)

    def _sit(self, name: str, login_name: str, login: Login | None) -> _Seat:
        key = (name, login_name)
        if key not in self._seats:
            caller = Caller(self._deployment, name, self._identities[name], login)
            self._seats[key] = _Seat(caller)
        return self._seats[key]

    def _usable(self, name: str) -> dict[str, Login | None]:
        """The logins that fit what `name` has; a ready token needs none of them."""
        identity = self._identities[name]
        if identity.token is not None:
            kinds = {"bearer", "json"} if identity.username is None else {"bearer"}
        else:
            kinds = {"json", "form", "basic", "oauth2", "storage_state", "browser"}
        fits: dict[str, Login | None] = {
            key: login for key, login in self._logins.items() if login.kind in kinds
        }
        if fits:
            return fits
        if identity.token is not None:
            return {"": None}
        raise Incomplete(
            f"the targets file does not say how {name} logs in", "add a login to the targets file"
        )

    async def _entered(self, seat: _Seat) -> Session:
        async with seat.lock:
            if seat.failure is not None:
                raise Incomplete(str(seat.failure), seat.failure.mend)
            if seat.session is not None and time.time() < seat.stale:
                return seat.session
            try:
                return await self._sit_down(seat)
            except BudgetSpent:
                raise
            except Incomplete as why:
                seat.failure = why
                raise

    async def _sit_down(self, seat: _Seat) -> Session:
        """Log in; the new session takes the place of the one before, if there was one."""
        session = await self.enter(seat.caller)
        seat.spent.add(self._secret(seat.session))
        seat.session = session
        seat.stale = self._goes_stale(seat, session)
        seat.spent.discard(self._secret(session))
        return session

    def _goes_stale(self, seat: _Seat, session: Session) -> float:
        """Shortly before the session's token expires, so that no request carries a dead one."""
        held, now = self._held(seat, session), time.time()
        expires = expiry(held.token) if held and seat.caller.identity.token is None else None
        # Whose clock is behind ours makes tokens that look expired: a refusal tells, not we.
        if expires is None or expires <= now:
            return math.inf
        return expires - min(5.0, (expires - now) / 4)

    def _looks_dead(self, response: httpx.Response, line: str) -> bool:
        if response.status_code in (401, 403):
            return True
        location = response.headers.get("location", "")
        if response.status_code not in _REDIRECTS or not location:
            return False
        try:
            path = urlsplit(urljoin(f"http://here{line}", location)).path
        except ValueError:
            return False
        forms = [login.form for login in self._logins.values() if login.form]
        pages = {urlsplit(form.url).path for form in forms}
        return path in pages or bool(_LOGIN_PAGE.search(path))

    def _used_a_former_session(self, seat: _Seat, response: httpx.Response) -> bool:
        """Whether somebody else logged in anew since this request went out."""
        if seat.session is None:
            return True
        sent = b"\n".join(value for _, value in response.request.headers.raw)
        return any(
            spent and spent.encode("utf-8", "surrogateescape") in sent for spent in seat.spent
        )

    async def _has_died(self, seat: _Seat, path: str) -> bool:
        assert seat.session is not None  # noqa: S101  (the caller looked)
        if seat.caller.login is None or seat.caller.login.check is None:
            return path in seat.served
        try:
            return bool(await seat.caller.what_is_wrong(seat.session))
        except httpx.TransportError:
            return False

    def _secret(self, session: Session | None) -> str:
        """What a request of `session` carries and no other session's does."""
        if session is None or session.token:
            return session.token if session else ""
        cookie = session.jar.credential(self._deployment.gate.scope.origin.host)
        return cookie.value if cookie else ""

    def _absorb(self, seat: _Seat, line: str, response: httpx.Response) -> None:
        origin = self._deployment.gate.scope.origin
        if seat.session is None or "set-cookie" not in response.headers:
            return
        fresh = seat.session.jar.absorb(origin.host, line, response)
        secret = [cookie.value for cookie in fresh if cookie.is_secret]
        if secret and seat.secrets < _MAX_NEW_SECRETS:
            seat.secrets += len(secret)
            self._deployment.masker.add(secret)


def _step(name: str, answer: httpx.Response) -> LogIn:
    return LogIn(name, answer.request.method, seen(answer).path.partition("?")[0])


def _bare(answer: httpx.Response) -> httpx.Response:
    """The answer without what was sent for it: its body or its query held the password."""
    sight = seen(answer)
    path, url = sight.path.partition("?")[0], sight.url.partition("?")[0]
    answer.extensions["seen"] = replace(sight, path=path, url=url, body="")
    return answer
