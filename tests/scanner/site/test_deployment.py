"""What the checks of one target share: crawls made once, their gaps told to who reads them."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from pathlib import Path

import pytest
from loopback import Answer, Asked, serving
from scanning import opened

from scanner.contract import Incomplete, Skip
from scanner.site.answer import seen
from scanner.site.deployment import NoHandshake

PAGES = {"/": '<a href="/a">a</a><a href="/delete">x</a><a href="//else.example/">y</a>', "/a": "a"}
LOGIN = {
    "identities": {
        "alice": {"username": "alice", "password": "correct-horse"},
        "bob": {"username": "bob", "password": "battery-staple"},
    },
    "login": {
        "json": {
            "url": "/login",
            "body": {"user": "{username}", "password": "{password}"},
            "token": "$.token",
            "send_as": "Authorization: Bearer {token}",
        }
    },
}


def app(asked: Asked) -> Answer:
    if asked.path == "/login":
        known = b"correct-horse" in asked.body
        return Answer('{"token": "t-alice"}' if known else "no", 200 if known else 401)
    if asked.path == "/mine" and "authorization" not in asked.headers:
        return Answer("who?", 403)
    page = PAGES.get(asked.path)
    if page is not None and "authorization" in asked.headers:
        page += '<a href="/mine">mine</a>'
    return Answer(page or "gone", 200 if page or asked.path == "/mine" else 404)


async def test_a_crawl_is_made_once_however_many_ask_at_once() -> None:
    with serving(app) as server:
        async with opened(server.url) as site:
            deployment = site.deployment
            surfaces = await asyncio.gather(
                *(deployment.surface(f"room/{n}", "") for n in range(20))
            )

    assert len({id(surface) for surface in surfaces}) == 1
    assert max(Counter(asked.path for asked in server.asked).values()) == 1


async def test_nobody_sees_the_pages_of_nobody_and_then_those_of_the_first_identity() -> None:
    with serving(app) as server:
        async with opened(server.url, **LOGIN) as site:
            pages = [(seen(page).identity, seen(page).path) async for page in site.pages()]
            endpoints = {(e.identity, e.path) for e in await site.endpoints()}

    assert ("", "/a") in pages
    assert ("alice", "/mine") in pages
    assert ("", "/mine") not in pages
    assert ("alice", "/mine") in endpoints
    assert not [who for who, _ in pages if who == "bob"]
    identities = [who for who, _ in pages]
    assert identities == sorted(identities)


async def test_a_crawl_whose_login_fails_is_told_to_its_readers_and_to_nobody_else() -> None:
    with serving(app) as server:
        async with opened(server.url, **LOGIN) as site:
            bob = site.acting_as("bob")
            for _ in range(2):
                with pytest.raises(Incomplete, match="bob could not log in"):
                    _ = [page async for page in bob.pages()]
            assert [page async for page in site.pages()]
            await site.deployment.explore()

    assert [asked.path for asked in server.asked].count("/login") == 2  # one for each identity


async def test_a_crawl_that_breaks_is_no_defect_of_the_check_that_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("odd page")

    monkeypatch.setattr("scanner.site.crawl.leads", broken)
    with serving(app) as server:
        async with opened(server.url) as site:
            with pytest.raises(Incomplete, match="the crawl broke: ZeroDivisionError: odd page"):
                _ = [page async for page in site.pages()]


async def test_who_is_not_in_the_file_cannot_be_acted_as() -> None:
    with serving(app) as server:
        async with opened(server.url) as site:
            with pytest.raises(Skip, match="needs the identity alice"):
                site.acting_as("alice")


async def test_what_the_crawls_left_out_is_noted_once() -> None:
    with serving(app) as server:
        async with opened(server.url, **LOGIN) as site:
            await site.deployment.explore()
            notes = site.deployment.notes

    assert len(notes) == len(set(notes))
    told = "\n".join(notes)
    assert "/delete" in told
    assert "else.example" in told


async def test_only_who_read_a_cut_crawl_falls_short() -> None:
    with serving(lambda asked: f'<a href="{asked.path}x">x</a>') as server:
        async with opened(server.url, limits={"max_requests": 10}) as site:
            reader = site.deployment.site("room/reader")
            _ = [page async for page in reader.pages()]

            short = site.deployment.shortfall("room/reader")

            assert short is not None
            assert "the crawl's share of the budget (6 requests) is spent" in short[0]
            assert site.deployment.shortfall("room/other") is None


async def test_routes_are_learned_from_the_crawl_and_from_what_the_user_declared() -> None:
    def numbered(asked: Asked) -> str:
        return "".join(f'<a href="/n/{n}">n</a>' for n in range(6)) if asked.path == "/" else "n"

    declared = {"access": {"rules": [{"path": "/api/{name}?q={x}", "roles": ["admin"]}]}}
    with serving(numbered) as server:
        async with opened(server.url, **declared) as site:
            await site.deployment.explore()

            template = site.deployment.template
            assert template(f"{server.url}/n/77?x=1") == "/n/{}"
            assert template(f"{server.url}/api/ann") == "/api/{}"
            assert template(server.url) == "/"


async def test_a_target_that_takes_connections_and_no_handshake_says_which_it_is() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, opened(f"https://127.0.0.1:{port}") as site:
        with pytest.raises(NoHandshake):
            await site.deployment.reach()


async def test_a_target_that_is_not_there_says_so() -> None:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        port = it.getsockname()[1]

    async with opened(f"https://127.0.0.1:{port}") as site:
        with pytest.raises(Incomplete) as told:
            await site.deployment.reach()

    assert not isinstance(told.value, NoHandshake)
    assert "start the target" in told.value.mend


async def test_a_crawl_under_way_ends_with_its_target(tmp_path: Path) -> None:
    hanging = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hanging.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        async with opened(url, limits={"timeout": 30}) as site:
            reading = asyncio.create_task(site.deployment.surface("room/reader", ""))
            await hanging.wait()

        with pytest.raises(asyncio.CancelledError):
            await reading
