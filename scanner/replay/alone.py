"""Runs one proof with httpx and the environment alone, without a gate, logins or a scan.

The test that `replay --pytest` writes carries this, and everything that it calls, as text
(scanner.replay.carried); nothing here may need what a carried function can't have.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import httpx

from scanner.proof import Forged, Hello, Hole, Number, Product, Proof, Request, Word
from scanner.site.answer import Seen
from scanner.site.expecting import Answer, Handshake, filled, holds, taken
from scanner.site.handshake import client_hello, listening
from scanner.site.proving import random_word
from scanner.site.tokens import forge

SECONDS = 10.0


@dataclass(frozen=True)
class Place:
    """Where a proof is run: the origin of the target, and how it is asked.

    `verify` is what the certificate is held against; `credential` the header that carries an
    identity's token, with `{token}` where it stands; `names` what the identities are called.
    """

    url: str
    verify: bool | str
    headers: Mapping[str, str]
    credential: str
    names: Sequence[str]


def failing(proof: Proof, place: Place) -> str:
    """The expectation that does not hold; an empty text when the flaw is there.

    Raises when a step could not be asked: that is neither a yes nor a no.
    """
    values: dict[str, str] = {}
    try:
        for hole in proof.holes:
            values[hole.name] = value_of(hole, values)
    except ValueError as why:  # a token that cannot be forged so any more: the flaw is gone
        return str(why)
    answers: list[Answer] = []
    with httpx.HTTPTransport(verify=trust(place.verify), trust_env=False) as wire:
        for step in proof.steps:
            if isinstance(step, Hello):
                answers.append(shake_hands(step, place))
                continue
            if not isinstance(step, Request):
                raise TypeError(f"{step} can't be taken")
            response = ask(wire, filled(step, values), place)
            for take in step.takes:
                values[take.name] = taken(take, response)
            answers.append(response)
    for expect in proof.expect:
        if not holds(expect, answers, values, [*place.names]):
            look_for_absence(answers)
            return repr(expect)
    return ""


def look_for_absence(answers: Sequence[Answer]) -> None:
    """Raise where the target was busy or away: a flaw that does not show then is not mended."""
    for answer in answers:
        if isinstance(answer, httpx.Response) and answer.status_code in (429, 502, 503, 504):
            raise RuntimeError(f"the target answered {answer.status_code}, which says nothing")


def value_of(hole: Hole, values: Mapping[str, str]) -> str:
    if isinstance(hole, Word):
        return random_word(hole.length)
    if isinstance(hole, Number):
        return str(10 ** (hole.digits - 1) + secrets.randbelow(9 * 10 ** (hole.digits - 1)))
    if isinstance(hole, Product):
        return str(int(values[hole.left]) * int(values[hole.right]))
    if isinstance(hole, Forged):
        return forge(token_of(hole.identity), hole.how)
    raise TypeError(f"{hole} can't be filled")


def variable_of(identity: str) -> str:
    return f"WALLWALK_{re.sub(r'[^A-Za-z0-9]', '_', identity).upper()}_TOKEN"


def token_of(identity: str) -> str:
    """The token of `identity`, or its cookie's value: no secret stands in the test."""
    variable = variable_of(identity)
    if not os.environ.get(variable):
        raise RuntimeError(f"set {variable} to a session of {identity}")
    return os.environ[variable]


def trust(verify: bool | str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def ask(wire: httpx.HTTPTransport, step: Request, place: Place) -> httpx.Response:
    """One request, its target as it is; nothing follows redirects or remembers cookies."""
    line = quote(step.target.removeprefix(place.url), safe="/?[]@!$&'()*+,;=:%-._~")
    headers = {"User-Agent": "wallwalk", "Accept": "*/*", **place.headers}
    own = {name.lower() for name, _ in step.headers}
    pairs = [pair for pair in headers.items() if pair[0].lower() not in own]
    if step.identity:
        name, _, value = place.credential.partition(":")
        pairs.append((name, value.strip().replace("{token}", token_of(step.identity))))
    request = httpx.Request(
        step.method,
        place.url,
        headers=[(as_bytes(name), as_bytes(value)) for name, value in (*pairs, *step.headers)],
        content=as_bytes(step.body) or None,
        extensions={
            "target": as_bytes(line),
            "timeout": {name: SECONDS for name in ("connect", "read", "write", "pool")},
        },
    )
    response = wire.handle_request(request)
    response.request = request
    response.read()
    sight = Seen("", step.identity, f"{place.url}{line}", line, step.headers, step.body)
    response.extensions["seen"] = sight
    return response


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def shake_hands(step: Hello, place: Place) -> Handshake:
    """Offer one TLS version; a connection that just ends is tried once more."""
    parts = urlsplit(place.url)
    host, port = parts.hostname or "", parts.port or 443
    for _ in range(2):
        ear = listening(step.version)
        wanted = next(ear)
        with socket.create_connection((host, port), timeout=SECONDS) as connection:
            connection.sendall(client_hello(step.version, host))
            try:
                while True:
                    wanted = ear.send(received(connection, wanted))
            except StopIteration as end:
                answer = end.value
        if answer.kind != "unclear":
            break
    if answer.kind == "foreign":
        raise RuntimeError(f"the server speaks no TLS: {answer.said}")
    return Handshake(("accepted" if answer.accepted else "refused",), answer.said)


def received(connection: socket.socket, wanted: int) -> bytes:
    """So many bytes, or fewer where the connection ends. Silence raises TimeoutError."""
    data = b""
    while len(data) < wanted:
        try:
            more = connection.recv(wanted - len(data))
        except ConnectionError:
            break
        if not more:
            break
        data += more
    return data
