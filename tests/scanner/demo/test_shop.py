"""The shop itself, asked by a plain client: its flaws are real, and its twins are safe."""

import base64
import json
import re
import socket
import ssl
from collections.abc import Iterator

import httpx
import pytest

from scanner.demo.server import DemoServers, serve
from scanner.demo.shop.store import ATTEMPTS, PEOPLE
from scanner.demo.shop.tokens import SHOP_SECRET, issue
from scanner.site.tokens import crack


@pytest.fixture(scope="module")
def servers() -> Iterator[DemoServers]:
    with serve() as servers:
        yield servers


@pytest.fixture
def shop(servers: DemoServers) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=servers.http_url) as client:
        yield client


@pytest.fixture
def checkout(servers: DemoServers) -> Iterator[httpx.Client]:
    trust = ssl.create_default_context(cafile=str(servers.ca_file))
    with httpx.Client(base_url=servers.https_url, verify=trust) as client:
        yield client


def token(site: httpx.Client, name: str) -> str:
    body = {"username": name, "password": PEOPLE[name]}
    return str(site.post("/api/login", json=body).json()["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def log_in(site: httpx.Client, name: str) -> None:
    form = {"username": name, "password": PEOPLE[name]}
    assert site.post("/login", data=form).headers["location"] == "/account"


def unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg": "none"}').decode().rstrip("=")
    return f"{head}.{token.split('.')[1]}."


def test_the_servers_stand_on_loopback_and_are_gone_afterwards() -> None:
    with serve() as servers:
        assert all(
            url.partition("://")[2].startswith("127.0.0.1:")
            for url in (servers.http_url, servers.https_url, servers.advisories_url)
        )
        assert httpx.get(servers.http_url).status_code == 200

    assert not servers.ca_file.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(servers.http_url)


def test_stopping_does_not_wait_for_those_who_keep_their_connection() -> None:
    with httpx.Client() as client, serve() as servers:
        client.get(servers.http_url)


def test_search_and_presents_write_their_input_into_the_page(shop: httpx.Client) -> None:
    assert "<i>hello</i>" in shop.get("/search", params={"q": "<i>hello</i>"}).text
    assert '" onfocus="hello' in shop.get("/gift", params={"to": '" onfocus="hello'}).text


@pytest.mark.parametrize("path", ["/v2/search?q=", "/v2/gift?to=", "/v2/filter?rule="])
def test_the_new_pages_escape(shop: httpx.Client, path: str) -> None:
    answer = shop.get(f"{path}%3Ci%3E%22%27hello")

    assert "&lt;i&gt;&quot;&#x27;hello" in answer.text
    assert "<i>" not in answer.text


def test_what_echoes_input_raw_is_no_page(shop: httpx.Client) -> None:
    suggested = shop.get("/v2/suggest", params={"q": "<i>hello</i>"})
    label = shop.get("/v2/label", params={"text": "<i>hello</i>"})

    assert "<i>hello</i>" in suggested.text
    assert "<i>hello</i>" in label.text
    for answer in (suggested, label):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "html" not in answer.headers["content-type"]


def test_the_old_catalogue_runs_sql_from_the_query_and_the_path(shop: httpx.Client) -> None:
    kitchen = shop.get("/products", params={"category": "kitchen"}).text

    assert shop.get("/products", params={"category": "kitchen' AND '7'='7"}).text == kitchen
    assert shop.get("/products", params={"category": "kitchen' AND '7'='8"}).text != kitchen
    assert shop.get("/products/1 AND 7=7").text == shop.get("/products/1").text
    assert shop.get("/products/1 AND 7=8").status_code == 404
    people = shop.get("/products/0 UNION SELECT 1, group_concat(name), 3, 4 FROM people").text
    assert "alice,bob,dora" in people


def test_sql_in_the_new_catalogue_is_a_name_that_nothing_has(shop: httpx.Client) -> None:
    found = shop.get("/v2/products", params={"category": "kitchen' AND '7'='7"})

    assert "Nothing found" in found.text
    assert shop.get("/v2/products/1 AND 7=7").status_code == 400
    assert "Blue teapot" in shop.get("/v2/products/1").text


@pytest.mark.parametrize(
    "sql",
    [
        "1; DROP TABLE products",
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)",
        "length(randomblob(999999999))",
        "1 UNION SELECT NULL, NULL, NULL, NULL",
        "%00",
    ],
)
def test_injected_sql_can_do_no_harm(shop: httpx.Client, sql: str) -> None:
    assert shop.get(f"/products/{sql}").status_code in (200, 404)
    assert "Blue teapot" in shop.get("/products/1").text


def test_bob_reads_an_order_of_alice_by_the_old_api_only(shop: httpx.Client) -> None:
    bob = bearer(token(shop, "bob"))

    assert shop.get("/api/v1/orders/5001", headers=bob).json()["owner"] == "alice"
    assert shop.get("/api/v1/orders/5001").status_code == 401
    assert shop.get("/api/v1/orders/999", headers=bob).status_code == 404
    assert shop.get("/api/v2/orders/5001", headers=bob).status_code == 404
    assert shop.get("/api/v2/orders/5021", headers=bob).json()["owner"] == "bob"


def test_bob_does_not_see_the_page_of_an_order_of_alice(shop: httpx.Client) -> None:
    log_in(shop, "bob")

    assert "/account/orders/5021" in shop.get("/account").text
    assert shop.get("/account/orders/5021").status_code == 200
    assert shop.get("/account/orders/5001").status_code == 404


def test_the_shop_believes_unsigned_tokens_and_signs_with_a_listed_secret(
    shop: httpx.Client,
) -> None:
    alice = token(shop, "alice")

    assert shop.get("/api/me", headers=bearer(unsigned(alice))).json() == {"name": "alice"}
    assert crack(alice) == SHOP_SECRET
    assert shop.get("/api/me", headers=bearer(f"{alice[:-6]}AAAAAA")).status_code == 401


def test_the_checkout_does_neither(checkout: httpx.Client) -> None:
    alice = token(checkout, "alice")

    assert checkout.get("/api/me", headers=bearer(alice)).json() == {"name": "alice"}
    assert checkout.get("/api/me", headers=bearer(unsigned(alice))).status_code == 401
    assert checkout.get("/api/me", headers=bearer(issue("alice", SHOP_SECRET))).status_code == 401
    assert crack(alice) is None
    assert checkout.get("/api/receipts/5001", headers=bearer(alice)).status_code == 200
    assert checkout.get("/api/receipts/5021", headers=bearer(alice)).status_code == 404


def test_only_the_form_takes_any_number_of_passwords() -> None:
    with serve() as servers, httpx.Client(base_url=servers.http_url) as shop:
        wrong = {"username": "dora", "password": "wrong"}
        by_form = [shop.post("/login", data=wrong).status_code for _ in range(3 * ATTEMPTS)]
        by_api = [shop.post("/api/login", json=wrong).status_code for _ in range(ATTEMPTS + 1)]

        assert set(by_form) == {401}
        log_in(shop, "dora")
        assert by_api == [401] * ATTEMPTS + [429]


@pytest.mark.parametrize(
    ("path", "mistaken"),
    [
        ("/news/", {"content-security-policy"}),
        ("/help/", {"content-security-policy"}),
        ("/downloads/prices.txt", {"x-content-type-options"}),
        ("/partners/", {"content-security-policy", "x-frame-options"}),
        ("/jobs/", {"referrer-policy"}),
        ("/classic/", {"server", "x-powered-by"}),
        ("/account", set()),
        ("/nowhere", set()),
    ],
)
def test_a_folder_has_its_own_mistake_and_no_other(
    shop: httpx.Client, path: str, mistaken: set[str]
) -> None:
    expected, headers = shop.get("/").headers, shop.get(path).headers

    kept = {"content-type", "content-length", "date", "location"}
    differ = {n for n in {*expected, *headers} - kept if expected.get(n) != headers.get(n)}
    assert differ == mistaken


def test_only_one_folder_of_the_checkout_forgot_hsts(checkout: httpx.Client) -> None:
    assert "strict-transport-security" not in checkout.get("/returns/").headers
    assert "strict-transport-security" in checkout.get("/pay/").headers
    assert "strict-transport-security" in checkout.get("/nowhere").headers


def test_a_nonce_changes(shop: httpx.Client) -> None:
    def nonce() -> str:
        policy = shop.get("/v2/news/").headers["content-security-policy"]
        return re.findall("'nonce-([^']+)'", policy)[0]

    assert nonce() != nonce()


def test_every_website_may_read_addresses_and_a_sandbox_wishes(shop: httpx.Client) -> None:
    log_in(shop, "alice")

    def allowed(path: str, origin: str) -> str | None:
        headers = shop.get(path, headers={"Origin": origin}).headers
        assert headers.get("access-control-allow-credentials") == "true"
        return headers.get("access-control-allow-origin")

    assert "12 Alder Lane" in shop.get("/account/addresses.json").text
    assert allowed("/account/addresses.json", "https://evil.example") == "https://evil.example"
    assert allowed("/account/wishes.json", "null") == "null"
    assert allowed("/account/wishes.json", "https://evil.example") != "https://evil.example"
    assert allowed("/v2/account/addresses.json", "https://evil.example") is None


def test_the_wildcard_goes_with_credentials_at_the_old_place_only(shop: httpx.Client) -> None:
    stock, prices = shop.get("/stock/levels.json").headers, shop.get("/v2/prices.json").headers

    assert stock["access-control-allow-origin"] == prices["access-control-allow-origin"] == "*"
    assert stock["access-control-allow-credentials"] == "true"
    assert "access-control-allow-credentials" not in prices


def test_files_lie_about_and_others_only_look_like_it(shop: httpx.Client) -> None:
    assert shop.get("/.git/HEAD").text == "ref: refs/heads/main\n"
    assert "DB_PASSWORD=" in shop.get("/.env").text
    assert "CREATE TABLE" in shop.get("/backup.sql").text
    assert "<title>phpinfo()</title>" in shop.get("/phpinfo.php").text
    for path in ("/backup.zip", "/config.php.bak", "/v2/app/.env", "/v2/app/.git/HEAD"):
        answer = shop.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")


def test_old_tls_is_let_in_where_openssl_has_it(servers: DemoServers) -> None:
    client = ssl.create_default_context(cafile=str(servers.ca_file))
    client.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client.maximum_version = ssl.TLSVersion.TLSv1_1

    with httpx.Client(base_url=servers.https_url, verify=client) as checkout:
        if servers.old_tls:
            assert checkout.get("/").status_code == 200
        else:
            with pytest.raises(httpx.ConnectError):
                checkout.get("/")


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", b"501"),
        (b"DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", b"405"),
    ],
)
def test_what_cannot_be_answered_is_refused_like_everything_else(
    servers: DemoServers, request_text: bytes, status: bytes
) -> None:
    port = int(servers.http_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request_text)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"X-Content-Type-Options: nosniff" in answer
    assert b"Python" not in answer


def test_the_advisory_service_answers_as_osv_does(servers: DemoServers) -> None:
    def ask(version: str) -> dict[str, list[dict[str, object]]]:
        package = {"name": "wallwalk-demo-templates", "ecosystem": "PyPI"}
        body = json.dumps({"package": package, "version": version})
        return dict(httpx.post(f"{servers.advisories_url}/v1/query", content=body).json())

    assert [one["id"] for one in ask("1.2.0")["vulns"]] == ["PYSEC-0000-1"]
    assert ask("1.2.3") == {}
    assert httpx.post(f"{servers.advisories_url}/v1/query", content=b"[]").status_code == 400
