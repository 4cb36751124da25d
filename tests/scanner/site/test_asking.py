"""Asking for many things at once: in order, and what gets no answer is told."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from loopback import Answer, App, Asked, serving

from scanner.contract import Incomplete
from scanner.gate import BudgetSpent
from scanner.masking import Masker
from scanner.proof import Request
from scanner.site.asking import Unanswered, ask_each
from scanner.site.deployment import deploy
from scanner.targets.load import parse


@pytest.fixture
def ask() -> Callable[..., tuple[list[str], Unanswered]]:
    """Asks an application for some paths: the bodies that came back, and what did not."""

    def run(app: App, paths: list[str], **keys: object) -> tuple[list[str], Unanswered]:
        async def go(url: str) -> tuple[list[str], Unanswered]:
            target = {"name": "app", "url": url, "limits": {"rate": 10_000, **keys}}
            target["scope"] = {"exclude": ["/secret/**"]}
            text = json.dumps({"version": 1, "targets": [target]})
            (parsed,) = parse(text.encode(), Path("targets.yaml"), env={}).targets
            unanswered, bodies = Unanswered(), []
            async with deploy(parsed, "active", Masker()) as deployment:
                requests = [Request("GET", path) for path in paths]
                async for _, response in ask_each(deployment.site("t/t"), requests, unanswered):
                    bodies.append(response.text)
            return bodies, unanswered

        with serving(app) as server:
            return asyncio.run(go(server.url))

    return run


def test_answers_come_in_order_whichever_was_first(
    ask: Callable[..., tuple[list[str], Unanswered]],
) -> None:
    def app(asked: Asked) -> Answer:
        if asked.path == "/0":
            time.sleep(0.05)
        return Answer(asked.path)

    bodies, unanswered = ask(app, [f"/{n}" for n in range(20)])

    assert bodies == [f"/{n}" for n in range(20)]
    assert unanswered == Unanswered()


def test_what_is_refused_or_does_not_answer_is_told_and_the_rest_goes_on(
    ask: Callable[..., tuple[list[str], Unanswered]],
) -> None:
    def app(asked: Asked) -> Answer | None:
        if asked.path == "/gone":
            return None
        return Answer(asked.path, 502 if asked.path == "/bad" else 200)

    bodies, unanswered = ask(app, ["/a", "/secret/b", "/gone", "/bad", "/c"])

    assert bodies == ["/a", "/c"]
    assert unanswered.refused == 1
    assert [said.partition(":")[0] for said in unanswered.broken] == ["/gone", "/bad"]
    with pytest.raises(Incomplete, match=r"^2 pages did not answer, the first: /gone: "):
        unanswered.complain("page")


def test_after_twenty_failures_in_a_row_the_rest_is_left(
    ask: Callable[..., tuple[list[str], Unanswered]],
) -> None:
    bodies, unanswered = ask(lambda asked: None, [f"/{n}" for n in range(100)])

    assert bodies == []
    assert (len(unanswered.broken), unanswered.left) == (20, 80)
    with pytest.raises(Incomplete, match=r"^100 pages did not answer"):
        unanswered.complain("page")


def test_a_spent_budget_ends_it(ask: Callable[..., tuple[list[str], Unanswered]]) -> None:
    with pytest.raises(BudgetSpent):
        ask(lambda asked: "", [f"/{n}" for n in range(20)], max_requests=5)
