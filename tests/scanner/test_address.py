"""Where host names lead, and what is never scanned."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from scanning import live_check, run_of, scanned

from scanner.address import Unresolved, is_forbidden, is_loopback, resolve

METADATA = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fe80::1",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "224.0.0.1",
]


@pytest.mark.parametrize("address", METADATA)
def test_link_local_and_metadata_addresses_are_forbidden(address: str) -> None:
    assert is_forbidden(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "8.8.8.8", "fd00::1"])
def test_ordinary_addresses_are_not(address: str) -> None:
    assert not is_forbidden(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["2852039166", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe", "169.254.43518", "0251.0376.169.254"],
)
async def test_numbers_are_judged_as_the_addresses_they_stand_for(host: str) -> None:
    assert await resolve(host) == (ipaddress.ip_address("169.254.169.254"),)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
async def test_loopback_is_this_machine_only(host: str) -> None:
    assert is_loopback(await resolve(host))


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1"])
async def test_what_a_router_may_send_elsewhere_is_not_loopback(host: str) -> None:
    assert not is_loopback(await resolve(host))


def test_a_host_that_leads_to_both_is_not_loopback() -> None:
    assert not is_loopback((ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("10.0.0.1")))
    assert not is_loopback(())


@pytest.mark.parametrize("host", ["no-such-name.invalid", "", "a" * 64, "x\0y", "\udcff"])
async def test_what_leads_nowhere_says_so(host: str) -> None:
    with pytest.raises(Unresolved, match="could not be resolved"):
        await resolve(host)


async def _look(site):
    await site.get("/")
    return
    yield


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254",
        "http://[::ffff:169.254.169.254]",
        "http://2852039166",
        "http://0xa9fea9fe/",
        "http://[fe80::1]",
    ],
)
def test_a_target_at_such_an_address_is_refused(url: str) -> None:
    report = scanned([live_check("room/look", _look)], {"url": url, "profile": "pr"})

    assert "leads to a link-local or metadata address" in run_of(report, "room/look").reason
    assert report.targets[0].requests == 0
    assert report.exit_code == 3


def names(monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[list[str]]]) -> list[str]:
    """A name server that answers each time with the next of `answers`; gives what was asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host, port, *args, **kwargs):
        if host not in answers:
            return real(host, port, *args, **kwargs)
        asked.append(host)
        turn = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port or 0)) for ip in turn]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize("place", ["url", "hosts", "login_hosts", "plain_url"])
def test_a_name_that_leads_there_is_refused_wherever_it_stands(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, {"inner.example": [["169.254.169.254"]], "app.example": [["10.9.9.9"]]})
    target = {
        "url": {"url": "http://inner.example", "profile": "pr"},
        "hosts": {"url": "http://app.example", "scope": {"hosts": ["inner.example:81"]}},
        "login_hosts": {"url": "http://app.example", "scope": {"login_hosts": ["inner.example:1"]}},
        "plain_url": {"url": "https://app.example", "plain_url": "http://inner.example"},
    }[place]

    report = scanned([live_check("room/look", _look)], {**target, "profile": "pr"})

    assert "inner.example leads to a link-local" in run_of(report, "room/look").reason


def test_a_name_is_resolved_once_and_a_second_answer_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from loopback import serving

    with serving(lambda asked: "<p>home</p>") as server:
        asked = names(monkeypatch, {"turns.example": [["127.0.0.1"], ["10.9.9.9"]]})
        check = live_check("room/look", _look, probes="active")
        url = f"http://turns.example:{server.port}"
        report = scanned([check], {"url": url})

    assert run_of(report, "room/look").outcome.value == "passed"
    assert asked == ["turns.example"]


def test_a_further_host_off_loopback_needs_an_authorization_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names(monkeypatch, {"far.example": [["10.9.9.9"]]})
    target = {"url": "http://127.0.0.1:9", "scope": {"hosts": ["far.example"]}}

    report = scanned([live_check("room/look", _look, probes="active")], target)

    assert "need the target's authorization" in run_of(report, "room/look").reason
