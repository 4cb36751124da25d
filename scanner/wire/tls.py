"""TLS as a client of the scanned server."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What a handshake agreed on: `version` as in `TLSv1.3`, the cipher suite's name, the ALPN
    protocol or None, and the server's certificate as DER (empty when it sent none)."""

    version: str
    cipher: str
    alpn: str | None
    certificate: bytes


def client_context(verify: bool | str) -> ssl.SSLContext:
    """The context of a Wire.

    `verify` is True (the certificates of httpx's bundle and of the system are trusted), False, or
    the path of a CA bundle or folder, which alone is trusted then. Raises OSError when the bundle
    can't be read.
    """
    if isinstance(verify, str):
        is_folder = Path(verify).is_dir()
        context = ssl.create_default_context(
            cafile=None if is_folder else verify, capath=verify if is_folder else None
        )
    else:
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        if verify:
            context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    return context


def facts_of(transport: asyncio.BaseTransport) -> TlsFacts | None:
    """What was agreed on for a connected transport; None when it is plain."""
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return None
    cipher = tls.cipher()
    return TlsFacts(
        version=tls.version() or "",
        cipher=cipher[0] if cipher else "",
        alpn=tls.selected_alpn_protocol(),
        certificate=tls.getpeercert(binary_form=True) or b"",
    )


def why(error: OSError | ValueError) -> str:
    """A failed handshake or connection in words for a person."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or str(error)).replace("_", " ").lower()
        return f"the TLS handshake failed: {reason}"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error).lower() or "the connection ended during the handshake"
