"""What one ClientHello draws, from real servers and from such as no library would be."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from contextlib import suppress

import pytest
from certificates import Authority, context
from hypothesis import given
from hypothesis import strategies as some

from scanner.contract import Incomplete
from scanner.site.handshake import VERSIONS, HelloAnswer, client_hello, listening
from scanner.site.hello import hello


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority")).issue(["a.example"])


async def asked(handle, version, name="a.example", limit=5.0) -> HelloAnswer:
    """What `hello` makes of a server whose connections `handle` serves in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                handle(connection)

        serving = asyncio.get_running_loop().run_in_executor(None, serve)
        streams = await asyncio.open_connection(*server.getsockname())
        try:
            return await hello(streams, version, server_name=name, limit=limit)
        finally:
            streams[1].close()
            await streams[1].wait_closed()
            await serving


def sends(*parts: bytes):
    def handle(connection):
        connection.recv(5)
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(9_000):
            pass

    return handle


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("!BHH", kind, 0x0301, len(content)) + content


def server_hello(version: str, suite: int, extensions: bytes = b"") -> bytes:
    body = struct.pack("!H", min(VERSIONS[version], 0x0303)) + bytes(32) + b"\x02ab"
    body += struct.pack("!HB", suite, 0)
    if extensions:
        body += struct.pack("!H", len(extensions)) + extensions
    return b"\x02" + len(body).to_bytes(3, "big") + body


DONE = b"\x0e\x00\x00\x00"


@pytest.mark.parametrize(
    ("oldest", "newest", "accepted"),
    [
        ("TLSv1", "TLSv1_3", ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]),
        ("TLSv1_1", "TLSv1_1", ["TLSv1.1"]),
        ("TLSv1_2", "TLSv1_2", ["TLSv1.2"]),
        ("TLSv1_3", "TLSv1_3", ["TLSv1.3"]),
    ],
)
async def test_openssl_is_read_right_for_each_version(certificate, oldest, newest, accepted):
    tls = context(certificate, oldest, newest)

    def shake_hands(connection):
        with tls.wrap_socket(connection, server_side=True):
            pass

    answers = {version: await asked(shake_hands, version) for version in VERSIONS}

    assert [version for version, answer in answers.items() if answer.accepted] == accepted
    assert {a.kind for a in answers.values()} <= {"accepted", "refused"}


async def test_a_server_that_wants_another_group_still_accepts_tls_1_3(certificate):
    tls = context(certificate, "TLSv1_3")
    tls.set_ecdh_curve("prime256v1")

    def shake_hands(connection):
        tls.wrap_socket(connection, server_side=True)

    assert (await asked(shake_hands, "TLSv1.3")).accepted


async def test_a_policy_that_fails_the_version_after_its_choice_refuses(certificate):
    tls = context(certificate, "TLSv1", ciphers="ALL:@SECLEVEL=1")

    def shake_hands(connection):
        tls.wrap_socket(connection, server_side=True)

    assert not (await asked(shake_hands, "TLSv1.1")).accepted


@pytest.mark.parametrize(("name", "sent"), [("a.example", "a.example"), ("127.0.0.1", None)])
async def test_names_are_sent_and_addresses_are_not(certificate, name, sent):
    tls = context(certificate)
    names = []
    tls.sni_callback = lambda _socket, name, _context: names.append(name)

    def shake_hands(connection):
        tls.wrap_socket(connection, server_side=True)

    await asked(shake_hands, "TLSv1.2", name)

    assert names == [sent]


@pytest.mark.parametrize("version", ["TLSv1.0", "TLSv1.2", "TLSv1.3"])
def test_openssl_can_read_our_hello_whatever_the_name(certificate, version):
    tls = context(certificate, "TLSv1")
    for name in ("a.b", "a" * 60 + ".example", ".".join(["a" * 60] * 4)):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        incoming.write(client_hello(version, name))
        with pytest.raises(ssl.SSLWantReadError):
            tls.wrap_bio(incoming, outgoing, server_side=True).do_handshake()


@pytest.mark.parametrize("version", VERSIONS)
def test_no_hello_has_a_length_at_which_old_balancers_hang_or_too_many_suites(version):
    for length in range(0, 250, 10):
        sent = client_hello(version, "a" * length)

        if version != "SSLv3":
            assert not 256 <= len(sent) - 5 < 512
        at = 5 + 4 + 2 + 32
        at += 1 + sent[at]
        assert int.from_bytes(sent[at : at + 2], "big") // 2 <= 128


async def test_an_answer_in_many_small_records_is_put_together():
    whole = server_hello("TLSv1.1", 0xC014) + b"\x0b\x00\x00\x03abc" + DONE
    parts = [record(22, whole[at : at + 3]) for at in range(0, len(whole), 3)]

    assert (await asked(sends(*parts), "TLSv1.1")).accepted


async def test_a_warning_is_no_refusal():
    unknown_name = record(21, b"\x01\x70")
    flight = record(22, server_hello("TLSv1.0", 0x0035) + DONE)

    assert (await asked(sends(unknown_name, flight), "TLSv1.0")).accepted


@pytest.mark.parametrize(("code", "kind"), [(70, "refused"), (40, "refused"), (80, "unclear")])
async def test_alerts_are_told_apart(code, kind):
    answer = await asked(sends(record(21, bytes([2, code]))), "TLSv1.0")

    assert answer.kind == kind
    assert answer.said.startswith("alert ")


async def test_an_older_version_than_offered_is_a_refusal():
    flight = record(22, server_hello("TLSv1.2", 0xC02F) + DONE)

    answer = await asked(sends(flight), "TLSv1.3")

    assert answer == HelloAnswer("refused", "it answered with TLSv1.2")


async def test_a_choice_of_tls_1_3_counts_where_the_extension_says_it():
    chosen = struct.pack("!HHH", 43, 2, 0x0304)

    named = await asked(sends(record(22, server_hello("TLSv1.3", 0x1301, chosen))), "TLSv1.3")
    unnamed = await asked(sends(record(22, server_hello("TLSv1.3", 0x1301))), "TLSv1.3")

    assert (named.kind, unnamed.kind) == ("accepted", "refused")


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"", "unclear"),
        (b"\x16\x03", "unclear"),
        (record(22, server_hello("TLSv1.1", 0xC014))[:-4], "unclear"),
        (record(22, server_hello("TLSv1.1", 0xC014)), "unclear"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "foreign"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "foreign"),
        (record(22, server_hello("TLSv1.1", 0xFFFF) + DONE), "foreign"),
        (record(22, b"\x02\x00\x00\x03abc"), "foreign"),
        (record(22, b"\x01\x00\x00\x00"), "foreign"),
        (record(23, b"data"), "foreign"),
        (b"\x16\x03\x01\xff\xff" + bytes(70_000), "foreign"),
        (record(22, bytes(16_000)) * 40, "foreign"),
    ],
)
async def test_what_is_no_answer_is_not_taken_for_one(sent, kind):
    assert (await asked(sends(sent), "TLSv1.1")).kind == kind


async def test_our_own_hello_sent_back_is_no_acceptance():
    def echo(connection):
        connection.sendall(connection.recv(4_096))

    assert (await asked(echo, "TLSv1.1")).kind == "foreign"


async def test_silence_is_incomplete():
    def silent(connection):
        while connection.recv(4_096):
            pass

    with pytest.raises(Incomplete, match=r"TLSv1\.0: the server did not answer"):
        await asked(silent, "TLSv1.0", limit=0.1)


@given(some.binary(max_size=400), some.sampled_from(list(VERSIONS)))
def test_any_bytes_end_in_an_answer(sent, version):
    for data in (sent, record(22, sent), record(22, server_hello(version, 0xC014) + sent)):
        ear, at = listening(version), 0
        wanted = next(ear)
        answer = None
        while answer is None:
            try:
                wanted = ear.send(data[at : (at := at + wanted)])
            except StopIteration as end:
                answer = end.value

        assert answer.kind in ("accepted", "refused", "unclear", "foreign")
