import pytest

from checks.server.old_tls import old_tls


@pytest.mark.parametrize("version", ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"])
def test_an_old_version_is_found(server, version: str) -> None:
    assert server(old_tls, f"listen 443 ssl;\nssl_protocols {version} TLSv1.2;") == [3]


@pytest.mark.parametrize(
    "line",
    ["ssl_protocols TLSv1.2 TLSv1.3;", "# ssl_protocols TLSv1;", "proxy_ssl_protocols TLSv1;"],
)
def test_sound_versions_are_left_alone(server, line: str) -> None:
    assert server(old_tls, line) == []


def test_it_is_found_in_a_file_that_is_included(inspect) -> None:
    run = inspect(old_tls, {"snippets/tls.conf": "ssl_protocols TLSv1 TLSv1.2;\n"})

    (finding,) = run.findings
    assert (finding.where.line, finding.message) == (1, "TLSv1 may be spoken.")
