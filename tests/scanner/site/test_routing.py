"""Which words at the end of a path are values that a route takes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from loopback import Answer, App, Asked, serving
from scanning import opened

from scanner.site.routing import routed
from scanner.site.spot import Spot
from scanner.site.surface import Endpoint, Parameter

NOWHERE = Answer("<h1>Not Found</h1><p>The requested URL was not found.</p>", 404)


def found_by(app: App, *paths: str, known: Sequence[Spot] = (), **settings: object) -> list[str]:
    async def go(url: str) -> list[Spot]:
        async with opened(url, **settings) as site:
            return await routed(site, [Endpoint("GET", path) for path in paths], known)

    with serving(app) as server:
        return [f"{s.endpoint.path} {s.parameter.value}" for s in asyncio.run(go(server.url))]


def users(route: str, missing: Answer) -> Callable[[Asked], Answer]:
    def app(asked: Asked) -> Answer:
        name = re.fullmatch(route, asked.path)
        if not name:
            return NOWHERE
        return Answer("<p>ann</p>") if name[1] == "ann" else missing

    return app


def test_a_route_that_answers_words_it_cannot_know_takes_values() -> None:
    app = users("/users/([^/]+)", Answer('{"message": "User not found"}', 404))

    assert found_by(app, "/users/ann", "/about") == ["/users/ann ann"]


def test_a_route_that_answers_200_for_every_word_takes_values() -> None:
    app = users("/wiki/([^/]+)", Answer("<p>There is no such page yet.</p>"))

    assert found_by(app, "/wiki/ann") == ["/wiki/ann ann"]


def test_a_folder_of_fixed_pages_takes_none() -> None:
    def app(asked: Asked) -> Answer:
        return Answer("<p>Here</p>") if asked.path in ("/a/b", "/a/c") else NOWHERE

    assert found_by(app, "/a/b", "/a/c") == []


def test_an_application_that_answers_every_path_alike_takes_none() -> None:
    def app(asked: Asked) -> str:
        return f"<div id=app></div><!-- {asked.path} -->"

    assert found_by(app, "/a/b") == []


def test_two_paths_of_a_folder_are_tried_and_files_are_not() -> None:
    app = users("/users/([^/]+)", Answer("{}", 404))

    paths = ("/users/ann", "/users/bob", "/users/eve", "/users/a.css", "/users/")
    assert found_by(app, *paths) == ["/users/ann ann", "/users/bob bob"]


def test_folders_whose_values_are_known_are_not_asked_again() -> None:
    known = Spot(Endpoint("GET", "/users/7"), Parameter("segment 2", "path", "7"), 2)
    app = users("/users/([^/]+)", Answer("{}", 404))

    assert found_by(app, "/users/ann", known=(known,)) == []


def test_a_folder_out_of_scope_is_left_alone() -> None:
    app = users("/users/([^/]+)", Answer("{}", 404))

    assert found_by(app, "/users/ann", scope={"exclude": ["/users/**"]}) == []


def test_a_folder_that_does_not_answer_is_left_to_the_probe() -> None:
    def app(asked: Asked) -> Answer | None:
        return None

    assert found_by(app, "/users/ann") == ["/users/ann ann"]
