"""Where a host name leads: resolved once per scan, judged before anything is sent."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Addresses at which clouds answer a machine's own credentials to whoever asks. They are not
# all link-local: Alibaba's and AWS's IPv6 ones look like ordinary private addresses.
_METADATA = {ipaddress.ip_address(text) for text in ("100.100.100.200", "fd00:ec2::254")}


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
        answers = await asyncio.get_running_loop().getaddrinfo(bare, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unresolved(f"the name {host} could not be resolved ({reason})") from None
    found = {ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers}
    return tuple(sorted(found, key=lambda address: (address.version, int(address))))


def is_loopback(addresses: tuple[IPAddress, ...]) -> bool:
    """Whether every address is this machine's own."""
    return bool(addresses) and all(_plain(address).is_loopback for address in addresses)


def is_forbidden(address: IPAddress) -> bool:
    """Link-local and metadata addresses: a scan of them reads a machine's own credentials."""
    address = _plain(address)
    return address.is_link_local or address in _METADATA or address.is_multicast


def _plain(address: IPAddress) -> IPAddress:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
