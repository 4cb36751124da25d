"""One login of one identity, from the credentials in the targets file to a live session."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from scanner.contract import Incomplete
from scanner.gate import Refused
from scanner.scope import SAFE_METHODS, Origin, Pass
from scanner.site.answer import Seen
from scanner.site.cookies import Jar
from scanner.site.json_path import found_at
from scanner.site.login_form import find_form, has_password_field
from scanner.targets import (
    Identity,
    Login,
    MissingVariables,
    looks_dangerous,
    out_of_scope,
    revealed,
)
from scanner.text import one_line

if TYPE_CHECKING:
    from scanner.site.deployment import Deployment

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_HOPS = 10
_MAX_ANSWERS = 10
_HOLE = re.compile(r"\{(username|password|totp)\}")
_BEARER = "Authorization: Bearer {token}"
_LOGIN = Pass("login", declared=True)


class LoginFailed(Exception):
    """The application did not let the identity in; says what was asked and what it answered.

    `answer` is the response that decided it, where there was one.
    """

    def __init__(self, reason: str, answer: httpx.Response | None = None) -> None:
        super().__init__(reason)
        self.answer = answer


@dataclass
class Session:
    """What a login left behind: cookies, and perhaps a token with the header that carries it."""

    jar: Jar = field(default_factory=Jar)
    token: str = ""
    send_as: str = ""
    answers: list[httpx.Response] = field(default_factory=list)
    """The answers of the target while logging in that set cookies, the last few."""

    def headers(self, host: str, line: str) -> tuple[tuple[str, str], ...]:
        """The header lines that carry the session in a request for `line` on `host`."""
        found: list[tuple[str, str]] = []
        if cookies := self.jar.header(host, line):
            found.append(("Cookie", cookies))
        if self.token:
            name, _, value = self.send_as.partition(":")
            found.append((name.strip(), value.strip().replace("{token}", self.token)))
        return tuple(found)


@dataclass(frozen=True)
class Entered:
    """A login that worked: the session, and the answer to the credentials if any were sent."""

    session: Session
    answer: httpx.Response | None = None


@dataclass(frozen=True)
class Caller:
    """Somebody at the door: an identity with the way in that the targets file names.

    `steps` collects what was asked and answered, a line each.
    """

    deployment: Deployment
    name: str
    identity: Identity
    login: Login | None
    by: Pass = _LOGIN
    steps: list[str] = field(default_factory=list, compare=False, repr=False)

    async def enter(self) -> Entered:
        """Log in and prove by `check` that it worked.

        Raises LoginFailed, Incomplete (a missing variable, a way that is not built) and
        httpx's transport errors.
        """
        session = Session()
        answer: httpx.Response | None = None
        match self.login.kind if self.login else "bearer":
            case "json" if self.identity.token is None:
                answer = await self._by_json(session)
            case "form":
                answer = await self._by_form(session)
            case "bearer" | "json":
                self._by_token(session)
            case kind:
                raise Incomplete(
                    f"{self.name} cannot log in: logins by {kind} are not built yet",
                    "use json, form or bearer, or accept it in accepted_incomplete",
                )
        if why := await self.what_is_wrong(session):
            raise LoginFailed(why, answer)
        return Entered(session, answer)

    async def what_is_wrong(self, session: Session) -> str:
        """Why `session` is not alive or not this identity's, by `check`; empty when it is."""
        check = self.login.check if self.login else None
        if check is None:
            return ""
        origin, line = self._located(check.url)
        response = await self._ask(session, "GET", origin, line)
        asked = f"the check GET {one_line(check.url)}"
        if response.status_code != check.status:
            return f"{asked} answered {response.status_code} instead of {check.status}"
        wanted = self._put(check.contains or "")
        if wanted not in response.text:
            return f"{asked} does not contain {wanted!r}"
        return ""

    async def _by_json(self, session: Session) -> httpx.Response:
        how = self.login.json_ if self.login else None
        assert how is not None  # noqa: S101  (its kind is json)
        body = json.dumps(self._filled(how.body))
        headers = (("Content-Type", "application/json"), ("Accept", "application/json, */*"))
        origin, line = self._located(how.url)
        response = await self._ask(session, "POST", origin, line, headers, body)
        said = f"POST {one_line(how.url)} answered {response.status_code}"
        if response.status_code >= 400:
            raise LoginFailed(said, response)
        if how.token is None:
            if not session.jar:
                raise LoginFailed(f"{said} without a cookie, and `token` is not set", response)
            return response
        token = found_at(how.token, response.text)
        if not token:
            raise LoginFailed(f"{said} without a token at {how.token}", response)
        self._keep_token(session, token, how.send_as)
        return response

    async def _by_form(self, session: Session) -> httpx.Response:
        how = self.login.form if self.login else None
        assert how is not None  # noqa: S101  (its kind is form)
        fields = {key: str(value) for key, value in self._filled(how.fields).items()}
        page, url = await self._follow(session, *self._located(how.url))
        if page.status_code >= 400:
            raise LoginFailed(f"GET {one_line(how.url)} answered {page.status_code}", page)
        form = find_form(page.text, url, fields)
        if form is None:
            names = ", ".join(fields)
            raise LoginFailed(f"the page {one_line(how.url)} has no form with {names}", page)
        body = urlencode(form.filled(fields))
        origin, line = self._located(form.action)
        if not self._may_have_credentials(origin):
            raise LoginFailed(f"its form sends the password to {origin}, which is out of scope")
        headers: tuple[tuple[str, str], ...] = (("Referer", url),)
        if form.method == "GET":
            line, body = f"{line.partition('?')[0]}?{body}", ""
        else:
            headers += (("Content-Type", "application/x-www-form-urlencoded"),)
            headers += (("Origin", str(Origin.of(url))),)
        response = await self._ask(session, form.method, origin, line, headers, body)
        path = line.partition("?")[0]
        said = f"{form.method} {one_line(path)} answered {response.status_code}"
        answer, _ = await self._end_of(session, response, origin, line)
        if answer.status_code >= 400 and response.status_code not in _REDIRECTS:
            raise LoginFailed(said, response)
        if not session.jar:
            raise LoginFailed(f"{said} and set no cookie", response)
        no_check = self.login is None or self.login.check is None
        if no_check and has_password_field(answer.text):
            raise LoginFailed(f"{said} and the login form came back", response)
        return response

    def _by_token(self, session: Session) -> None:
        if self.identity.token is None:
            raise Incomplete(
                f"{self.name} cannot log in: it has no token for the login by bearer",
                f"add identities.{self.name}.token to the targets file",
            )
        how = self.login.bearer or self.login.json_ if self.login else None
        token = self._revealed(self.identity.token)
        self._keep_token(session, token, how.send_as if how else _BEARER)

    def _keep_token(self, session: Session, token: str, send_as: str) -> None:
        if not (token.isascii() and token.isprintable()):
            raise LoginFailed("its token cannot stand in a header")
        session.token, session.send_as = token, send_as
        self.deployment.masker.add([token])

    async def _follow(
        self, session: Session, origin: Origin, line: str
    ) -> tuple[httpx.Response, str]:
        response = await self._ask(session, "GET", origin, line)
        return await self._end_of(session, response, origin, line)

    async def _end_of(
        self, session: Session, response: httpx.Response, origin: Origin, line: str
    ) -> tuple[httpx.Response, str]:
        """Follow redirects by hand, as far as the scope goes; the last answer and its URL.

        A redirect is the application's word, not the user's: what the targets file excludes
        and what looks as if it changes something is not followed.
        """
        for _ in range(_MAX_HOPS):
            url = f"{origin}{line}"
            location = response.headers.get("location", "")
            if response.status_code not in _REDIRECTS or not location:
                return response, url
            try:
                there, path = self._located(urljoin(url, location))
            except ValueError:
                return response, url
            own = there == self.deployment.gate.scope.origin
            refusal = own and out_of_scope(self.deployment.target.scope, "GET", path)
            if refusal or looks_dangerous(*path.partition("?")[::2]):
                return response, url
            # 307 and 308 ask for the same POST again; a login that needs that is not one that
            # a browser's user ever sees, and credentials are not sent about on a server's word.
            try:
                response = await self._ask(session, "GET", there, path)
            except Refused:
                return response, url
            origin, line = there, path
        return response, f"{origin}{line}"

    async def _ask(
        self,
        session: Session,
        method: str,
        origin: Origin,
        line: str,
        headers: tuple[tuple[str, str], ...] = (),
        body: str = "",
    ) -> httpx.Response:
        gate = self.deployment.gate
        carried: tuple[tuple[str, str], ...] = ()
        if self._may_have_credentials(origin):
            carried = session.headers(origin.host, line)
        elif method not in SAFE_METHODS:
            raise LoginFailed(f"{origin} is neither the target nor in scope.login_hosts")
        request = self.deployment.request(method, origin, line, (*carried, *headers), body)
        response = await gate.send(request, origin, line, self.by)
        where = line if origin == gate.scope.origin else f"{origin}{line}"
        self.steps.append(_step(method, where, response))
        response.extensions["seen"] = Seen(
            self.deployment.target.name, "", f"{origin}{line}", where, headers, body
        )
        if origin == gate.scope.origin and "set-cookie" in response.headers:
            session.answers = [*session.answers, response][-_MAX_ANSWERS:]
        fresh = session.jar.absorb(origin.host, line, response)
        self.deployment.masker.add(
            c.value for c in fresh if c.is_secret and c.value != self.identity.username
        )
        return response

    def _may_have_credentials(self, origin: Origin) -> bool:
        scope = self.deployment.gate.scope
        return origin == scope.origin or origin in scope.login_origins

    def _located(self, url: str) -> tuple[Origin, str]:
        """Origin and raw request target of a path or an absolute URL; raises ValueError."""
        if url.startswith("/") and not url.startswith("//"):
            return self.deployment.gate.scope.origin, url
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Origin.of(url), path

    def _filled(self, body: dict[str, Any]) -> dict[str, Any]:
        filled = self._walk(self._revealed(body))
        assert isinstance(filled, dict)  # noqa: S101
        return filled

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._put(value)
        if isinstance(value, dict):
            return {key: self._walk(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._walk(item) for item in value]
        return value

    def _put(self, text: str) -> str:
        return _HOLE.sub(lambda match: self._value(match[1]), text)

    def _value(self, hole: str) -> str:
        if hole == "username":
            return self.identity.username or self.name
        if hole == "password" and self.identity.password is not None:
            return str(self._revealed(self.identity.password))
        mend = f"add identities.{self.name}.{hole} to the targets file"
        if hole == "totp":
            mend = "log in without a second factor, or accept it in accepted_incomplete"
        raise Incomplete(f"{self.name} cannot log in: it has no {hole}", mend)

    def _revealed(self, value: Any) -> Any:
        try:
            return revealed(value)
        except MissingVariables as missing:
            raise missing_variables(self.name, missing.names) from None


def missing_variables(name: str, variables: tuple[str, ...]) -> Incomplete:
    """What to say when the credentials of `name` are not there."""
    verb = "is" if len(variables) == 1 else "are"
    return Incomplete(
        f"{name} cannot log in: {', '.join(variables)} {verb} not set",
        f"set {', '.join(variables)} in the environment",
    )


def _step(method: str, where: str, response: httpx.Response) -> str:
    """One request and its answer, without anything that is a credential."""
    asked = one_line(where.partition("?")[0])
    said = f"{method} {asked} answered {response.status_code}"
    if 300 <= response.status_code < 400 and "location" in response.headers:
        said += f", to {one_line(response.headers['location'].partition('?')[0], 100)}"
    names = [line.partition("=")[0].strip() for line in response.headers.get_list("set-cookie")]
    return f"{said}, sets {one_line(', '.join(names), 100)}" if names else said
