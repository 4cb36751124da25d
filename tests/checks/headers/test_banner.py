"""`headers/banner`: headers that tell which version runs."""

from __future__ import annotations

import pytest

from checks.headers.banner import banner
from scanner import Outcome


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Server", "Apache/2.4.29 (Ubuntu)"),
        ("SERVER", "nginx/1.25"),
        ("Server", "Microsoft-IIS/10.0"),
        ("Server", "Phusion Passenger(R) 6.0.4"),
        ("Server", "Jetty(9.4.z-SNAPSHOT)"),
        ("Server", "OpenSSL1.1.1k"),
        ("Server", "Express/4"),
        ("X-Powered-By", "PHP/7.2.24"),
        ("X-Powered-By", "Servlet/3.1 JSP/2.3"),
        ("X-AspNet-Version", "4.0.30319"),
        ("X-AspNetMvc-Version", "5.2"),
        ("X-Jenkins", "2.401.1"),
    ],
)
def test_a_header_with_a_version_is_found(look, name: str, value: str) -> None:
    run = look(banner, (name, value))

    (finding,) = run.findings
    assert finding.rule.id == "headers/banner"
    assert finding.about == name.lower()
    assert value in finding.message
    assert finding.confidence == "confirmed"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Server", "nginx"),
        ("Server", "Apache"),
        ("Server", "cloudflare"),
        ("Server", "ECS (dcb/7F84)"),
        ("Server", "web-17"),
        ("Server", "HTTPServer2"),
        ("X-Powered-By", "Next.js"),
        ("X-Powered-By", "ASP.NET"),
        ("X-Powered-By", "coffee"),
        ("X-Generator", "Drupal 10 (https://www.drupal.org)"),
        ("X-Request-Id", "1.2.3"),
        ("Via", "1.1 varnish"),
        ("Age", "1.5"),
    ],
)
def test_a_name_without_a_version_is_left_alone(look, name: str, value: str) -> None:
    assert look(banner, (name, value)).outcome is Outcome.PASSED


def test_two_headers_are_two_findings_and_two_lines_of_one_are_one(look) -> None:
    headers = [("Server", "proxy"), ("Server", "nginx/1.25.3"), ("X-Powered-By", "PHP/8.2.1")]

    run = look(banner, *headers)

    assert sorted(finding.about for finding in run.findings) == ["server", "x-powered-by"]


def test_an_error_page_tells_too(look) -> None:
    assert len(look(banner, ("Server", "nginx/1.25.3"), status=500).findings) == 1


def test_a_target_that_does_not_answer_is_incomplete(probe) -> None:
    assert probe(banner, None)[0].outcome is Outcome.INCOMPLETE
