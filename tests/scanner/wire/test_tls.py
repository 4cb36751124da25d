"""TLS and proxies, with certificates that are made here."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scanner.wire import Wire


@dataclass(frozen=True)
class Certificate:
    path: Path
    der: bytes
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Certificate:
    """A self-signed certificate for shop.example and 127.0.0.1, and a server context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("shop.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return Certificate(path, made.public_bytes(serialization.Encoding.DER), context)


@pytest.fixture
async def trusting(certificate):
    """A wire that trusts the certificate and knows where its host is."""
    made = Wire(addresses={"shop.example": "127.0.0.1"}, verify=str(certificate.path), timeout=5)
    yield made
    await made.aclose()


async def get(wire: Wire, url: str, **rest: object) -> httpx.Response:
    return await wire.handle_async_request(httpx.Request("GET", url, **rest))


async def test_what_the_handshake_agreed_on_is_told(serve, answer, certificate, trusting):
    server = await serve(answer(b"secret"), tls=certificate.context)

    first = await get(trusting, f"https://shop.example:{server.port}/")
    second = await get(trusting, f"https://shop.example:{server.port}/")

    facts = first.extensions["tls"]
    assert first.content == second.content == b"secret"
    assert facts.version == "TLSv1.3"
    assert facts.cipher.startswith("TLS_")
    assert facts.alpn == "http/1.1"
    assert facts.certificate == certificate.der
    assert second.extensions["tls"] == facts
    assert server.connections == 1


async def test_plain_http_has_no_tls_facts(serve, answer, trusting):
    server = await serve(answer(b"open"))

    assert (await get(trusting, server.url)).extensions["tls"] is None


async def test_the_name_is_sent_to_the_server(serve, answer, certificate, trusting):
    names = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.path)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    server = await serve(answer(b"secret"), tls=context)

    await get(trusting, f"https://shop.example:{server.port}/")

    assert names == ["shop.example"]


async def test_an_unknown_certificate_is_refused_and_said(serve, answer, certificate, wire):
    server = await serve(answer(b"secret"), tls=certificate.context)

    with pytest.raises(httpx.ConnectError, match="certificate is not accepted: self-signed"):
        await get(wire, server.url)
    assert server.requests == []


async def test_a_certificate_for_another_name_is_refused(serve, answer, certificate):
    server = await serve(answer(b"secret"), tls=certificate.context)
    other = Wire(addresses={"other.example": "127.0.0.1"}, verify=str(certificate.path))

    with pytest.raises(httpx.ConnectError, match="certificate is not accepted: Hostname mismatch"):
        await get(other, f"https://other.example:{server.port}/")
    await other.aclose()


async def test_without_verification_any_certificate_will_do(serve, answer, certificate):
    server = await serve(answer(b"secret"), tls=certificate.context)
    blind = Wire(addresses={"other.example": "127.0.0.1"}, verify=False)

    response = await get(blind, f"https://other.example:{server.port}/")
    await blind.aclose()

    assert response.content == b"secret"
    assert response.extensions["tls"].certificate == certificate.der


async def test_a_missing_ca_bundle_is_said(serve, answer, certificate, tmp_path):
    server = await serve(answer(b"secret"), tls=certificate.context)
    lost = Wire(verify=str(tmp_path / "none.pem"))

    with pytest.raises(httpx.ConnectError, match=r"none\.pem can't be read"):
        await get(lost, server.url)
    await lost.aclose()


async def test_a_plain_server_is_no_tls_server(listen, answer, trusting):
    async def plain(reader, writer):
        await reader.read(100)
        writer.write(answer(b"no TLS here", status="400 Bad Request"))

    _, port = await listen(plain)

    with pytest.raises(httpx.ConnectError, match=f"127.0.0.1:{port}: the TLS handshake failed"):
        await get(trusting, f"https://127.0.0.1:{port}/")


async def test_a_handshake_that_hangs_is_a_connect_timeout(listen, trusting):
    async def hold(reader, writer):
        await asyncio.Event().wait()

    url = "https://{}:{}/".format(*await listen(hold))

    with pytest.raises(httpx.ConnectTimeout, match="no connection within"):
        await get(trusting, url, extensions={"timeout": {"connect": 0.1, "read": 5}})


async def test_a_body_that_ends_with_the_tls_connection_is_whole(
    serve, answer, certificate, trusting
):
    server = await serve(answer(b"all", sized=False), then="close", tls=certificate.context)

    assert (await get(trusting, server.url)).content == b"all"


async def test_a_server_that_hangs_up_without_a_tls_goodbye_is_understood(
    answer, certificate, trusting
):
    listener = socket.create_server(("127.0.0.1", 0))

    def rude() -> None:
        plain, _ = listener.accept()
        with certificate.context.wrap_socket(plain, server_side=True) as tls:
            tls.recv(10_000)
            tls.sendall(answer(b"all", sized=False))

    serving = asyncio.create_task(asyncio.to_thread(rude))
    response = await get(trusting, f"https://127.0.0.1:{listener.getsockname()[1]}/")
    await serving
    listener.close()

    assert response.content == b"all"


@dataclass
class Proxy:
    """Tunnels CONNECT to the port asked for on loopback, and answers plain requests itself."""

    heads: list[bytes]
    address: str = ""

    async def handle(self, reader, writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        method, target, _ = head.split(b" ", 2)
        if method != b"CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nvia")
            return
        port = int(target.rpartition(b":")[2])
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.fixture
async def proxy(listen) -> Proxy:
    made = Proxy([])
    made.address = "http://{}:{}".format(*await listen(made.handle))
    return made


async def test_https_goes_through_a_tunnel(serve, answer, certificate, proxy):
    server = await serve(answer(b"secret"), tls=certificate.context)
    own = Wire(proxy=proxy.address, verify=str(certificate.path))

    first = await get(own, f"https://shop.example:{server.port}/")
    await get(own, f"https://shop.example:{server.port}/")
    await own.aclose()

    assert first.content == b"secret"
    assert first.extensions["tls"].certificate == certificate.der
    place = f"shop.example:{server.port}".encode()
    assert proxy.heads == [b"CONNECT " + place + b" HTTP/1.1\r\nHost: " + place + b"\r\n\r\n"]
    assert server.requests[0].startswith(b"GET / HTTP/1.1")


async def test_http_goes_through_a_proxy_with_the_whole_url_and_its_password(proxy):
    own = Wire(proxy=proxy.address.replace("//", "//ann:p%40ss@"))

    response = await get(own, "http://shop.example/a?b")
    await own.aclose()

    pair = base64.b64encode(b"ann:p@ss")
    assert response.content == b"via"
    assert proxy.heads[0].startswith(
        b"GET http://shop.example:80/a?b HTTP/1.1\r\nProxy-Authorization: Basic " + pair + b"\r\n"
    )


async def test_a_certificate_is_checked_behind_a_proxy_too(serve, answer, certificate, proxy):
    server = await serve(answer(b"secret"), tls=certificate.context)
    own = Wire(proxy=proxy.address)

    with pytest.raises(httpx.ConnectError, match="certificate is not accepted"):
        await get(own, f"https://shop.example:{server.port}/")
    await own.aclose()

    assert server.requests == []


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        (b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "refused the tunnel with 407"),
        (b"", "gave no tunnel"),
        (b"nonsense", "gave no tunnel"),
    ],
)
async def test_a_proxy_that_gives_no_tunnel_is_named(serve, raw, note):
    bad = await serve(raw, then="close")
    own = Wire(proxy=bad.url)

    with pytest.raises(httpx.ProxyError, match=f"shop.example:443: the proxy {note}"):
        await get(own, "https://shop.example/")
    await own.aclose()


@pytest.mark.parametrize("address", ["socks5://127.0.0.1:1", "127.0.0.1:1", "https://x:1", "http:"])
def test_only_http_proxies_are_taken(address):
    with pytest.raises(ValueError, match="http://host:port"):
        Wire(proxy=address)
