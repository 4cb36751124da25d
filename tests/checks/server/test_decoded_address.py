import pytest

from checks.server.decoded_address import decoded_address


@pytest.mark.parametrize(
    "line",
    [
        "return 301 https://$host$uri;",
        "return 302 ${document_uri}/;",
        "return https://example.com$uri;",
        "rewrite ^ https://example.com$uri;",
        "rewrite ^/a $uri/b permanent;",
        'add_header X-Path "at $uri";',
        "proxy_pass http://backend$uri$is_args$args;",
    ],
)
def test_the_decoded_address_going_out_is_found(server, line: str) -> None:
    assert server(decoded_address, f"listen 80;\n{line}") == [3]


@pytest.mark.parametrize(
    "line",
    [
        "return 301 https://$host$request_uri;",
        "return 404 $uri;",
        "try_files $uri $uri/ /index.html;",
        "rewrite ^/a $uri/b last;",
        "proxy_pass http://backend$uri_checked;",
        "# return 301 https://$host$uri;",
    ],
)
def test_other_uses_are_left_alone(server, line: str) -> None:
    assert server(decoded_address, line) == []
