"""One target while it is scanned: its gate, its sessions, its surface."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from importlib.metadata import version
from urllib.parse import urlsplit

import httpx

from scanner.address import IPAddress, Unresolved, is_forbidden, is_loopback, resolve
from scanner.contract import Incomplete, Skip
from scanner.gate import Gate, Refused
from scanner.masking import Masker
from scanner.model import Probes
from scanner.pace import Pace
from scanner.scope import Origin, Pass, Scope
from scanner.site.crawl import Surface, crawl
from scanner.site.session import Sessions
from scanner.site.site import Site
from scanner.site.surface import Routes
from scanner.site.tunnel import tunnel
from scanner.targets import MissingVariables, Secret, Target, revealed
from scanner.text import one_line
from scanner.wire import Wire
from scanner.wire.tls import why

_EVERYWHERE = [
    (b"User-Agent", f"wallwalk/{version('wallwalk')}".encode()),
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip, deflate, br"),
]
_NOT_THERE = "start the target, or correct its url"


class NoHandshake(Incomplete):
    """The server takes connections, and no TLS that the target's settings ask for came about."""


class Deployment:
    """Everything that the checks of one target share. Checks see it through `Site`."""

    def __init__(
        self, target: Target, gate: Gate, addresses: Sequence[str], masker: Masker
    ) -> None:
        self.target = target
        self.gate = gate
        self.masker = masker
        self._addresses = addresses
        self.sessions = Sessions(self)
        self._surfaces: dict[str, asyncio.Task[Surface]] = {}
        self._routes: Routes | None = None
        self._readers: defaultdict[str, set[str]] = defaultdict(set)
        self._headers = _headers(target, gate.scope)

    def site(self, check: str, probes: Probes = "passive") -> Site:
        """The target as `check` may see it, asked as nobody."""
        return Site(self, Pass(check, probes))

    def request(
        self,
        method: str,
        origin: Origin,
        line: str,
        headers: Sequence[tuple[str, str]],
        body: str | bytes,
    ) -> httpx.Request:
        """An httpx request whose target goes out exactly as `line` says.

        Headers of `headers` replace the default ones; several Cookie headers become one
        (RFC 6265, 5.4).
        """
        given = [(k.encode("latin-1"), v.encode("utf-8", "surrogateescape")) for k, v in headers]
        names = {name.lower() for name, _ in given}
        always = self._headers.get(origin, _EVERYWHERE)
        lines = [pair for pair in always if pair[0].lower() not in names]
        if cookies := [value for name, value in given if name.lower() == b"cookie"]:
            given = [pair for pair in given if pair[0].lower() != b"cookie"]
            given.append((b"Cookie", b"; ".join(cookies)))
        content = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
        target = line.encode("utf-8", "surrogateescape")
        return httpx.Request(
            method,
            _url(origin, line),
            headers=[*lines, *given],
            content=content or None,
            extensions={"target": target},
        )

    async def surface(self, check: str, identity: str) -> Surface:
        """The crawl as `identity`, made once however many checks ask."""
        self._readers[check].add(identity)
        if identity not in self._surfaces:
            site = self.site("crawl").acting_as(identity)
            self._surfaces[identity] = asyncio.create_task(crawl(site))
        try:
            return await asyncio.shield(self._surfaces[identity])
        except (Incomplete, Skip, httpx.TransportError):
            raise
        except Exception as error:
            said = f"the crawl broke: {type(error).__name__}: {one_line(str(error))}"
            raise Incomplete(said, "this is a defect of wallwalk: report it") from error

    @property
    def surfaces(self) -> dict[str, Surface]:
        """The crawls that are done, by identity."""
        return {
            identity: task.result()
            for identity, task in self._surfaces.items()
            if task.done() and not task.cancelled() and not task.exception()
        }

    async def explore(self) -> None:
        """Crawl as nobody and as the first identity, before the checks.

        A crawl that could not be made is told to the checks that read it, not here.
        """
        names = ("", *self.sessions.names[:1])
        await asyncio.gather(*(self.surface("crawl", n) for n in names), return_exceptions=True)

    def template(self, url: str) -> str:
        """The route template of a URL's path, as far as the crawls have learned it."""
        if self._routes is None:
            paths = [path for surface in self.surfaces.values() for path in surface.paths]
            self._routes = Routes(paths, self._declared_templates())
        return self._routes.template(urlsplit(url).path or "/")

    def _declared_templates(self) -> list[str]:
        owned = [path for who in self.target.identities.values() for path in who.owns]
        ruled = [rule.path for rule in self.target.access.rules] if self.target.access else []
        return [path.partition("?")[0] for path in (*owned, *ruled)]

    def shortfall(self, check: str) -> tuple[str, str] | None:
        """Why what `check` read of the surface is not all of it, and what mends it."""
        surfaces = self.surfaces
        reasons = (surfaces[who].cut for who in self._readers[check] if who in surfaces)
        cut = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
        return (cut, "raise limits.max_requests, or narrow the scope") if cut else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the crawls left out, each remark once."""
        remarks = (note for surface in self.surfaces.values() for note in surface.notes)
        return tuple(dict.fromkeys(remarks))

    @property
    def server_name(self) -> str:
        """The target's host as TLS writes it: ASCII, without a final dot."""
        return httpx.URL(str(self.gate.scope.origin)).raw_host.decode("ascii").rstrip(".")

    async def reach(self) -> None:
        """Ask for a start page once.

        Raises Incomplete when nothing answers; NoHandshake when it is TLS that stands between.
        """
        try:
            await self._ask_for_a_start_page()
        except httpx.ConnectError as error:
            if self.gate.scope.origin.scheme == "https" and await self._takes_connections():
                mend = "mend what the tls checks report; `verify` takes a private CA's bundle"
                raise NoHandshake(str(error), mend) from None
            raise Incomplete(str(error), _NOT_THERE) from None
        except httpx.TransportError as error:
            raise Incomplete(str(error), _NOT_THERE) from None

    async def _ask_for_a_start_page(self) -> None:
        refusals: list[str] = []
        for path in (*self.target.roots, *self.target.discover.seeds):
            try:
                await self.site("reach").get(path)
            except Refused as refused:
                refusals.append(f"the start page {path} may not be asked for: {refused}")
            else:
                return
        raise Incomplete(refusals[0], "name a start page in `roots` that the scope covers")

    async def _takes_connections(self) -> bool:
        try:
            async with self.gate.connection(self.connect, Pass("reach")):
                return True
        except Incomplete:
            return False

    async def connect(self) -> tuple[StreamReader, StreamWriter]:
        """A plain TCP connection to the pinned address, for handshakes of our own.

        Raises Incomplete when there is none.
        """
        origin, timeout = self.gate.scope.origin, self.target.limits.timeout
        try:
            async with asyncio.timeout(timeout):
                if self.target.proxy:
                    return await tunnel(self.target.proxy, origin)
                return await self._connected(origin.port)
        except TimeoutError:
            raise Incomplete(f"{origin}: no connection within {timeout:g} s", _NOT_THERE) from None
        except OSError as error:
            raise Incomplete(f"{origin}: {why(error)}", _NOT_THERE) from None

    async def _connected(self, port: int) -> tuple[StreamReader, StreamWriter]:
        *others, last = self._addresses
        for address in others:
            try:
                return await asyncio.open_connection(address, port)
            except OSError:
                continue
        return await asyncio.open_connection(last, port)

    async def aclose(self) -> None:
        for task in self._surfaces.values():
            task.cancel()
        await asyncio.gather(*self._surfaces.values(), return_exceptions=True)
        for surface in self.surfaces.values():
            surface.close()


@lru_cache(maxsize=2_048)
def _url(origin: Origin, line: str) -> httpx.URL:
    """Parsed once: crawl, checks and proofs ask for the same pages again and again."""
    try:
        return httpx.URL(f"{origin}{line}")
    except httpx.InvalidURL:
        # Longer or odder than httpx allows: the wire sends the request's `target` all the same.
        return httpx.URL(str(origin))


def _headers(target: Target, scope: Scope) -> dict[Origin, list[tuple[bytes, bytes]]]:
    """The headers that go out with every request, by origin.

    Those of the targets file go to the origins that are scanned. What a variable fills in is a
    credential, and goes to the target's own origin only.
    """
    try:
        revealed(target.headers)
    except MissingVariables as missing:
        raise Incomplete(f"headers: {missing}", "set the variable") from None
    found = {}
    for origin in scope.origins:
        given = {
            name: revealed(value)
            for name, value in target.headers.items()
            if origin == scope.origin or not isinstance(value, Secret)
        }
        names = {name.lower().encode() for name in given}
        found[origin] = [
            *(pair for pair in _EVERYWHERE if pair[0].lower() not in names),
            *((name.encode(), value.encode()) for name, value in given.items()),
        ]
    return found


@asynccontextmanager
async def deploy(
    target: Target,
    level: Probes,
    masker: Masker,
    resolved: Mapping[str, tuple[IPAddress, ...]] | None = None,
) -> AsyncIterator[Deployment]:
    """Open `target`: pin its hosts to their addresses, and put the gate above the wire.

    `level` is the most that may be sent. Hosts that are not in `resolved` are resolved here.
    Raises Incomplete when a host does not resolve or leads where nothing may be sent.
    """
    scope = Scope.of(target, level)
    pinned = await _pinned(scope, resolved or {})
    wire = Wire(
        addresses=pinned,
        verify=target.verify,
        timeout=target.limits.timeout,
        proxy=target.proxy,
    )
    pace = Pace(target.limits.rate, target.limits.concurrency)
    gate = Gate(scope, wire, pace, target.limits.max_requests)
    deployment = Deployment(target, gate, pinned.get(scope.origin.host, []), masker)
    try:
        yield deployment
    finally:
        await deployment.aclose()
        await wire.aclose()


async def _pinned(
    scope: Scope, resolved: Mapping[str, tuple[IPAddress, ...]]
) -> dict[str, list[str]]:
    pinned: dict[str, list[str]] = {}
    own_loopback = False
    for host in scope.hosts:
        try:
            addresses = resolved.get(host) or await resolve(host)
        except Unresolved as error:
            if scope.target.proxy:
                continue  # only the proxy may know the names behind it
            raise Incomplete(str(error), "correct the url, or the name server") from None
        own_loopback = own_loopback or (host == scope.origin.host and is_loopback(addresses))
        if any(is_forbidden(address) for address in addresses) and not own_loopback:
            raise Incomplete(
                f"{host} leads to a link-local or metadata address, where a scan would read this "
                "machine's own credentials",
                "name an address at which the application itself can be reached",
            )
        pinned[host] = [str(address) for address in addresses]
    return pinned
