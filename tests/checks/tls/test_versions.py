import socket
import struct
import threading

from certificates import context

from checks.tls.versions import versions
from scanner.model import Outcome
from scanner.site.handshake import VERSIONS

ALERT_VERSION = bytes.fromhex("15 0301 0002 02 46")


def hello_page(_):
    return "<h1>hello</h1>"


def record(kind, content):
    return struct.pack("!BHH", kind, 0x0301, len(content)) + content


def flight(number, suite):
    """ServerHello and ServerHelloDone up to TLS 1.2, as one record each."""
    hello = struct.pack("!H", number) + bytes(32) + b"\0" + struct.pack("!HB", suite, 0)
    return record(22, b"\x02" + len(hello).to_bytes(3, "big") + hello) + record(22, b"\x0e\0\0\0")


def offered(sock):
    """The version that a ClientHello of ours offers."""
    head = sock.recv(5, socket.MSG_WAITALL)
    body = sock.recv(int.from_bytes(head[3:], "big"), socket.MSG_WAITALL)
    if b"\x00\x2b\x00\x03\x02\x03\x04" in body:
        return "TLSv1.3"
    return next(name for name, number in VERSIONS.items() if body[4:6] == struct.pack("!H", number))


def pump(source, sink):
    try:
        while data := source.recv(9_000):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


def test_each_old_version_is_a_finding_of_its_own(probe, certificate):
    run, _ = probe(versions, hello_page, tls=context(certificate, "TLSv1"), verify=False)

    assert run.outcome is Outcome.FAILED
    assert {(f.rule.id, f.about, f.message) for f in run.findings} == {
        ("tls/versions", "TLSv1.0", "The server accepts TLS 1.0."),
        ("tls/versions", "TLSv1.1", "The server accepts TLS 1.1."),
    }
    assert len({f.fingerprint for f in run.findings}) == 2
    (finding,) = (f for f in run.findings if f.about == "TLSv1.1")
    assert finding.confidence == "confirmed"
    assert finding.evidence[0].request == "ClientHello TLSv1.1"
    assert "--tlsv1.1 --tls-max 1.1" in finding.curl
    assert finding.where.url.endswith("/")


def test_today_s_versions_are_left_alone(probe, certificate):
    run, _ = probe(versions, hello_page, tls=context(certificate), verify=False)

    assert run.outcome is Outcome.PASSED
    assert run.notes == ()


def test_tls_1_2_alone_is_fine_and_said(probe, certificate):
    server = context(certificate, "TLSv1_2", "TLSv1_2")

    run, _ = probe(versions, hello_page, tls=server, verify=False)

    assert (run.outcome, run.notes) == (Outcome.PASSED, ("TLS 1.3 is not offered",))


def test_a_server_that_knows_nothing_newer_than_tls_1_1(probe, certificate):
    server = context(certificate, "TLSv1_1", "TLSv1_1")

    run, _ = probe(versions, hello_page, tls=server, verify=False)

    assert {(f.rule.id, f.message) for f in run.findings} == {
        ("tls/versions", "The server accepts TLS 1.1."),
        ("tls/versions/nothing-newer", "The server accepts nothing newer than TLS 1.1."),
    }
    assert run.outcome is Outcome.FAILED


def test_the_promised_minimum_counts(probe, certificate):
    old = context(certificate, "TLSv1_1")
    newest = context(certificate, "TLSv1_3")

    allowed, _ = probe(
        versions, hello_page, tls=old, verify=False, expect={"tls": {"minimum": "1.1"}}
    )
    broken, _ = probe(
        versions, hello_page, tls=old, verify=False, expect={"tls": {"minimum": "1.3"}}
    )
    kept, _ = probe(
        versions, hello_page, tls=newest, verify=False, expect={"tls": {"minimum": "1.3"}}
    )

    assert allowed.outcome is Outcome.PASSED
    assert [f.message for f in broken.findings] == [
        "The server accepts TLS 1.1, the minimum is TLS 1.3.",
        "The server accepts TLS 1.2, the minimum is TLS 1.3.",
    ]
    assert kept.outcome is Outcome.PASSED


def test_ssl_3_is_grave(probe_at, listening):
    def only_ssl_3(sock):
        accepts = offered(sock) == "SSLv3"
        sock.sendall(flight(0x0300, 0x0005) if accepts else ALERT_VERSION)

    run = probe_at(versions, listening(only_ssl_3))

    assert [f.rule.id for f in run.findings] == ["tls/versions/ssl3", "tls/versions/nothing-newer"]
    assert run.outcome is Outcome.FAILED


def test_a_plain_target_has_no_versions(probe):
    run, asked = probe(versions, hello_page)

    assert run.outcome is Outcome.NOT_APPLICABLE
    assert len(asked) == 1  # the start page, by the engine


def test_nothing_listens(probe_at):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    run = probe_at(versions, f"https://127.0.0.1:{port}")

    assert run.outcome is Outcome.INCOMPLETE
    assert "refused" in run.reason


def test_a_server_that_speaks_plain_http_is_incomplete(probe_at, listening):
    url = listening(lambda sock: sock.recv(9) and sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))

    run = probe_at(versions, url)

    assert run.outcome is Outcome.INCOMPLETE
    assert "speaks no TLS: it answered 'HTTP/'" in run.reason


def test_a_version_that_gets_no_answer_is_not_taken_for_refused(probe_at, listening):
    over = threading.Event()

    def silent_to_old(sock):
        version = offered(sock)
        if version in ("TLSv1.2", "TLSv1.1"):
            sock.sendall(flight(VERSIONS[version], 0xC014))
        elif version == "TLSv1.0":
            over.wait(10)
        else:
            sock.sendall(ALERT_VERSION)

    run = probe_at(versions, listening(silent_to_old), limits={"timeout": 1})
    over.set()

    assert run.outcome is Outcome.INCOMPLETE
    assert "TLSv1.0: the server did not answer" in run.reason
    assert [f.about for f in run.findings] == ["TLSv1.1"]


def test_a_server_that_only_hangs_up_proves_nothing(probe_at, listening):
    run = probe_at(versions, listening(offered))

    assert run.outcome is Outcome.INCOMPLETE
    assert "accepts no TLS version" in run.reason


def test_hanging_up_is_a_refusal_where_another_version_works(probe_at, listening):
    def as_windows_does(sock):
        if offered(sock) == "TLSv1.2":
            sock.sendall(flight(0x0303, 0xC02F))
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()  # which now sends a reset

    run = probe_at(versions, listening(as_windows_does))

    assert run.outcome is Outcome.PASSED


def test_an_old_version_is_found_though_it_hung_up_once(probe_at, listening):
    hung_up = set()

    def now_and_then(sock):
        version = offered(sock)
        if version in ("TLSv1.1", "TLSv1.2") and version in hung_up:
            sock.sendall(flight(VERSIONS[version], 0xC014))
        hung_up.add(version)

    run = probe_at(versions, listening(now_and_then))

    assert [f.about for f in run.findings] == ["TLSv1.1"]


def test_an_old_version_that_fails_after_the_server_hello_is_not_accepted(probe_at, listening):
    def chooses_and_fails(sock):
        version = offered(sock)
        whole = flight(VERSIONS[version], 0xC014)
        if version == "TLSv1.2":
            sock.sendall(whole)
        elif version == "TLSv1.1":
            sock.sendall(whole[:-9] + bytes.fromhex("15 0302 0002 02 50"))
        else:
            sock.sendall(ALERT_VERSION)

    run = probe_at(versions, listening(chooses_and_fails))

    assert run.outcome is Outcome.PASSED


def test_a_server_that_answers_every_hello_with_tls_1_2_accepts_that_alone(probe_at, listening):
    def stubborn(sock):
        offered(sock)
        sock.sendall(flight(0x0303, 0xC02F))

    run = probe_at(versions, listening(stubborn))

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_the_proxy_of_the_target_is_the_only_way(probe, listening, certificate):
    asked = []

    def proxy(sock):
        asked.append(sock.recv(9_000).split(b" ")[:2])
        port = int(asked[-1][1].rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port)) as server:
            sock.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=pump, args=(server, sock))
            back.start()
            pump(sock, server)
            back.join()

    through = listening(proxy).replace("https", "http")
    run, _ = probe(
        versions, hello_page, tls=context(certificate, "TLSv1_1"), proxy=through, verify=False
    )

    assert [f.about for f in run.findings] == ["TLSv1.1"]
    assert len(asked) == 1 + 5 + 1  # the start page, each version, the one found again
    assert {method for method, _ in asked} == {b"CONNECT"}


def test_a_proxy_that_gives_no_tunnel_is_incomplete(probe, listening, certificate):
    refuses = listening(lambda sock: sock.sendall(b"HTTP/1.1 407 Who are you\r\n\r\n"))

    run, _ = probe(
        versions, hello_page, tls=context(certificate), proxy=refuses.replace("https", "http")
    )

    assert run.outcome is Outcome.INCOMPLETE
    assert "proxy" in run.reason


def test_a_version_is_found_though_the_certificate_is_not_trusted(probe, certificate):
    run, asked = probe(versions, hello_page, tls=context(certificate, "TLSv1_1"), verify=True)

    assert [f.about for f in run.findings] == ["TLSv1.1"]
    assert asked == []
