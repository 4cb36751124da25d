"""Asking for many things: several at once, answered in order, each failure kept to its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field

import httpx

from scanner.contract import Incomplete
from scanner.gate import BudgetSpent, Refused
from scanner.proof import Request
from scanner.site.site import Site
from scanner.text import counted, one_line

_NOBODY_THERE = (502, 503, 504)
_GIVES_UP = 20


@dataclass
class Unanswered:
    """What was asked and got no answer: `refused` by the gate, `broken`, or `left` unasked."""

    refused: int = 0
    broken: list[str] = field(default_factory=list)
    left: int = 0

    def complain(self, noun: str) -> None:
        """Raises Incomplete when something did not answer; `noun` says what one of it is."""
        if not self.broken:
            return
        number = counted(len(self.broken) + self.left, noun)
        raise Incomplete(f"{number} did not answer, the first: {self.broken[0]}")


async def ask_each(
    site: Site, requests: Iterable[Request], unanswered: Unanswered
) -> AsyncIterator[tuple[Request, httpx.Response]]:
    """Send `requests`, each as its own identity, and yield their answers in the same order.

    What gets no answer is told in `unanswered`, and so is what a gateway says for a server
    that is not there. After twenty failures in a row the rest is left. Raises BudgetSpent.
    """
    queue = iter(requests)
    window: deque[tuple[Request, asyncio.Task[httpx.Response]]] = deque()
    in_a_row = 0
    try:
        while True:
            _fill(window, queue, site)
            if not window:
                return
            request, task = window.popleft()
            try:
                response = await task
                if response.status_code in _NOBODY_THERE:
                    raise Incomplete(f"it answered {response.status_code}")
            except BudgetSpent:
                raise
            except Refused:
                unanswered.refused += 1
            except (Incomplete, httpx.TransportError) as error:
                said = f"{one_line(request.target, 100)}: {error or type(error).__name__}"
                unanswered.broken.append(said)
                in_a_row += 1
                if in_a_row >= _GIVES_UP:
                    unanswered.left += len(window) + sum(1 for _ in queue)
                    return
            else:
                in_a_row = 0
                yield request, response
    finally:
        for _, task in window:
            task.cancel()
        await asyncio.gather(*(task for _, task in window), return_exceptions=True)


def _fill(
    window: deque[tuple[Request, asyncio.Task[httpx.Response]]],
    queue: Iterator[Request],
    site: Site,
) -> None:
    while len(window) < site.target.limits.concurrency:
        request = next(queue, None)
        if request is None:
            return
        window.append((request, asyncio.create_task(_send(site, request))))


async def _send(site: Site, request: Request) -> httpx.Response:
    asker = site.acting_as(request.identity)
    return await asker.send(
        request.method, request.target, headers=request.headers, body=request.body
    )
