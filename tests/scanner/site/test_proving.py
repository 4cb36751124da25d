"""Proofs run against a real application: holes, steps, expectations, evidence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import httpx
import pytest
from loopback import Answer, App, Asked, serving
from scanning import opened

from scanner.proof import (
    Apart,
    BodyContains,
    BodyLacks,
    BodyMatches,
    Expectation,
    HasElement,
    HeaderAbsent,
    HeaderMatches,
    Like,
    Number,
    Product,
    Proof,
    Request,
    RunsScript,
    Status,
    Take,
    Unlike,
    Word,
)
from scanner.site.proving import Proven, prove, random_word, try_step


def proven(app: App, proof: Proof, **settings: object) -> tuple[Proven, list[Asked]]:
    async def go(url: str) -> Proven:
        async with opened(url, **settings) as site:
            return await prove(site, proof)

    with serving(app) as server:
        return asyncio.run(go(server.url)), server.asked


def get(target: str, **more: object) -> Request:
    return Request("GET", target, **more)  # type: ignore[arg-type]


def shop(asked: Asked) -> Answer:
    """Echoes `q` raw, multiplies, greets, and gives a token that it wants back."""
    match asked.path:
        case "/echo":
            return Answer(f"<p id=said>You said {asked.query['q']}</p>", headers=(("X-Shop", "1"),))
        case "/times":
            left, right = asked.query["q"].split("*")
            return Answer(str(int(left) * int(right)))
        case "/token":
            return Answer("<input name=token value=t0k3n>", headers=(("X-Next", "/want"),))
        case "/want":
            return Answer("Thanks") if asked.query.get("token") == "t0k3n" else Answer("No", 403)
    return Answer("<p>There is nothing.</p>", 404)


def test_holes_are_filled_anew_each_time_and_everywhere_alike() -> None:
    step = Request("POST", "/echo?q={word}", (("X-Word", "{word}"),), '{"a": "{word}", "b": "{c}"}')
    proof = Proof((step,), (BodyContains("You said {word}"),), (Word("word", 12),))

    first, (one,) = proven(shop, proof)
    second, (two,) = proven(shop, proof)

    assert first.holds
    assert second.holds
    word = one.query["q"]
    assert len(word) == 12
    assert one.headers["x-word"] == word
    assert json.loads(one.body) == {"a": word, "b": "{c}"}
    assert two.query["q"] != word


def test_a_product_is_expected_and_never_sent() -> None:
    holes = (Number("a", 5), Number("b", 5), Product("c", "a", "b"))
    proof = Proof((get("/times?q={a}*{b}"),), (BodyContains("{c}"),), holes)

    result, (asked,) = proven(shop, proof)

    left, right = asked.query["q"].split("*")
    assert result.holds
    assert (len(left), len(right)) == (5, 5)
    assert str(int(left) * int(right)) not in asked.target


@pytest.mark.parametrize("source", ["body", "x-next"])
def test_what_one_answer_gave_fills_the_next_request(source: str) -> None:
    take = {
        "body": Take("t", "body", "value=(\\w+)"),
        "x-next": Take("path", "x-next", "(/\\w+)"),
    }[source]
    second = {"body": "/want?token={t}", "x-next": "{path}?token=t0k3n"}[source]
    proof = Proof((get("/token", takes=(take,)), get(second)), (Status((200,)),))

    result, _ = proven(shop, proof)

    assert result.holds


def test_what_is_not_found_fills_nothing() -> None:
    steps = (get("/token", takes=(Take("t", "body", "absent=(.)"),)), get("/want?token={t}"))

    result, asked = proven(shop, Proof(steps, (Status((200,)),)))

    assert not result.holds
    assert asked[1].target == "/want?token="


ECHO, NONE = get("/echo?q=<b>{word}</b><script>x={word}(1)</script>"), get("/none")
OTHER = get("/echo?q={other}")

EXPECTATIONS: list[tuple[Expectation, Expectation]] = [
    (Status((200, 201)), Status((404,))),
    (HeaderMatches("x-shop", "^\\d$"), HeaderMatches("x-shop", "[a-z]")),
    (HeaderAbsent("x-other"), HeaderAbsent("x-shop")),
    (BodyContains("<b>{word}"), BodyContains("<i>{word}")),
    (BodyLacks("<i>{word}"), BodyLacks("<b>{word}")),
    (BodyMatches("<b>{word}</b>"), BodyMatches("^<b>{word}")),
    (HasElement("#said b", "{word}"), HasElement("#said i")),
    (RunsScript("{word}(1)"), RunsScript("{word}(2)")),
    (Like((0,)), Like((2,))),
    (Unlike((2,)), Unlike((0,))),
    (Apart((0, 3), (2,)), Apart((0, 2), (3,))),
    (Status((404,), step=2), Status((200,), step=2)),
]


@pytest.mark.parametrize(("true", "false"), EXPECTATIONS, ids=lambda one: type(one).__name__)
def test_each_expectation_holds_where_it_does_and_nowhere_else(
    true: Expectation, false: Expectation
) -> None:
    steps, holes = (ECHO, OTHER, NONE, ECHO), (Word("word"), Word("other"))

    holding, _ = proven(shop, Proof(steps, (Status((200,), step=0), true), holes))
    failing, _ = proven(shop, Proof(steps, (Status((200,), step=0), false), holes))

    assert (holding.holds, holding.against) == (True, "")
    assert not failing.holds
    assert failing.against.startswith(f"{type(false).__name__} did not hold")


def test_evidence_has_every_step_and_the_curl_line_the_one_that_shows_it() -> None:
    steps = (get("/echo?q={word}"), get("/none"))
    proof = Proof(steps, (Status((200,), step=0),), (Word("word"),), shows=0)

    result, asked = proven(shop, proof)

    assert [one.status for one in result.evidence] == [200, 404]
    assert asked[0].query["q"] in result.curl
    assert "/none" not in result.curl


def test_values_of_concealed_answers_are_not_shown() -> None:
    proof = Proof((get("/echo?q=anything", conceal=True),), (Status((200,)),))

    result, _ = proven(shop, proof)

    assert "You said" not in result.evidence[0].response


def test_a_step_is_asked_as_its_identity_and_the_curl_line_hides_the_token() -> None:
    def app(asked: Asked) -> Answer:
        return Answer(asked.headers.get("authorization", "nobody"))

    steps = (get("/", identity="ann"), get("/"))
    expect = (BodyContains("token-of-ann", step=0), BodyContains("nobody"))
    result, _ = proven(
        app,
        Proof(steps, expect, shows=0),
        identities={"ann": {"token": "token-of-ann"}},
        login={"bearer": {"send_as": "Authorization: Bearer {token}"}},
    )

    assert result.holds
    assert '"$WALLWALK_ANN_TOKEN"' in result.curl
    assert "token-of-ann" not in result.curl


def test_a_target_that_does_not_answer_is_neither_a_yes_nor_a_no() -> None:
    with pytest.raises(httpx.TransportError):
        proven(lambda asked: None, Proof((get("/"),), (Status((200,)),)))


def test_a_step_can_be_tried_before_there_is_a_proof() -> None:
    async def go(url: str) -> tuple[httpx.Response, dict[str, str]]:
        async with opened(url) as site:
            return await try_step(site, get("/echo?q={word}"), (Word("word"),))

    with serving(shop) as server:
        response, values = asyncio.run(go(server.url))

    assert f"You said {values['word']}" in response.text


def test_random_words_are_lower_case_letters_and_differ() -> None:
    make: Callable[[], str] = random_word

    words = {make() for _ in range(50)}

    assert len(words) == 50
    assert all(word.isalpha() and word.islower() for word in words)
