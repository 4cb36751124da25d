import datetime

import pytest
from certificates import DAY, Authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as some

from scanner.site.certificate_facts import Facts, faults, is_named, read

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
DER = serialization.Encoding.DER


@pytest.fixture(scope="module")
def der(tmp_path_factory) -> bytes:
    path = Authority(tmp_path_factory.mktemp("authority")).issue(["a.example", "127.0.0.1"])
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(DER)


def signed(key, **usual) -> bytes:
    name = x509.Name([])
    made = (
        x509.CertificateBuilder()
        .subject_name(usual.get("subject", name))
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
    )
    return made.sign(key, hashes.SHA256()).public_bytes(DER)


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("a.example", ["a.example"]),
        ("a.example", ["b.example", "A.Example."]),
        ("a.b.example", ["*.b.example"]),
        ("127.0.0.1", ["IP:127.0.0.1"]),
        ("::1", ["IP:::1"]),
        ("0:0:0:0:0:0:0:1", ["IP:::1"]),
        ("localhost", ["localhost"]),
        ("xn--bcher-kva.example", ["xn--bcher-kva.example"]),
    ],
)
def test_names_that_a_browser_takes(host, names):
    assert is_named(host, names)


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("a.example", []),
        ("a.example", [""]),
        ("a.example", ["b.example"]),
        ("b.example", ["*.b.example"]),
        ("x.a.b.example", ["*.b.example"]),
        ("a.example", ["*.example"]),
        ("a.example", ["*"]),
        ("ab.c.example", ["a*.c.example"]),
        ("a.b.example", ["a.*.example"]),
        ("127.0.0.1", ["127.0.0.1"]),
        ("127.0.0.1", ["*.0.0.1"]),
        ("localhost", ["*"]),
    ],
)
def test_names_that_a_browser_does_not_take(host, names):
    assert not is_named(host, names)


def test_what_a_certificate_says_of_itself(der):
    facts = read(der)

    assert facts.names == ("a.example", "IP:127.0.0.1")
    assert (facts.subject, facts.issuer) == ("CN=a server", "CN=test authority")
    assert (facts.weakness, facts.unread) == ("", ())


def test_a_common_name_is_no_name(tmp_path):
    path = Authority(tmp_path).issue([])

    facts = read(x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(DER))

    assert facts.names == ()
    assert "no name at all" in next(iter(faults(facts, "a server", facts.not_before + DAY))).says


def test_weak_keys_and_signatures():
    strong = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a")])
    sha256, sha1 = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    by_another = signed(strong, subject=subject)

    assert read(by_another).weakness == ""
    assert read(by_another.replace(sha256, sha1)).weakness == "signed with SHA1"
    assert read(signed(strong).replace(sha256, sha1)).weakness == ""  # its own word counts nothing
    assert "192 bits" in read(signed(ec.generate_private_key(ec.SECP192R1()))).weakness


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        (-400, -1, ["expired"]),
        (1, 90, ["not-yet-valid"]),
        (-80, 10, ["expires-soon"]),
        (-70, 20, []),
        (-1, 5, []),
        (-5, 1, ["expires-soon"]),
    ],
)
def test_the_dates_of_a_certificate(first, last, names):
    facts = Facts(names=("a.example",), not_before=NOW + first * DAY, not_after=NOW + last * DAY)

    assert [fault.name for fault in faults(facts, "a.example", NOW)] == names


def test_the_last_day_of_the_calendar_is_far_away():
    for_ever = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
    facts = Facts(names=("a.example",), not_before=NOW - DAY, not_after=for_ever)

    assert list(faults(facts, "a.example", NOW)) == []


@given(some.data())
def test_broken_bytes_are_said_and_never_raise(der, data):
    broken = bytearray(der)
    for at in data.draw(some.lists(some.integers(0, len(der) - 1), max_size=4)):
        broken[at] = data.draw(some.integers(0, 255))

    facts = read(bytes(broken[: data.draw(some.integers(0, len(der)))]))

    assert all(fault.says for fault in faults(facts, "a.example", NOW))


def test_what_is_no_certificate_has_no_faults_but_is_said():
    facts = read(b"nonsense")

    assert facts.unread[0].startswith("the certificate can't be read")
    assert list(faults(facts, "a.example", NOW)) == []
