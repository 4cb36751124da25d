from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import junit
from scanner.model import Report


def case(root: Element, name: str, subject: str) -> Element:
    (found,) = root.findall(f".//testcase[@name='{name}'][@classname='{subject}']")
    return found


def test_each_family_is_a_suite_and_each_check_a_case(sample_report: Report) -> None:
    root = fromstring(junit.render(sample_report))

    assert [suite.get("name") for suite in root] == [
        "code",
        "container",
        "dependencies",
        "live/api",
        "live/shop",
    ]
    assert case(root, "headers/hsts", "shop").get("classname") == "shop"
    assert len(case(root, "headers/hsts", "shop")) == 0


def test_findings_are_failures(sample_report: Report) -> None:
    root = fromstring(junit.render(sample_report))
    failure = case(root, "injection/sql", "shop").find("failure")

    assert failure is not None
    assert failure.get("type") == "critical"
    assert "GET http://shop.example/search?q=1" in (failure.text or "")
    assert "curl" in (failure.text or "")


def test_what_could_not_be_checked_is_an_error_with_what_mends_it(sample_report: Report) -> None:
    root = fromstring(junit.render(sample_report))
    error = case(root, "dependencies/python", "source").find("error")

    assert error is not None
    assert error.get("message") == "2 of 9 packages had no answer"
    assert error.text == "To mend it: pin acme-core or accept the gap"
    assert case(root, "dependencies/python (findings)", "source").find("failure") is not None


def test_no_case_has_two_results(sample_report: Report) -> None:
    root = fromstring(junit.render(sample_report))
    results = {"failure", "error", "skipped"}

    assert all(sum(one.tag in results for one in each) <= 1 for each in root.iter("testcase"))


@pytest.mark.parametrize(
    ("name", "subject", "reason"),
    [
        ("container/root", "source", "there is no Dockerfile"),
        ("limits/login", "shop", "not planned: the profile pr sends nothing active"),
        ("access/other-users-object", "shop", "the login of bob failed: 401 (accepted: bob's"),
    ],
)
def test_what_was_left_out_is_skipped_with_its_reason(
    sample_report: Report, name: str, subject: str, reason: str
) -> None:
    root = fromstring(junit.render(sample_report))
    skipped = case(root, name, subject).find("skipped")

    assert skipped is not None
    assert (skipped.get("message") or "").startswith(reason)


def test_a_suppressed_finding_is_no_failure_and_is_named(sample_report: Report) -> None:
    root = fromstring(junit.render(sample_report))
    csp = case(root, "headers/csp", "shop")

    failure = csp.find("failure")
    assert failure is not None
    assert failure.get("message") == "1 finding, the gravest medium"
    assert "SEC-142" in (csp.findtext("system-out") or "")


def test_the_numbers_add_up(sample_report: Report) -> None:
    root = fromstring(junit.render(sample_report))

    for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert root.get(attribute) == str(len(list(root.iter(tag))))
        for suite in root:
            assert suite.get(attribute) == str(len(list(suite.iter(tag))))
    assert root.get("tests") == str(len(list(root.iter("testcase"))))


@pytest.mark.parametrize("change", [{"interrupted": True}, {"runs": (), "not_planned": ()}])
def test_a_scan_that_did_not_happen_is_an_error(
    sample_report: Report, change: dict[str, object]
) -> None:
    root = fromstring(junit.render(replace(sample_report, **change)))  # type: ignore[arg-type]

    assert case(root, "scan", "wallwalk").find("error") is not None


def test_texts_from_outside_stay_texts(nasty: Report, sample_report: Report) -> None:
    text = junit.render(nasty)
    root = fromstring(text)

    assert len(list(root.iter("testcase"))) == 6
    allowed = {one.tag for one in fromstring(junit.render(sample_report)).iter()}
    assert {one.tag for one in root.iter()} <= allowed
    assert not [
        c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in "\n\t"
    ]
    text.encode()


@settings(deadline=None, max_examples=30)
@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_written(nasty_with: Callable[[str], Report], text: str) -> None:
    fromstring(junit.render(nasty_with(text)).encode())
