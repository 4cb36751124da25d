"""The crawl against real servers on loopback: what it follows, leaves alone, and says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from scanner.masking import Masker
from scanner.site.answer import seen
from scanner.site.crawl import Surface
from scanner.site.deployment import deploy
from scanner.targets import Target

App = Callable[[str], "Page | str"]


@dataclass
class Page:
    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "text/html"


@dataclass
class Crawled:
    surface: Surface
    asked: list[str]
    port: int

    @property
    def endpoints(self) -> list[tuple[str, str, list[str]]]:
        return [
            (e.method, e.path, [f"{p.name}={p.value}" for p in e.parameters])
            for e in self.surface.endpoints
        ]

    @property
    def told(self) -> str:
        return "\n".join(self.surface.notes)


Crawl = Callable[..., Awaitable[Crawled]]


@pytest.fixture
async def crawl() -> AsyncIterator[Crawl]:
    """`await crawl(app, **settings of the target)`, with robots.txt and sitemap.xml absent
    unless the app answers them with something else than its page for `/nothing`."""
    async with AsyncExitStack() as stack:

        async def run(app: App, **settings: object) -> Crawled:
            asked: list[str] = []

            async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                try:
                    while True:
                        head = await reader.readuntil(b"\r\n\r\n")
                        path = head.split()[1].decode("latin-1")
                        asked.append(path)
                        writer.write(_bytes(app(path)))
                        await writer.drain()
                except (asyncio.IncompleteReadError, ConnectionError):
                    pass
                finally:
                    writer.close()

            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            stack.callback(server.close)
            port = server.sockets[0].getsockname()[1]
            limits = {"rate": 100_000, **settings.pop("limits", {})}  # type: ignore[dict-item]
            target = Target.model_validate(
                {"name": "app", "url": f"http://127.0.0.1:{port}", "limits": limits, **settings}
            )
            deployment = await stack.enter_async_context(deploy(target, "active", Masker([])))
            return Crawled(await deployment.surface("test", ""), asked, port)

        yield run


def _bytes(page: Page | str) -> bytes:
    page = Page(page) if isinstance(page, str) else page
    body = page.body.encode()
    headers = {"Content-Type": page.kind, "Content-Length": str(len(body)), **page.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    return f"HTTP/1.1 {page.status} X\r\n{lines}\r\n".encode() + body


def site(**pages: Page | str) -> App:
    """An app with the page `index` at / and the others at their names; the rest is missing."""
    return lambda path: pages.get(path.strip("/") or "index", Page("gone", 404))


async def test_links_of_every_kind_are_followed_once(crawl: Crawl) -> None:
    index = (
        '<base href="/deep/"><a href="a">A</a><a href="./a#part">A</a><area href=../b>'
        '<iframe src="/c"></iframe><link rel=next href="/d"><script src="/e.js"></script>'
        '<meta http-equiv=Refresh content="5; URL=/f"><a href=" /g\t">G</a>'
    )
    found = await crawl(lambda path: index if path == "/" else path)

    assert sorted(found.asked) == sorted(
        ["/", "/robots.txt", "/sitemap.xml", "/deep/a", "/b", "/c", "/d", "/e.js", "/f", "/g"]
    )
    assert found.surface.cut == ""


async def test_the_spool_gives_back_what_was_answered(crawl: Crawl) -> None:
    index = Page("<p>hällo</p>", 200, {"X-One": "1", "Set-Cookie": "a=b"})
    found = await crawl(site(index=index))
    page = next(found.surface.pages())

    assert (page.status_code, page.text, page.headers["x-one"]) == (200, "<p>hällo</p>", "1")
    assert (page.request.method, page.request.url.path) == ("GET", "/")
    assert (seen(page).path, seen(page).identity) == ("/", "")
    assert page.headers.get_list("set-cookie") == ["a=b"]


async def test_redirects_are_followed_by_us_and_loops_end(crawl: Crawl) -> None:
    app = site(
        index=Page(status=302, headers={"Location": "/one"}),
        one=Page(status=301, headers={"Location": "/"}),
        robots=Page(status=404),
    )
    found = await crawl(app)

    assert found.asked.count("/") == found.asked.count("/one") == 1


@pytest.mark.parametrize(
    "away",
    ["javascript:alert(1)", "http://elsewhere.example/", "//[bad", "http://x:99999/", "\xff"],
)
async def test_a_location_that_leads_nowhere_is_not_followed(crawl: Crawl, away: str) -> None:
    found = await crawl(lambda path: Page(status=302, headers={"Location": away}))

    assert {path for path in found.asked if path != "/%C3%BF"} == {
        "/",
        "/robots.txt",
        "/sitemap.xml",
    }


async def test_other_hosts_and_other_schemes_are_counted_not_followed(crawl: Crawl) -> None:
    links = (
        '<a href="https://other.example/x">x</a><a href="//third.example/y">y</a>'
        '<a href="javascript:go()">z</a><a href="mailto:a@b.example">m</a>'
        '<form action="https://pay.example/" method=post><input name=card></form>'
    )
    found = await crawl(site(index=links))

    assert len(found.asked) == 3
    for named in ("other.example (1)", "third.example (1)", "pay.example (1)", "mailto: (1)"):
        assert named in found.told
    assert [e.path for e in found.surface.endpoints] == ["/"]


async def test_a_get_that_looks_dangerous_is_left_alone_and_named(crawl: Crawl) -> None:
    index = '<a href="/logout">out</a><a href="/notes?action=delete&id=1">x</a><a href=/blog>b</a>'
    found = await crawl(lambda path: index if path == "/" else "page")

    assert "/logout" not in found.asked
    assert not [path for path in found.asked if "delete" in path]
    assert "/blog" in found.asked
    assert "/logout, /notes?action=delete&id=1" in found.told


async def test_what_the_scope_excludes_is_not_asked(crawl: Crawl) -> None:
    index = '<a href="/admin/x">x</a><a href="/ADMIN/%79">y</a><a href="/shop">s</a>'
    found = await crawl(
        lambda path: index if path == "/" else "page", scope={"exclude": ["/admin/**"]}
    )

    assert [p for p in found.asked if "admin" in p.lower()] == []
    assert "/admin/x" in found.told
    assert "/shop" in found.asked


async def test_forms_become_endpoints_and_are_never_sent(crawl: Crawl) -> None:
    index = """
      <form action="/post?step=2" method="POST" enctype="multipart/form-data">
        <input name=title value=old><input type=hidden name=csrf value=abc>
        <input type=radio name=r value=1><input type=radio name=r value=2 checked>
        <input type=checkbox name=c><textarea name=t>hi</textarea><input type=file name=f>
        <select name=s><option value=x>X<option value=y selected>Y</select>
        <button name=go value=now>Go</button><button formaction="/preview">Look</button>
      </form>
      <input name=outside form=late><form id=late action=/find><input name=q></form>
      <table><form action=/old method=post><tr><td><input name=moved></td></tr></form></table>
      <form method=dialog><input name=never></form>
    """
    found = await crawl(site(index=index))
    fields = ["title=old", "csrf=abc", "r=2", "c=on", "t=hi", "f=", "s=y", "go=now"]

    assert ("POST", "/post", ["step=2", *fields]) in found.endpoints
    assert ("POST", "/preview", fields) in found.endpoints
    assert ("GET", "/find", ["outside=", "q="]) in found.endpoints
    assert ("POST", "/old", ["moved="]) in found.endpoints
    assert "never" not in str(found.endpoints)
    assert not {"/post", "/post?step=2", "/preview", "/old"} & set(found.asked)
    [post] = [e for e in found.surface.endpoints if e.path == "/post"]
    assert post.encoding == "multipart/form-data"
    assert post.found_on == "/"


async def test_query_parameters_of_links_become_endpoints(crawl: Crawl) -> None:
    index = '<a href="/item?id=1&amp;lang=en">1</a><a href="/item?lang=de&id=2">2</a>'
    found = await crawl(lambda path: index if path == "/" else f"page {path}")

    assert [e for e in found.endpoints if e[1] == "/item"] == [
        ("GET", "/item", ["id=1", "lang=en"])
    ]
    assert {"/item?id=1&lang=en", "/item?lang=de&id=2"} <= set(found.asked)


async def test_the_order_of_a_query_makes_no_other_page(crawl: Crawl) -> None:
    index = '<a href="/i?a=1&b=2">1</a><a href="/i?b=2&a=1">2</a><a href="/i?b=2&a=1&utm_source=x">3</a>'
    found = await crawl(lambda path: index if path == "/" else "page")

    assert len([path for path in found.asked if path.startswith("/i?")]) == 2


async def test_robots_and_sitemaps_are_read(crawl: Crawl) -> None:
    robots = "User-agent: *\nDisallow: /secret/ # hidden\nAllow: /open\nDisallow: /x/*.pdf$\nSitemap: /map.xml"
    pages = {"/robots.txt": Page(robots, kind="text/plain"), "/": "start"}

    def app(path: str) -> Page | str:
        if path == "/map.xml":
            entries = "<urlset><url><loc><![CDATA[/from-map?a=1]]></loc></url></urlset>"
            return Page(entries, kind="application/xml")
        return pages.get(path, Page("no", 404))

    found = await crawl(app)

    assert {"/secret/", "/open", "/x/", "/map.xml", "/from-map?a=1"} <= set(found.asked)


async def test_addresses_in_json_and_scripts_are_followed(crawl: Crawl) -> None:
    app = site(
        index='<script>fetch("/api")</script>',
        api=Page(
            '{"next": "/api2", "word": "a/b", "n": [{"self": "/n/1"}]}', kind="application/json"
        ),
    )
    found = await crawl(app)

    assert {"/api", "/api2", "/n/1"} <= set(found.asked)
    assert not [path for path in found.asked if path.endswith("a/b")]


async def test_without_crawl_only_the_seeds_are_asked(crawl: Crawl) -> None:
    index = '<a href="/other">x</a>'
    found = await crawl(
        lambda path: index, discover={"crawl": False, "seeds": ["/start?x=1"]}, roots=["/"]
    )

    assert sorted(found.asked) == ["/", "/start?x=1"]


async def test_a_budget_that_ends_makes_the_surface_cut_and_says_how_much_is_missing(
    crawl: Crawl,
) -> None:
    index = "".join(f"<a href=/p/{n}>x</a>" for n in range(40))
    found = await crawl(lambda path: index if path == "/" else path, limits={"max_requests": 20})

    assert len(found.asked) == 12
    assert "share of the budget (12 requests) is spent" in found.surface.cut
    assert "31 known pages not visited" in found.surface.cut


async def test_every_shape_has_its_turn_before_one_is_read_whole(crawl: Crawl) -> None:
    index = (
        "".join(f"<a href=/p/{n}>x</a>" for n in range(50))
        + "<a href=/about>a</a><a href=/q?x=1>q</a>"
    )
    found = await crawl(
        lambda path: index if path == "/" else path, limits={"max_requests": 15, "concurrency": 1}
    )

    assert {"/about", "/q?x=1", "/p/0", "/p/1"} <= set(found.asked)


async def test_an_endless_calendar_is_bounded_and_said(crawl: Crawl) -> None:
    def app(path: str) -> str:
        day = int(path.rpartition("/")[2] or 0) if path[1:].split("/")[0] in ("", "day") else 0
        return f"<a href=/day/{day + 1}>next</a> {path}"

    found = await crawl(app)

    assert len(found.asked) < 250
    assert "links that lead on and on" in found.surface.cut


async def test_a_catch_all_page_with_relative_links_ends_without_a_shortfall(crawl: Crawl) -> None:
    found = await crawl(lambda path: '<a href="about/">about</a><a href="news/">news</a>')

    assert len(found.asked) < 100
    assert "byte for byte" in found.told
    assert found.surface.cut == ""


async def test_few_images_are_read_and_the_rest_is_counted(crawl: Crawl) -> None:
    index = "".join(f"<img src=/i/{n}.png>" for n in range(10)) + "<a href=/a.zip>z</a>"
    found = await crawl(
        lambda path: index if path == "/" else Page("x", kind="image/png"),
        limits={"concurrency": 1},
    )

    assert len([path for path in found.asked if path.endswith(".png")]) == 3
    assert "7 images" in found.told
    assert not [e for e in found.surface.endpoints if e.path.endswith(".png")]
    assert found.surface.cut == ""


async def test_a_page_that_does_not_answer_is_asked_again_and_then_said(crawl: Crawl) -> None:
    def app(path: str) -> Page | str:
        return "<a href=/bad>x</a>" if path == "/" else Page("x", headers={"Content-Length": "no"})

    found = await crawl(app)

    assert "/bad" in found.surface.cut
    assert "did not answer" in found.surface.cut


async def test_a_start_page_that_is_broken_makes_the_surface_cut(crawl: Crawl) -> None:
    found = await crawl(lambda path: Page("oops", 500))

    assert "the start page / answered 500" in found.surface.cut


async def test_a_site_that_only_sends_to_its_login_says_so(crawl: Crawl) -> None:
    def app(path: str) -> Page | str:
        if path.startswith("/login"):
            return "<form method=post><input name=user><input type=password name=p></form>"
        return Page(status=302, headers={"Location": "/login?next=/"})

    found = await crawl(app)

    assert "every page leads to a login page" in found.told
    assert ("POST", "/login", ["next=/", "user=", "p="]) in found.endpoints


async def test_pages_that_are_gone_are_no_endpoints(crawl: Crawl) -> None:
    found = await crawl(site(index="<a href=/gone?x=1>x</a>"))

    assert [e.path for e in found.surface.endpoints] == ["/"]


@pytest.mark.parametrize(
    "body", ["<div>" * 200_000, "<x " + "a=1 " * 100_000, "<a href=/x>" * 50_000]
)
async def test_a_page_made_to_be_slow_costs_little_and_is_said(crawl: Crawl, body: str) -> None:
    found = await crawl(site(index=body + "<a href=/late>late</a>"))

    assert "/" in found.asked
    assert ("/late" in found.asked) == ("more links" not in found.surface.cut)


async def test_what_a_page_says_cannot_break_the_crawl(crawl: Crawl) -> None:
    index = (
        '<a href="http://[::1">x</a><a href="http://:80/">x</a><a href="/%ff%00?%zz">x</a>'
        '<a href="/\ud7ff\u202e">x</a><a href="\\\\evil.example\\x">x</a><a href>x</a>'
        '<base href="javascript:x"><a href="http://user:pw@127.0.0.1:1/">x</a>'
    )
    found = await crawl(site(index=index))

    assert "evil.example" in found.told
    assert found.surface.cut == ""


async def test_buttons_that_go_somewhere_are_followed(crawl: Crawl) -> None:
    index = (
        "<button onclick=\"window.location.href='/a'\">A</button>"
        "<p onclick=\"location = 'row.php?id=1'\"><a onchange='location.assign(\"/b\")'></a></p>"
        "<div data-href=/c></div><b onclick=\"window.open('/d')\">d</b>"
        "<i onclick=\"location.href='/e/' + id\">e</i><i onclick=\"say('/f')\">f</i>"
    )
    found = await crawl(lambda path: index if path == "/" else path)

    assert {"/a", "/row.php?id=1", "/b", "/c", "/d"} <= set(found.asked)
    assert "/f" not in found.asked
