"""A bounded burst of wrong passwords for one account, and what stopped it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import httpx

from scanner import Exchange, Incomplete, Site
from scanner.pace import PATIENCE
from scanner.site.comparison import alike, lines
from scanner.site.evidence import exchange
from scanner.site.guessing import Guess, guess
from scanner.site.proving import random_word
from scanner.targets import Login

_USUAL = 3
_SLOW = 3
_PUSHES_BACK = re.compile(
    r"captcha|turnstile|challenge|too many|try again|\bwait\b|\block(ed|out)?\b|blocked|throttl"
    r"|(attempts|tries) (left|remaining)|remaining (attempts|tries)|unusual|suspicious",
    re.I,
)


@dataclass(frozen=True)
class Account:
    """Whose login is tried: `password` is empty where only the name is known."""

    username: str
    password: str = ""


@dataclass(frozen=True)
class Burst:
    """Wrong passwords in a row, `after` them the right one, and the `limit` that showed up."""

    wrong: tuple[Guess, ...]
    after: Guess | None
    limit: str

    @property
    def evidence(self) -> tuple[Exchange, ...]:
        tried = [
            exchange(one.answer, note=f"wrong password {number}")
            for number, one in enumerate(self.wrong, 1)
        ]
        if self.after is not None:
            tried.append(
                exchange(self.after.answer, conceal=True, note="the right password, directly after")
            )
        return tuple(tried)


async def burst(site: Site, login: Login, account: Account, tries: int) -> Burst:
    """At most `tries` wrong passwords for `account`, then the right one.

    Stops at the first sign of a limit. Raises Incomplete when a wrong password lets in.
    """
    wrong: list[Guess] = []
    limit = ""
    while not limit and len(wrong) < tries:
        one = await guess(site, login, account.username, f"Wrong-{random_word(12)}-1")
        if one.let_in:
            raise Incomplete(
                f"a wrong password let {account.username} in, so nothing can be told from it",
                "give the login a `check` with `contains` that only a live session can answer",
            )
        limit = _sign(wrong, one)
        wrong.append(one)
    if limit or not account.password:
        return Burst(tuple(wrong), None, limit)
    after = await guess(site, login, account.username, account.password)
    if not after.let_in:
        limit = f"the right password is refused after {len(wrong)} wrong ones"
    return Burst(tuple(wrong), after, limit)


async def why_closed(site: Site, login: Login, account: Account) -> str:
    """Why the right password does not let `account` in; empty when it does or is not known.

    An earlier burst may still count: a wait that is asked for is waited out, once.
    """
    if not account.password:
        return ""
    try:
        one = await guess(site, login, account.username, account.password)
        if one.answer.status_code == 429 and (seconds := _wait(one)) <= PATIENCE:
            await asyncio.sleep(seconds)
            one = await guess(site, login, account.username, account.password)
    except Incomplete as why:
        return str(why)
    return one.why


async def wait_out(site: Site, login: Login, account: Account, limit: Guess) -> str:
    """Wait as long as a limit asks, and say whether the right password works again."""
    seconds = _wait(limit)
    if seconds > PATIENCE:
        return f"{account.username} was asked to wait {seconds} s, which was not waited out"
    await asyncio.sleep(seconds)
    closed = await why_closed(site, login, account)
    return f"{account.username} may still be locked out there" if closed else ""


def _wait(one: Guess) -> int:
    """The seconds that an answer asks to wait (RFC 9110, 10.2.3); 0 where it names none."""
    asked = one.answer.headers.get("retry-after", "").strip()
    return int(asked) if re.fullmatch(r"\d{1,6}", asked) else 0


def _sign(before: Sequence[Guess], one: Guess) -> str:
    """How `one` shows that a limit was reached; empty when it is like those `before`."""
    answer, number = one.answer, len(before) + 1
    usual = [each.answer for each in before[:_USUAL]]
    changed = usual and answer.status_code != usual[0].status_code
    if len(usual) == _USUAL:
        changed = changed or not alike(answer, usual)
    if changed or answer.status_code == 429:
        return f"answer {answer.status_code} to wrong password {number}, unlike those before"
    if word := _word_of_a_limit(usual, answer):
        return f"{word!r} in the answer to wrong password {number}"
    last = [*before, one][_USUAL:][-_SLOW:]
    if len(last) == _SLOW:
        fast = median(each.seconds for each in before[:_USUAL])
        if all(each.seconds > 3 * fast + 0.25 for each in last):
            return f"slower answers from wrong password {number - _SLOW + 1} on"
    return ""


def _word_of_a_limit(usual: Sequence[httpx.Response], answer: httpx.Response) -> str:
    """A word of lines that the first answer did not have, such as "captcha"."""
    if not usual:
        return ""
    fresh = lines(answer) - lines(usual[0])
    return next((m[0] for line in fresh if (m := _PUSHES_BACK.search(line))), "")
