"""What the checks of this room share: which files they look at, and what stops them."""

import pytest

from checks.server.alias_traversal import alias_traversal
from checks.server.autoindex import autoindex
from checks.server.decoded_address import decoded_address
from checks.server.lost_headers import lost_headers
from checks.server.old_tls import old_tls
from checks.server.open_proxy import open_proxy
from scanner import Outcome

CHECKS = [alias_traversal, autoindex, decoded_address, lost_headers, old_tls, open_proxy]
GOOD = """
http {
    log_format a '{"a": "$uri;"}';  # a } in a comment
    map $a $b { default x; ~^/(a|b)$ "y}"; }
    server {
        listen 80;
        location ~ "^/[0-9]{2,3}/" { return 200 "{ok}"; }
        location /lua { content_by_lua_block { if x then y = {1} end } }
        location = /x { proxy_pass http://${backend}; }
    }
}
"""

every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


@every_check
def test_a_plain_server_passes(inspect, check) -> None:
    run = inspect(check, {"conf/site.conf": GOOD})

    assert (run.outcome, run.findings, run.reason) == (Outcome.PASSED, (), "")


@every_check
def test_without_nginx_configuration_it_is_not_applicable(inspect, check) -> None:
    others = {
        "apache.conf": "<VirtualHost *:80>\nServerName x\n</VirtualHost>\n",
        "redis.conf": "port 6379\n",
        "application.conf": "http {\n  server {\n    port = 8080\n  }\n}\n",
        "chart.conf": "server { listen {{ port }}; }\n",
        "notes.md": GOOD,
    }

    run = inspect(check, others)

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no nginx configuration")


@every_check
@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("server {\n  listen 80;\n", "line 3 (it ends in the middle of a block)"),
        ("server {\n  root x; listen 80\n}\n", "line 3 (no ; behind listen)"),
        ("server { listen 80;\n}\n}\n", "line 3 (one } too many)"),
        ('server { listen 80;\n  return 200 "x;\n}\n', "line 2 (a quotation that does not end)"),
        ("server { listen 80; { }\n", "line 1 (no directive for {)"),
    ],
)
def test_one_that_does_not_parse_is_named(inspect, check, broken: str, said: str) -> None:
    run = inspect(check, {"sites-enabled/shop": broken, "nginx.conf": GOOD})

    assert run.outcome is Outcome.INCOMPLETE
    assert "sites-enabled/shop" in run.reason
    assert said in run.reason
