import pytest

from checks.server.autoindex import autoindex


def test_a_list_of_a_folder_is_found(server) -> None:
    assert server(autoindex, "location /a/ {\n  autoindex on;\n}") == [3]


@pytest.mark.parametrize(
    "lines",
    [
        "autoindex off;",
        "autoindex_exact_size on;",
        "# autoindex on;",
        "location /a/ { autoindex on; auth_basic x; }",
        "auth_request /who; location /a/ { autoindex on; }",
        "location /a/ { autoindex on; allow 10.0.0.0/8; deny all; }",
    ],
)
def test_no_list_and_a_guarded_one_are_left_alone(server, lines: str) -> None:
    assert server(autoindex, lines) == []
