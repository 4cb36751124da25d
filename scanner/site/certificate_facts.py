"""What a certificate says of itself, and what is wrong with that. Nothing is sent here."""

from __future__ import annotations

import datetime
import ipaddress
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from scanner.text import counted, one_line

T = TypeVar("T")

_BROKEN = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_SOON = datetime.timedelta(days=14)
_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `name` as in scanner.proof.BadCertificate, and a sentence."""

    name: str
    says: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What could be read. `names` are those of subjectAltName: nothing else counts (RFC 9525).

    `unread` says in words what could not be read.
    """

    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: datetime.datetime | None = None
    not_after: datetime.datetime | None = None
    weakness: str = ""
    unread: tuple[str, ...] = ()


def read(der: bytes) -> Facts:
    """The facts of a certificate; whatever is broken in it is left out and said."""
    unread: list[str] = []

    def part(what: str, get: Callable[[], T], otherwise: T) -> T:
        try:
            return get()
        except _BROKEN as error:
            unread.append(f"{what} can't be read: {one_line(str(error), 200)}")
        return otherwise

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what cryptography will refuse one day is still shown
        made = part("the certificate", lambda: x509.load_der_x509_certificate(der), None)
        if made is None:
            return Facts(unread=tuple(unread))
        return Facts(
            subject=part("its subject", lambda: made.subject.rfc4514_string(), ""),
            issuer=part("its issuer", lambda: made.issuer.rfc4514_string(), ""),
            names=part("its names", lambda: _names(made), ()),
            not_before=part("its first day", lambda: made.not_valid_before_utc, None),
            not_after=part("its last day", lambda: made.not_valid_after_utc, None),
            weakness=part("its key", lambda: _weakness(made), ""),
            unread=tuple(unread),
        )


def faults(facts: Facts, host: str, now: datetime.datetime) -> Iterator[Fault]:
    """What `facts` say that is wrong for `host` (ASCII) at the time `now`."""
    first, last = facts.not_before, facts.not_after
    if last and last < now:
        ago = counted((now - last).days, "day")
        yield Fault("expired", f"The certificate expired on {last:%Y-%m-%d}, {ago} ago.")
    elif last and first and last - now < min(_SOON, (last - first) / 4):
        left = counted((last - now).days, "day")
        yield Fault("expires-soon", f"The certificate expires in {left}, on {last:%Y-%m-%d}.")
    if first and first > now:
        yield Fault("not-yet-valid", f"The certificate is valid only from {first:%Y-%m-%d} on.")
    readable = not any(text.startswith(("its names", "the certificate")) for text in facts.unread)
    if readable and not is_named(host, facts.names):
        yield Fault("wrong-name", f"The certificate is for {_listed(facts.names)}, not for {host}.")
    if facts.weakness:
        yield Fault("weak", f"The certificate is weak: {facts.weakness}.")


def is_named(host: str, names: Sequence[str]) -> bool:
    """Whether a browser takes one of `names` for `host` (RFC 9525, 6.3).

    `*` stands for one whole label, the first, of a name with at least two more. An address
    must be listed as one, which `_names` writes as `IP:…`.
    """
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        wanted = host.lower().rstrip(".")
        parent = wanted.partition(".")[2]
        wildcard = f"*.{parent}" if "." in parent else ""
        return any(name.lower().rstrip(".") in (wanted, wildcard) for name in names if name)
    return f"IP:{address}" in names


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = found.get_values_for_type(x509.IPAddress)
    return (*found.get_values_for_type(x509.DNSName), *(f"IP:{one}" for one in addresses))


def _weakness(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        return f"an RSA key of {key.key_size} bits"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size < 224:
        return f"an elliptic key of {key.curve.key_size} bits"
    if isinstance(key, dsa.DSAPublicKey):
        return "a DSA key"
    signed_by_itself = certificate.subject == certificate.issuer
    if not signed_by_itself and isinstance(
        hash := certificate.signature_hash_algorithm, hashes.SHA1 | hashes.MD5
    ):
        return f"signed with {hash.name.upper()}"
    return ""


def _listed(names: Sequence[str]) -> str:
    shown = [one_line(name.removeprefix("IP:"), 100) for name in names[:_MOST_NAMES]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "") if shown else "no name at all"
