import pytest

from checks.server.alias_traversal import alias_traversal


@pytest.mark.parametrize("location", ["/static", "^~ /static", '"/a b"'])
def test_an_alias_that_leads_out_is_found(server, location: str) -> None:
    found = server(alias_traversal, f"location {location} {{\n  alias /srv/static/;\n}}")

    assert found == [3]


@pytest.mark.parametrize(
    "line",
    [
        "location /static/ { alias /srv/static/; }",
        "location /static { alias /srv/static; }",
        "location = /static { alias /srv/static/; }",
        "location ~ ^/s/(.*)x { alias /srv/static/; }",
        "location /static { root /srv/static/; }",
    ],
)
def test_one_that_does_not_is_left_alone(server, line: str) -> None:
    assert server(alias_traversal, line) == []
