import pytest

from checks.server.open_proxy import open_proxy


@pytest.mark.parametrize(
    "address",
    ["$arg_url", "http://$arg_host/x", "https://${http_x_target}", "http://$cookie_node:80"],
)
def test_a_host_that_the_request_names_is_found(server, address: str) -> None:
    assert server(open_proxy, f"location /p/ {{\n  proxy_pass {address};\n}}") == [3]


@pytest.mark.parametrize(
    "line",
    [
        "proxy_pass http://backend;",
        "proxy_pass http://$backend;",
        "proxy_pass http://backend/$arg_page;",
        "proxy_pass http://backend$request_uri;",
        "proxy_set_header Host $http_host;",
    ],
)
def test_a_host_that_is_named_is_left_alone(server, line: str) -> None:
    assert server(open_proxy, line) == []
