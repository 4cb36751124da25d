"""A live target as a check sees it: `send` and `get` are all the network there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import httpx

from scanner.contract import Skip
from scanner.gate import Refused
from scanner.scope import Origin, Pass
from scanner.site.answer import Seen
from scanner.text import one_line

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from contextlib import AbstractAsyncContextManager

    from scanner.proof import LogIn
    from scanner.site.certificate import Judgement
    from scanner.site.deployment import Deployment
    from scanner.site.hello import HelloAnswer
    from scanner.site.surface import Endpoint
    from scanner.targets import Target

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Site:
    """One target, asked by one check as one identity (nobody, unless `acting_as`).

    Nothing follows redirects and nothing remembers cookies but an identity's own session.
    """

    deployment: Deployment
    by: Pass

    @property
    def name(self) -> str:
        return self.deployment.target.name

    @property
    def target(self) -> Target:
        """The target's settings, as the targets file has them."""
        return self.deployment.target

    @property
    def origin(self) -> Origin:
        return self.deployment.gate.scope.origin

    @property
    def identities(self) -> tuple[str, ...]:
        """The names of those who can log in, in the order of the targets file."""
        return self.deployment.sessions.names

    @property
    def identity(self) -> str:
        return self.by.identity

    def acting_as(self, name: str) -> Site:
        """The same site with the session of `name`; "" is nobody.

        Raises Skip when the targets file has no such identity.
        """
        if name and name not in self.identities:
            raise Skip(f"needs the identity {name} in the targets file")
        disposable = bool(name) and self.deployment.sessions.is_disposable(name)
        return replace(self, by=self.by._replace(identity=name, disposable=disposable))

    def tasting_limits(self) -> Site:
        """The same site with 429 as data: the pace does not back off for these requests."""
        return replace(self, by=self.by._replace(tastes_limits=True))

    async def get(self, path: str = "/", *, headers: Headers = ()) -> httpx.Response:
        """GET `path` (see `send`)."""
        return await self.send("GET", path, headers=headers)

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Headers = (),
        body: str | bytes = b"",
        exact: bool = False,
    ) -> httpx.Response:
        """Send one request through the gate and return its whole answer.

        `path` is a path with its query, or an absolute URL in scope. Characters that cannot
        stand in a request line are percent-encoded, unless `exact` sends them byte for byte.
        Raises Refused, Incomplete (budget, login) and httpx.TransportError.
        """
        origin, raw = self._locate(path)
        line = raw if exact else quote(raw, safe="/?[]@!$&'()*+,;=:%-._~")
        # A session goes to its own target's origin only, never to further hosts in scope.
        deployment, identity = self.deployment, self.by.identity if origin == self.origin else ""
        for attempt in (1, 2):
            session = await deployment.sessions.headers(identity, line) if identity else ()
            request = deployment.request(method, origin, line, (*session, *headers), body)
            response = await deployment.gate.send(request, origin, line, self.by)
            if not identity or attempt == 2:
                break
            if not await deployment.sessions.revive(identity, line, response):
                break
        text = body if isinstance(body, str) else body.decode("utf-8", "surrogateescape")
        url = f"{origin}{line}"
        where = line if origin == self.origin else url
        response.extensions["seen"] = Seen(self.name, identity, url, where, tuple(headers), text)
        return response

    def refusal(self, method: str, path: str) -> str:
        """Why `send` would not let this request out, or an empty string."""
        origin, raw = self._locate(path)
        return self.deployment.gate.scope.refusal(method, origin, raw, self.by)

    def _locate(self, path: str) -> tuple[Origin, str]:
        if path.startswith("/") or path == "*":
            return self.origin, path
        try:
            origin, parts = Origin.of(path), urlsplit(path)
        except ValueError as why:
            raise Refused(f"{one_line(path)} is out of scope: {why}") from None
        raw = path.partition("://")[2][len(parts.netloc) :].partition("#")[0]
        return origin, raw if raw.startswith("/") else f"/{raw}"

    async def pages(self) -> AsyncIterator[httpx.Response]:
        """Every answer of the crawl, replayed from the spool.

        For nobody these are the pages of the anonymous crawl and then those of the first
        identity that can log in; `seen(page).identity` says whose a page is.
        """
        for who in self._crawlers:
            surface = await self.deployment.surface(self.by.check, who)
            for page in surface.pages():
                yield page

    async def endpoints(self) -> tuple[Endpoint, ...]:
        """Everything that can be asked, as far as the same crawls have seen."""
        found: list[Endpoint] = []
        for who in self._crawlers:
            found += (await self.deployment.surface(self.by.check, who)).endpoints
        return tuple(found)

    async def logins(self) -> list[tuple[LogIn, httpx.Response]]:
        """The answers that set cookies while the identity of `pages` logged in, each with the
        step of a proof that sees it again. Raises Incomplete when it cannot log in."""
        logins = [await self.deployment.sessions.logins(who) for who in self._crawlers if who]
        return [login for one in logins for login in one]

    @property
    def _crawlers(self) -> tuple[str, ...]:
        return (self.identity,) if self.identity else ("", *self.identities[:1])

    async def hello(self, version: str) -> HelloAnswer:
        """One ClientHello that offers only `version` (`SSLv3`, `TLSv1.0` … `TLSv1.3`).

        An unclear answer (a connection that just ends) is asked for once more.
        """
        from scanner.site.hello import hello

        for _ in range(2):
            async with self._connection() as streams:
                answer = await hello(
                    streams,
                    version,
                    server_name=self.deployment.server_name,
                    limit=self.target.limits.timeout,
                )
            if answer.kind != "unclear":
                break
        return answer

    async def certificate(self) -> Judgement:
        """The certificate that the target shows, judged by the configured trust."""
        from scanner.site.certificate import judge

        return await judge(
            self._connection,
            server_name=self.deployment.server_name,
            verify=self.target.verify,
            limit=self.target.limits.timeout,
        )

    def _connection(self) -> AbstractAsyncContextManager[tuple[StreamReader, StreamWriter]]:
        return self.deployment.gate.connection(self.deployment.connect, self.by)
