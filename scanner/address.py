"""Where a host name leads: resolved once per scan, judged before anything is sent."""

from __future__ import annotations

import ipaddress
import socket

from scanner.threads import in_thread

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Addresses at which clouds answer a machine's own credentials to whoever asks. They are not
# all link-local: some look like ordinary private or even public addresses.
_METADATA = {
    ipaddress.ip_address(text)
    for text in (
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # AWS
        "fd20:ce::254",  # Google
    )
}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class Unresolved(Exception):
    """A host name that leads nowhere, or where nothing may be sent; says so for a person."""


async def resolve(host: str) -> tuple[IPAddress, ...]:
    """Every address of `host`, IPv4 first (what a laptop and a runner can both reach).

    Raises Unresolved when there is none.
    """
    bare = host.strip("[]")
    try:
        return (ipaddress.ip_address(bare),)
    except ValueError:
        pass
    try:
        # An ASCII name goes to the resolver as it is: also `2852039166` and `0xa9fea9fe`, which
        # it reads as addresses, so that they are judged as what they lead to.
        answers = await in_thread(lambda: socket.getaddrinfo(bare, None, type=socket.SOCK_STREAM))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unresolved(f"the name {host} could not be resolved ({reason})") from None
    found = {ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers}
    return tuple(sorted(found, key=lambda address: (address.version, int(address))))


def is_loopback(addresses: tuple[IPAddress, ...]) -> bool:
    """Whether every address is this machine's own."""
    return bool(addresses) and all(_mapped(address).is_loopback for address in addresses)


def is_forbidden(address: IPAddress) -> bool:
    """Link-local and metadata addresses: a scan of them reads a machine's own credentials."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_forbidden(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour is not None:  # RFC 3056
            return is_forbidden(address.sixtofour)
    address = _mapped(address)
    return address.is_link_local or address in _METADATA or address.is_multicast


def _mapped(address: IPAddress) -> IPAddress:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
