import socket
import ssl

from certificates import Authority, context
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from loopback import serving
from scanning import scanned

from checks.headers.nosniff import nosniff
from checks.tls.certificate import certificate
from checks.tls.versions import versions
from scanner.model import Outcome


def hello_page(_):
    return "<h1>hello</h1>"


def found(run):
    return {(finding.rule.id, finding.about) for finding in run.findings}


def test_a_good_certificate_is_left_alone(probe, authority):
    tls = context(authority.issue())

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert (run.outcome, run.findings, run.notes) == (Outcome.PASSED, (), ())


def test_an_unknown_authority_is_not_trusted(probe, authority):
    run, asked = probe(certificate, hello_page, tls=context(authority.issue()))

    assert found(run) == {("tls/certificate", "untrusted")}
    (finding,) = run.findings
    assert finding.message.startswith("The certificate is not trusted: ")
    assert finding.confidence == "confirmed"
    assert "issuer: CN=test authority" in finding.evidence[0].response
    assert run.outcome is Outcome.FAILED
    assert asked == []


def test_a_certificate_that_signed_itself_is_not_trusted(probe, authority, tmp_path):
    itself = Authority(tmp_path, "127.0.0.1")
    secret = itself.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = tmp_path / "both.pem"
    pem.write_bytes(secret + itself.bundle.read_bytes())

    run, _ = probe(certificate, hello_page, tls=context(pem), verify=str(authority.bundle))

    (finding,) = (f for f in run.findings if f.about == "untrusted")
    assert "self-signed" in finding.message.replace("self signed", "self-signed")


def test_without_verification_trust_is_not_claimed_but_said(probe, authority):
    run, _ = probe(certificate, hello_page, tls=context(authority.issue()), verify=False)

    assert run.outcome is Outcome.PASSED
    assert run.notes == ("whether the certificate is trusted was not asked (verify: false)",)


def test_an_expired_certificate(probe, authority):
    tls = context(authority.issue(days=(-30, -2)))

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert found(run) == {("tls/certificate", "expired")}
    assert "2 days ago" in run.findings[0].message


def test_an_expired_certificate_is_said_without_verification_too(probe, authority):
    tls = context(authority.issue(days=(-30, -2)))

    run, _ = probe(certificate, hello_page, tls=tls, verify=False)

    assert found(run) == {("tls/certificate", "expired")}


def test_one_that_is_expired_and_untrusted_is_both(probe, authority, tmp_path):
    other = Authority(tmp_path, "another authority")
    tls = context(authority.issue(days=(-30, -2)))

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(other.bundle))

    assert found(run) == {("tls/certificate", "expired"), ("tls/certificate", "untrusted")}
    assert len({f.fingerprint for f in run.findings}) == 2


def test_an_expired_link_of_the_chain_is_expired(probe, authority, tmp_path):
    middle = Authority(tmp_path, "a link", issuer=authority, to=0)
    tls = context(middle.issue(chain=[middle]))

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert found(run) == {("tls/certificate", "expired")}
    assert "of the chain" in run.findings[0].message


def test_the_chain_that_the_server_sends_is_used(probe, authority, tmp_path):
    middle = Authority(tmp_path, "a link", issuer=authority)
    whole, bare = context(middle.issue(chain=[middle])), context(middle.issue())

    with_it, _ = probe(certificate, hello_page, tls=whole, verify=str(authority.bundle))
    without_it, _ = probe(certificate, hello_page, tls=bare, verify=str(authority.bundle))

    assert with_it.outcome is Outcome.PASSED
    assert found(without_it) == {("tls/certificate", "untrusted")}


def test_one_that_is_not_valid_yet(probe, authority):
    tls = context(authority.issue(days=(2, 20)))

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert found(run) == {("tls/certificate", "not-yet-valid")}


def test_the_name_of_another_host(probe, authority):
    tls = context(authority.issue(["a.example", "*.b.example"]))

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert found(run) == {("tls/certificate", "wrong-name")}
    assert run.findings[0].message == (
        "The certificate is for a.example, *.b.example, not for 127.0.0.1."
    )


def test_one_that_ends_soon_is_a_lesser_finding(probe, authority):
    tls = context(authority.issue(days=(-80, 5)))

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert found(run) == {("tls/certificate/expires-soon", "expires-soon")}
    assert "expires in 4 days" in run.findings[0].message


def test_a_short_life_is_not_soon_over_from_its_first_day(probe, authority):
    tls = context(authority.issue(days=(-1, 5)))

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert run.outcome is Outcome.PASSED


def test_a_certificate_for_ever(probe, authority):
    tls = context(authority.issue(days=(-1, 10**6)))

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert run.outcome is Outcome.PASSED


def test_a_short_key_is_weak(probe, authority):
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    tls = context(authority.issue(key=short))

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert found(run) == {("tls/certificate/weak", "weak")}
    assert "RSA key of 1024 bits" in run.findings[0].message


def test_an_old_server_shows_its_certificate_too(probe, authority):
    tls = context(authority.issue(["a.example"]), "TLSv1", "TLSv1")

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert found(run) == {("tls/certificate", "wrong-name")}


def test_names_that_cannot_be_read_are_incomplete_and_no_wrong_name(probe, authority):
    broken = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, b"0\x04\x82\x02\xff\xfe")
    tls = context(authority.issue([], extra=broken))

    run, _ = probe(certificate, hello_page, tls=tls, verify=False)

    assert run.outcome is Outcome.INCOMPLETE
    assert "its names can't be read" in run.reason
    assert run.findings == ()


def test_a_plain_target_has_no_certificate(probe):
    run, _ = probe(certificate, hello_page)

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_server_without_tls_is_incomplete(probe_at, listening):
    def plain(sock):
        sock.recv(9)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        sock.recv(9_000)

    run = probe_at(certificate, listening(plain))

    assert run.outcome is Outcome.INCOMPLETE
    assert "no certificate was shown" in run.reason


def test_a_server_that_hangs_up_or_hangs_is_incomplete(probe_at, listening, authority):
    def shakes_once(sock):
        tls = context(authority.issue())
        if not first:
            first.append(True)
            tls.wrap_socket(sock, server_side=True)
        else:
            sock.recv(1)
            sock.settimeout(5)
            while sock.recv(9_000):
                pass

    first = []
    hung_up = probe_at(certificate, listening(lambda sock: sock.recv(9)))
    hung = probe_at(certificate, listening(shakes_once), limits={"timeout": 0.3})

    assert (hung_up.outcome, hung.outcome) == (Outcome.INCOMPLETE, Outcome.INCOMPLETE)
    assert "within 0.3 s" in hung.reason


def test_nothing_listens(probe_at):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    run = probe_at(certificate, f"https://127.0.0.1:{port}")

    assert run.outcome is Outcome.INCOMPLETE


def test_a_bundle_that_is_not_there_is_incomplete(probe, authority):
    run, _ = probe(
        certificate, hello_page, tls=context(authority.issue()), verify="/nowhere/ca.pem"
    )

    assert run.outcome is Outcome.INCOMPLETE
    assert "the CA bundle /nowhere/ca.pem can't be read" in run.reason


def test_a_client_certificate_that_is_asked_for_does_not_hide_the_server_s(probe, authority):
    tls = context(authority.issue(["a.example"]))
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(authority.bundle)

    run, _ = probe(certificate, hello_page, tls=tls, verify=str(authority.bundle))

    assert found(run) == {("tls/certificate", "wrong-name")}


def test_who_cannot_get_in_is_told_why_and_all_else_is_incomplete(authority):
    with serving(hello_page, tls=context(authority.issue())) as server:
        report = scanned([certificate, versions, nosniff], {"url": server.url})

    outcomes = {run.check: run.outcome for run in report.runs}
    assert outcomes == {
        "tls/certificate": Outcome.FAILED,
        "tls/versions": Outcome.PASSED,
        "headers/nosniff": Outcome.INCOMPLETE,
    }
    (unread,) = report.incomplete
    assert "the certificate is not accepted" in unread.reason
    assert "tls checks" in unread.mend
    assert server.asked == []
