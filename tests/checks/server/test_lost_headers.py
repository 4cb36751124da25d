import pytest

from checks.server.lost_headers import lost_headers

OUTER = "add_header X-Frame-Options DENY always;\n"


def test_headers_that_an_inner_block_drops_are_found(server) -> None:
    found = server(lost_headers, OUTER + "location /a/ {\n  add_header Cache-Control x;\n}")

    assert found == [4]


def test_what_stands_between_counts(server) -> None:
    lines = OUTER + "location / {\nif ($x) {\nadd_header X-A b;\n}\n}"

    assert server(lost_headers, lines) == [5]


@pytest.mark.parametrize(
    "inner",
    [
        "location /a/ { expires 1d; }",
        "location /a/ { add_header x-frame-options DENY; add_header Cache-Control x; }",
        "location /a/ { include headers.conf; add_header Cache-Control x; }",
        "location /a/ { add_header_inherit merge; add_header Cache-Control x; }",
    ],
)
def test_blocks_that_keep_them_are_left_alone(server, inner: str) -> None:
    assert server(lost_headers, OUTER + inner) == []


def test_headers_that_guard_nothing_may_be_lost(server) -> None:
    lines = "add_header X-Served-By a; location /a/ { add_header Cache-Control x; }"

    assert server(lost_headers, lines) == []
