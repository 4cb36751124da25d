"""Requests as they reach real servers on loopback: which do, how many, and with what."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import httpx
import pytest
from loopback import Answer, App, Asked, Running, serving
from scanning import opened

from scanner.contract import Incomplete
from scanner.gate import BudgetSpent, Refused


@pytest.fixture
def echo() -> Iterator[Running]:
    with serving(lambda asked: asked.target) as server:
        yield server


async def test_a_request_goes_out_as_it_was_written(echo: Running) -> None:
    async with opened(echo.url) as site:
        await site.send("PUT", "/a//b/../c?x=%27&y='", body="p=1", headers=[("X-One", "1")])
        await site.get("/a b/ü?q=<>", headers=[("user-agent", "other")])
        await site.send("GET", "/a\x7fb|{}", exact=True)

    first, second, third = echo.asked
    assert (first.method, first.target, first.body) == ("PUT", "/a//b/../c?x=%27&y='", b"p=1")
    assert first.headers["x-one"] == "1"
    assert first.headers["user-agent"].startswith("wallwalk/")
    assert (second.target, second.headers["user-agent"]) == ("/a%20b/%C3%BC?q=%3C%3E", "other")
    assert third.target == "/a\x7fb|{}"


async def test_bytes_of_a_body_come_back_in_its_proof(echo: Running) -> None:
    from scanner.proof import Proof, Status
    from scanner.site.answer import again
    from scanner.site.proving import prove

    async with opened(echo.url) as site:
        response = await site.send("POST", "/", body=b"\xff\x00\xe9 \xc3\xa9")
        await prove(site, Proof((again(response),), (Status((200,)),)))

    assert echo.asked[0].body == echo.asked[1].body == b"\xff\x00\xe9 \xc3\xa9"


@pytest.mark.parametrize(
    "path",
    [
        "http://evil.example/",
        "http://{own}@evil.example/",
        "http://{own}:80@evil.example/",
        "http://127.0.0.1:1/",
        "https://{own}/",
        "http://[::1]:{port}/",
        "http://localhost:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://{own}.evil.example/",
        "http://evil.example#@{own}/",
        "http://evil.example?@{own}/",
    ],
)
async def test_no_writing_of_an_address_leaves_the_origin(echo: Running, path: str) -> None:
    own = f"127.0.0.1:{echo.port}"
    async with opened(echo.url) as site:
        with pytest.raises(Refused, match="out of scope"):
            await site.get(path.format(own=own, port=echo.port))

    assert not echo.asked


@pytest.mark.parametrize(
    "path", ["http://evil@{own}/x", "HTTP://{own}/x", "http://evil\\@{own}/x", "http://{own}/x#y"]
)
async def test_what_a_client_would_send_here_is_sent_here(echo: Running, path: str) -> None:
    async with opened(echo.url) as site:
        await site.get(path.format(own=f"127.0.0.1:{echo.port}"))

    assert [asked.target for asked in echo.asked] == ["/x"]


async def test_a_path_that_looks_like_a_host_stays_here(echo: Running) -> None:
    async with opened(echo.url) as site:
        for path in ("//evil.example/x", "/\\evil.example", "/@evil.example", "/:80/", "*"):
            await site.send("OPTIONS", path)

    assert len(echo.asked) == 5
    assert echo.asked[1].target == "/%5Cevil.example"
    assert echo.asked[-1].target == "*"


async def test_ipv6_is_a_host_like_any_other() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(head), head))
        writer.close()

    server = await asyncio.start_server(answer, "::1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, opened(f"http://[::1]:{port}") as site:
        response = await site.get("/x")
        with pytest.raises(Refused):
            await site.get(f"http://127.0.0.1:{port}/")

    assert f"Host: [::1]:{port}" in response.text


async def test_a_name_with_several_addresses_uses_the_one_that_answers(
    monkeypatch: pytest.MonkeyPatch, echo: Running
) -> None:
    real = socket.getaddrinfo

    def both(host: str, port: int, *args: object, **kwargs: object) -> object:
        if host != "both.example":
            return real(host, port, *args, **kwargs)  # type: ignore[arg-type]
        return [
            (family, socket.SOCK_STREAM, 6, "", (ip, port))
            for family, ip in ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1"))
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    async with opened(f"http://both.example:{echo.port}") as site:
        response = await site.get("/x")

    assert response.text == "/x"


async def test_further_hosts_are_asked_and_headers_reach_own_origins_only() -> None:
    with serving(lambda asked: "own") as own, serving(lambda asked: "further") as further:
        settings = {
            "scope": {"hosts": [f"127.0.0.1:{further.port}"]},
            "headers": {"X-Scan": "wallwalk", "X-Key": "${WALLWALK_KEY}"},
        }
        env = {"WALLWALK_KEY": "k" * 20}
        async with opened(own.url, env=env, **settings) as site:
            await site.get("/")
            await site.get(f"{further.url}/")

    assert (own.asked[0].headers["x-scan"], own.asked[0].headers["x-key"]) == ("wallwalk", "k" * 20)
    assert further.asked[0].headers["x-scan"] == "wallwalk"
    assert "x-key" not in further.asked[0].headers


async def test_hosts_to_log_in_at_and_plain_http_get_no_header_of_the_file(echo: Running) -> None:
    from scanner.scope import Origin, Pass

    with serving(lambda asked: "own") as own:
        settings = {"scope": {"login_hosts": [f"127.0.0.1:{echo.port}"]}, "headers": {"X-A": "1"}}
        async with opened(own.url, **settings) as site:
            there = Origin.of(echo.url)
            request = site.deployment.request("GET", there, "/", (), b"")
            by = Pass("login", declared=True)
            await site.deployment.gate.send(request, there, "/", by)

    assert "x-a" not in echo.asked[0].headers


async def test_a_missing_variable_of_a_header_is_named(echo: Running) -> None:
    with pytest.raises(Incomplete, match="WALLWALK_NONE is not set"):
        async with opened(echo.url, headers={"X-Key": "${WALLWALK_NONE}"}):
            pass


@pytest.mark.parametrize("location", ["/next", "http://127.0.0.1:1/", "javascript:alert(1)", ""])
async def test_nothing_is_followed_and_no_cookie_remembered(location: str) -> None:
    def app(asked: Asked) -> Answer:
        return Answer(status=302, headers=[("Location", location), ("Set-Cookie", "a=1; Path=/")])

    with serving(app) as server:
        async with opened(server.url) as site:
            response = await site.get("/")
            await site.get("/again")

    assert response.status_code == 302
    assert [asked.target for asked in server.asked] == ["/", "/again"]
    assert all("cookie" not in asked.headers for asked in server.asked)


async def test_a_proxy_is_never_taken_from_the_environment(
    echo: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async with opened(echo.url) as site:
        assert (await site.get("/x")).text == "/x"


async def test_a_proxy_of_the_targets_file_is_used() -> None:
    with serving(lambda asked: f"proxied {asked.target}") as proxy:
        async with opened("http://127.0.0.1:1", proxy=proxy.url) as site:
            response = await site.get("/x")

    assert response.text == "proxied http://127.0.0.1:1/x"


async def test_only_the_proxy_need_know_the_names_behind_it() -> None:
    with serving(lambda asked: f"proxied {asked.target}") as proxy:
        async with opened("http://inside.invalid", proxy=proxy.url) as site:
            assert (await site.get("/x")).text == "proxied http://inside.invalid:80/x"


async def test_the_budget_is_the_number_of_requests_that_go_out(echo: Running) -> None:
    async with opened(echo.url, limits={"max_requests": 3}) as site:
        answers = await asyncio.gather(
            *(site.get(f"/{n}") for n in range(10)), return_exceptions=True
        )

    assert len(echo.asked) == 3
    assert sum(isinstance(answer, BudgetSpent) for answer in answers) == 7


async def test_a_refused_request_costs_nothing(echo: Running) -> None:
    async with opened(echo.url, probes="passive") as site:
        with pytest.raises(Refused):
            await site.send("POST", "/")

        gate = site.deployment.gate
        assert (gate.total, gate.answered, gate.sent["room/check"]) == (0, 0, 0)


async def test_each_check_s_requests_are_counted(echo: Running) -> None:
    async with opened(echo.url) as site:
        await site.get("/")
        other = site.deployment.site("room/other")
        await other.get("/")
        await other.get("/")

        assert site.deployment.gate.sent == {"room/check": 1, "room/other": 2}


def busy(times: int, status: int, *headers: tuple[str, str]) -> App:
    """An app that sends its visitors away `times` times."""
    left = [times]

    def app(asked: Asked) -> Answer | str:
        left[0] -= 1
        return Answer("later", status, headers) if left[0] >= 0 else "here you are"

    return app


@pytest.mark.parametrize("status", [429, 503])
async def test_who_is_told_to_come_back_later_does(status: int) -> None:
    with serving(busy(2, status, ("Retry-After", "0"))) as server:
        async with opened(server.url) as site:
            assert (await site.get("/")).text == "here you are"

    assert len(server.asked) == 3


async def test_a_route_that_keeps_saying_so_is_incomplete_and_no_answer() -> None:
    with serving(busy(99, 429, ("Retry-After", "0"))) as server:
        async with opened(server.url) as site:
            with pytest.raises(Incomplete, match="/x answered 429 to 3 requests in a row") as told:
                await site.get("/x")

    assert "limits.rate" in told.value.mend
    assert len(server.asked) == 3


async def test_a_long_rest_is_incomplete_at_once() -> None:
    with serving(busy(99, 429, ("Retry-After", "3600"))) as server:
        async with opened(server.url) as site:
            with pytest.raises(Incomplete, match="asked for a rest of 3600 s"):
                await site.get("/x")
            with pytest.raises(Incomplete, match="asked for a rest"):
                await site.get("/x?other=1")

    assert len(server.asked) == 1


async def test_an_unavailable_page_is_an_answer() -> None:
    with serving(busy(99, 503)) as server:
        async with opened(server.url) as site:
            assert (await site.get("/")).status_code == 503

    assert len(server.asked) == 1


async def test_a_limit_is_data_to_who_tastes_limits() -> None:
    with serving(busy(99, 429, ("Retry-After", "3600"))) as server:
        async with opened(server.url) as site:
            taster = site.tasting_limits()
            answers = [(await taster.get("/")).status_code for _ in range(5)]

    assert answers == [429] * 5


async def test_what_breaks_is_told_as_httpx_does(echo: Running) -> None:
    with serving(lambda asked: None) as server:
        async with opened(server.url) as site:
            with pytest.raises(httpx.RemoteProtocolError, match=f"127.0.0.1:{server.port}"):
                await site.get("/")

            assert site.deployment.gate.answered == 0
