"""Certificates for tests, made when they are needed, and server contexts with them."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PEM = serialization.Encoding.PEM
DAY = datetime.timedelta(days=1)


class Authority:
    """Signs certificates. `bundle` is the PEM file for those who shall trust it.

    Without `issuer` it has signed itself; an authority below another one is an intermediate.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "test authority",
        issuer: Authority | None = None,
        to: int = 30,
    ) -> None:
        self.folder, self.name = folder, name_of(name)
        self.key = ec.generate_private_key(ec.SECP256R1())
        above = issuer or self
        self.certificate = (
            blank(self.name, above.name, self.key.public_key(), -1, to)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
            .sign(above.key, hashes.SHA256())
        )
        self.bundle = folder / f"{name.replace(' ', '-')}.pem"
        self.bundle.write_bytes(self.certificate.public_bytes(PEM))

    def issue(
        self,
        names: Sequence[str] = ("127.0.0.1",),
        *,
        days: tuple[int, int] = (-10, 80),
        key: Any = None,
        chain: Sequence[Authority] = (),
        extra: x509.ExtensionType | None = None,
    ) -> Path:
        """A PEM file with key, certificate and `chain`, valid for `days` from today, with the extension `extra`."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        made = (
            blank(name_of("a server"), self.name, key.public_key(), *days)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False
            )
        )
        if names:
            made = made.add_extension(
                x509.SubjectAlternativeName([listed(n) for n in names]), False
            )
        if extra:
            made = made.add_extension(extra, critical=False)
        secret = key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        whole = made.sign(self.key, hashes.SHA256()).public_bytes(PEM)
        path = self.folder / f"server-{x509.random_serial_number()}.pem"
        path.write_bytes(
            secret + whole + b"".join(one.certificate.public_bytes(PEM) for one in chain)
        )
        return path


def context(
    certificate: Path,
    oldest: str = "TLSv1_2",
    newest: str = "MAXIMUM_SUPPORTED",
    ciphers: str = "",
) -> ssl.SSLContext:
    """A server's context. Versions are names of ssl.TLSVersion; old ones are really spoken."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = ssl.TLSVersion[oldest]
        made.maximum_version = ssl.TLSVersion[newest]
    old = oldest in ("TLSv1", "TLSv1_1")
    made.set_ciphers(ciphers or ("ALL:!aNULL:@SECLEVEL=0" if old else "DEFAULT:@SECLEVEL=0"))
    made.load_cert_chain(certificate)
    return made


def name_of(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def listed(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def blank(
    subject: x509.Name, issuer: x509.Name, key: Any, first: int, last: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    end = datetime.datetime(9999, 12, 31, 23, 59, 59) if last > 100_000 else now + last * DAY
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + first * DAY)
        .not_valid_after(end)
    )
