"""Everything that is wrong with the demo, and everything that only looks as if it were.

A test scans the demo and asserts that each flaw is found at its place and nothing else is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InSource:
    """A flaw in a file of `shop/`: on the one line that contains `marker`."""

    rule: str
    file: str
    marker: str
    says: str


@dataclass(frozen=True, slots=True)
class OnSite:
    """A flaw of a running site. `at` is method and path; `input` is `name in place`.

    `needs_old_tls` flaws are there only where the local OpenSSL still speaks TLS 1.1.
    """

    rule: str
    target: str
    at: str
    says: str
    input: str = ""
    needs_old_tls: bool = False


@dataclass(frozen=True, slots=True)
class Twin:
    """Something that looks like a flaw of `check` and is none; `at` is a file or a path."""

    check: str
    at: str
    says: str


RELEASE = ".github/workflows/release.yml"

SOURCE_FLAWS = (
    InSource("bandit/B602", "maintenance.py", "tar czf", "A folder's name becomes a command."),
    InSource("bandit/B404", "maintenance.py", "import subprocess", "Whoever starts programs."),
    InSource("bandit/B324", "maintenance.py", "hashlib.md5(receipt)", "MD5 as a receipt's number."),
    InSource("bandit/B301", "maintenance.py", "pickle.loads(", "A cart comes out of a pickle."),
    InSource("bandit/B403", "maintenance.py", "import pickle", "Whoever reads pickles."),
    InSource("bandit/B506", "maintenance.py", "yaml.load(", "YAML read with the full loader."),
    InSource("bandit/B307", "maintenance.py", "return eval(", "A discount is evaluated."),
    InSource("bandit/B108", "maintenance.py", '"/tmp/', "A file in /tmp with a known name."),
    InSource("bandit/B104", "maintenance.py", "LISTEN_ON =", "Listens on every interface."),
    InSource("bandit/B105", "tokens.py", "SHOP_SECRET =", "The signing secret is in the source."),
    InSource("bandit/B608", "catalogue.py", "'{category}'", "SQL put together from a query."),
    InSource("bandit/B608", "catalogue.py", "WHERE id = {", "SQL put together from a path."),
    InSource(
        "advisory/PYSEC-0000-1",
        "requirements.txt",
        "demo-templates==",
        "A pinned package with a published flaw.",
    ),
    InSource("dependencies/unpinned", "requirements.txt", "demo-mailer", "Any version from 2 on."),
    InSource("container/unpinned-base", "Dockerfile", "FROM ", "The base image is the latest."),
    InSource("container/secret-in-env", "Dockerfile", "ENV ", "A password in the image."),
    InSource("container/remote-add", "Dockerfile", "ADD ", "An unverified download."),
    InSource("container/root-user", "Dockerfile", "USER ", "The image runs as root."),
    InSource("container/privileged", "compose.yaml", "privileged: true", "Owns the host."),
    InSource("container/no-new-privileges", "compose.yaml", "  shop:", "setuid still works."),
    InSource("container/capabilities", "compose.yaml", "SYS_ADMIN", "As good as root."),
    InSource("container/docker-socket", "compose.yaml", "- /var/run", "Starts any container."),
    InSource("container/published-database", "compose.yaml", '"5432:5432"', "Open to the network."),
    InSource(
        "secrets/credentials/in-address",
        "settings.yaml",
        "database: postgresql://shop:",
        "A password.",
    ),
    InSource("secrets/credentials/assigned", "settings.yaml", "api_key:", "A key for mails."),
    InSource("secrets/env-file", "production.env", "PAYMENT_SECRET=", "In git with its values."),
    InSource("secrets/private-key", "receipts-key.pem", "BEGIN", "Whoever has it signs receipts."),
    InSource(
        "pipeline/unpinned-action",
        RELEASE,
        "shop-example/upload-action@",
        "Whatever v2 is on that day.",
    ),
    InSource(
        "pipeline/script-injection", RELEASE, "- run: echo", "A title becomes part of the script."
    ),
    InSource(
        "pipeline/pull-request-target",
        RELEASE,
        "ref: ",
        "Builds what strangers send, with the secrets.",
    ),
    InSource(
        "pipeline/broad-permissions",
        RELEASE,
        "permissions: write-all",
        "The token may write everything.",
    ),
    InSource("pipeline/piped-script", RELEASE, "- run: curl", "Whatever the server sends is run."),
    InSource(
        "server/alias-traversal",
        "nginx.conf",
        "alias /srv",
        "The shop's source lies beside the folder.",
    ),
    InSource(
        "server/autoindex", "nginx.conf", "autoindex on", "Everybody sees which exports there are."
    ),
    InSource(
        "server/decoded-address",
        "nginx.conf",
        "location /old/",
        "Line ends of the address get into the answer.",
    ),
    InSource(
        "server/lost-headers",
        "nginx.conf",
        "location /assets/",
        "One header more, and the other is gone.",
    ),
    InSource("server/old-tls", "nginx.conf", "ssl_protocols", "TLS 1.1 is let in."),
    InSource(
        "server/open-proxy",
        "nginx.conf",
        "location /partner/",
        "The request says which host is asked.",
    ),
)

SITE_FLAWS = (
    OnSite("headers/csp", "shop", "GET /news/", "Pages without a Content-Security-Policy."),
    OnSite("headers/csp/unsafe-inline", "shop", "GET /help/", "Every inline script may run."),
    OnSite("headers/csp/any-source", "shop", "GET /help/", "And every script from elsewhere."),
    OnSite("headers/csp/unsafe-eval", "shop", "GET /help/", "And every text as code."),
    OnSite("headers/nosniff", "shop", "GET /downloads/", "Browsers may guess the type."),
    OnSite("headers/nosniff", "shop", "GET /downloads/prices.txt", "That of a text, too."),
    OnSite("headers/framing", "shop", "GET /partners/", "Anybody may put it into a frame."),
    OnSite("headers/referrer-policy", "shop", "GET /jobs/", "Whole addresses go to strangers."),
    OnSite("headers/banner", "shop", "GET /classic/", "The server tells its version."),
    OnSite("headers/banner", "shop", "GET /classic/", "And so does PHP."),
    OnSite("headers/hsts", "checkout", "GET /returns/", "A folder that forgot HSTS."),
    OnSite("cookies/http-only", "shop", "GET /cart/", "Scripts can read cart_session."),
    OnSite("cookies/same-site", "shop", "GET /cart/", "Other sites' forms carry guest_session."),
    OnSite("cookies/secure", "checkout", "GET /basket/", "basket_session also goes over http."),
    OnSite("cors/reflected-origin", "shop", "GET /account/addresses.json", "Any site may read it."),
    OnSite("cors/null-origin", "shop", "GET /account/wishes.json", "A sandboxed frame may."),
    OnSite(
        "cors/wildcard-with-credentials",
        "shop",
        "GET /stock/levels.json",
        "Everybody, with cookies: browsers refuse the pair.",
    ),
    OnSite("exposure/files", "shop", "GET /.git/HEAD", "The repository can be downloaded."),
    OnSite("exposure/files/secrets", "shop", "GET /.env", "Settings with passwords."),
    OnSite("exposure/files/secrets", "shop", "GET /backup.sql", "A dump of the database."),
    OnSite("exposure/files/debug-page", "shop", "GET /phpinfo.php", "A page for developers."),
    OnSite(
        "injection/xss-reflected/behind-csp",
        "shop",
        "GET /search",
        "What was searched for stands in the page as it came.",
        input="q in query",
    ),
    OnSite(
        "injection/xss-reflected/behind-csp",
        "shop",
        "GET /gift",
        "A quote ends the attribute that the name stands in.",
        input="to in query",
    ),
    OnSite(
        "injection/sql",
        "shop",
        "GET /products",
        "The category stands between quotes in the query.",
        input="category in query",
    ),
    OnSite(
        "injection/sql",
        "shop",
        "GET /products/{}",
        "The product's number is any piece of SQL.",
        input="segment 2 in path",
    ),
    OnSite(
        "access/other-users-object",
        "shop",
        "GET /api/v1/orders/{}",
        "Bob reads what belongs to Alice.",
    ),
    OnSite("tokens/alg-none", "shop", "GET /api/me", "Tokens without a signature are believed."),
    OnSite("tokens/weak-secret", "shop", "GET /api/me", "The secret is in every word list."),
    OnSite("limits/login", "shop", "POST /login", "As many passwords as anybody likes."),
    OnSite("tls/versions", "checkout", "GET /", "TLS 1.1 is let in.", needs_old_tls=True),
)

TWINS = (
    Twin("code/bandit", "maintenance.py: archive_safely", "Speaks of shell=True, uses no shell."),
    Twin("code/bandit", "maintenance.py: cache_key", "MD5 that guards nothing, and says so."),
    Twin("code/bandit", "maintenance.py: read_prices_safely", "YAML by the safe loader."),
    Twin("code/bandit", "maintenance.py: discount_safely", "literal_eval runs nothing."),
    Twin("code/bandit", "maintenance.py: scratch_file_safely", "A folder with a name of its own."),
    Twin("code/bandit", "maintenance.py: LISTEN_ON_LOOPBACK", "Only this machine."),
    Twin("code/bandit", "tokens.py: CHECKOUT_SECRET", "A secret made at the start."),
    Twin("code/bandit", "catalogue.py: new_products", "SQL with a question mark."),
    Twin("dependencies/python", "requirements-worker.txt", "The same package, mended."),
    Twin("dependencies/unpinned", "requirements-worker.txt", "Every package has its version."),
    Twin("container/unpinned-base", "Dockerfile.worker", "A version and a digest."),
    Twin("container/secret-in-env", "Dockerfile.worker", "The path of a secret is none."),
    Twin("container/remote-add", "Dockerfile.worker", "A download with a checksum."),
    Twin("container/root-user", "Dockerfile.worker", "A user of its own."),
    Twin("container/privileged", "compose.yaml: worker", "privileged: false."),
    Twin("container/no-new-privileges", "compose.yaml: worker", "Sets the option."),
    Twin("container/capabilities", "compose.yaml: worker", "One harmless capability."),
    Twin("container/docker-socket", "compose.yaml: worker", "A text about docker.sock."),
    Twin("container/published-database", "compose.yaml: cache", "Published on loopback only."),
    Twin("container/published-database", "compose.yaml: reports", "Exposed, not published."),
    Twin("secrets/credentials", "settings.yaml: worker_database", "The password is a reference."),
    Twin("secrets/credentials", "settings.yaml: template_id", "A UUID; and the path of a key."),
    Twin("secrets/env-file", "example.env", "Names without values."),
    Twin("secrets/private-key", "receipts-public.pem", "The public half."),
    Twin("pipeline/unpinned-action", "release-safely.yml", "The whole commit."),
    Twin(
        "pipeline/script-injection", "release-safely.yml", "The title is handed over in a variable."
    ),
    Twin(
        "pipeline/pull-request-target", "release-safely.yml", "The same checkout on pull_request."
    ),
    Twin("pipeline/broad-permissions", "release-safely.yml", "Nothing, and one job may read."),
    Twin("pipeline/piped-script", "release-safely.yml", "Loaded, compared, then run."),
    Twin("server/alias-traversal", "nginx-safely.conf", "A slash at both ends."),
    Twin("server/autoindex", "nginx-safely.conf", "For those who know the password."),
    Twin("server/decoded-address", "nginx-safely.conf", "The address as it was sent."),
    Twin("server/lost-headers", "nginx-safely.conf", "The header is repeated."),
    Twin("server/old-tls", "nginx-safely.conf", "TLS 1.2 and 1.3."),
    Twin("server/open-proxy", "nginx-safely.conf", "A map that knows two hosts."),
    Twin("headers/csp", "/v2/news/", "'unsafe-inline' beside a nonce is ignored."),
    Twin("headers/nosniff", "/v2/prices.json", "Written twice, and not as everybody writes it."),
    Twin("headers/framing", "/v2/partners/", "frame-ancestors without X-Frame-Options."),
    Twin("headers/referrer-policy", "/v2/jobs/", "Two policies, the last one known counts."),
    Twin("headers/banner", "/v2/classic/", "A product's name without its version."),
    Twin("headers/hsts", "/pay/", "Two years, with subdomains."),
    Twin("cookies/http-only", "/v2/cart/", "theme is a preference, csrf_token is for scripts."),
    Twin("cookies/same-site", "/v2/cart/", "cart_session is Lax."),
    Twin("cookies/secure", "/pay/", "__Host-session is Secure."),
    Twin("cors/reflected-origin", "/v2/account/addresses.json", "One origin, by name."),
    Twin("cors/reflected-origin", "/v2/prices.json", "Prices are for everybody, without cookies."),
    Twin("cors/null-origin", "/v2/account/addresses.json", "A sandboxed frame is not on the list."),
    Twin("cors/wildcard-with-credentials", "/v2/prices.json", "The wildcard alone."),
    Twin("exposure/files", "/.env.example", "Explains the settings and has none."),
    Twin("exposure/files", "/backup.zip", "A polite page with status 200."),
    Twin("exposure/files", "/v2/app/.env", "An application that answers every path."),
    Twin("exposure/files", "/v2/news/phpinfo", "Speaks of phpinfo()."),
    Twin("injection/xss-reflected", "/v2/search", "Escaped in text and attribute."),
    Twin("injection/xss-reflected", "/v2/gift", "Escaped in an attribute and a textarea."),
    Twin("injection/xss-reflected", "/v2/suggest", "Echoed in JSON."),
    Twin("injection/xss-reflected", "/v2/label", "Echoed in plain text."),
    Twin("injection/xss-reflected", "/feedback", "A form that escapes."),
    Twin("injection/sql", "/v2/products", "A query with a parameter."),
    Twin("injection/sql", "/v2/products/{}", "Takes numbers only."),
    Twin("injection/sql", "/v2/filter", "Talks of SQL syntax errors without SQL."),
    Twin("access/other-users-object", "/api/v2/orders/{}", "Asks whose the order is."),
    Twin("access/other-users-object", "/account/orders/{}", "Asks whose the order is."),
    Twin("access/other-users-object", "/api/v2/notices/7", "Is for every customer."),
    Twin("access/other-users-object", "/api/receipts/{}", "Asks whose the receipt is."),
    Twin("tokens/alg-none", "/api/me of checkout", "Names the algorithm itself."),
    Twin("tokens/weak-secret", "/api/me of checkout", "A long random secret."),
    Twin("limits/login", "/api/login", "Five wrong passwords for an account, then it waits."),
    Twin("tls/versions", "checkout: TLS 1.0", "Refused, as SSL 3 is."),
    Twin("tls/certificate", "checkout", "Signed by the authority that the targets file names."),
)
