"""The targets file of the demo scan."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from scanner.demo.server import DemoServers
from scanner.demo.shop.store import PEOPLE

_ORDERS = {"alice": [5001, 5002], "bob": [5021, 5022]}

_TEXT = """\
# The embedded demo: everything is on this machine, and every password is invented.
version: 1
source:
  advisories: {{service: osv, url: "{advisories}"}}
targets:
  - name: shop
    url: {http}
    roots: ["/", "/v2/app/"]
    profile: staging
    limits: {{rate: 400}}
    identities:
{shop_people}
    logins:
      api:
        json:
          url: /api/login
          body: {{username: "{{username}}", password: "{{password}}"}}
          token: $.access_token
        for: ["/api/**"]
        check: {{url: /api/me, status: 200, contains: "{{username}}"}}
      web:
        form:
          url: /login
          fields: {{username: "{{username}}", password: "{{password}}"}}
        for: ["/**"]
        check: {{url: /account, status: 200, contains: "{{username}}"}}

  - name: checkout
    url: {https}
    verify: {ca_file}
    profile: staging
    limits: {{rate: 400}}
    identities:
{checkout_people}
    login:
      json:
        url: /api/login
        body: {{username: "{{username}}", password: "{{password}}"}}
        token: $.access_token
      check: {{url: /api/me, status: 200, contains: "{{username}}"}}
"""


def targets_yaml(servers: DemoServers) -> str:
    """The text of a targets file that scans `servers`, active checks included."""
    return _TEXT.format(
        http=servers.http_url,
        https=servers.https_url,
        advisories=servers.advisories_url,
        ca_file=json.dumps(str(servers.ca_file)),
        shop_people=_people(["/api/v1/orders/{id}", "/api/v2/orders/{id}"]),
        checkout_people=_people(["/api/receipts/{id}"]),
    )


def _people(owned: Sequence[str]) -> str:
    """Alice and Bob with what is theirs at the paths `owned`, and one who may be locked out."""
    lines = []
    for name, orders in _ORDERS.items():
        owns = json.dumps({path: orders for path in owned})
        lines += [
            f"{name}:",
            f"  username: {name}",
            f"  password: {PEOPLE[name]}",
            f"  owns: {owns}",
        ]
    lines += ["guinea:", "  username: dora", f"  password: {PEOPLE['dora']}", "  disposable: true"]
    return textwrap.indent("\n".join(lines), " " * 6)
