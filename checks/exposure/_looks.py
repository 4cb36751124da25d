"""Where to look for well-known files: which paths of which folders, and how each is proved."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from checks.exposure._known import GRAVEST, IN_ROOTS, Content, Known, copies_of
from scanner import BodyMatches, Incomplete, Proof, Request, Site, Status, Word
from scanner.gate import BudgetSpent, Refused
from scanner.site.answer import seen
from scanner.site.comparison import alike
from scanner.site.proving import random_word
from scanner.text import counted

_FOLDERS = 10
_SCRIPTS = 10
_SCRIPT = re.compile(r"\.(?:php|aspx?|jspx?)\Z", re.I)
_LOOKED_AT = 100_000
_THERE = (200, 206)


@dataclass(frozen=True, slots=True)
class Look:
    """One well-known path in one folder; the folder begins and ends with a slash."""

    folder: str
    known: Known

    @property
    def thing(self) -> tuple[str, str]:
        """What is reported once, whichever of its paths shows it."""
        return self.folder, self.known.group or self.known.path

    @property
    def request(self) -> Request:
        return Request("GET", self.folder + self.known.path, self.known.headers, conceal=True)

    def shown_by(self, response: httpx.Response) -> Content | None:
        """What the answer's content is, if it is anything that should not be here."""
        if response.status_code not in self._statuses:
            return None
        text = response.text[:_LOOKED_AT]
        return next((one for one in self.known.contents if re.match(one.pattern, text)), None)

    def proof(self, content: Content) -> Proof:
        """The content is there, and a name beside it that cannot exist does not have it."""
        found = Status(self._statuses), BodyMatches(content.pattern)
        if self.known.status not in _THERE:
            return Proof((self.request,), found)
        beside = self.folder + _beside(self.known.path, "{absent}")
        control = Request("GET", beside, self.known.headers)
        lacks = BodyMatches(rf"\A(?!{content.pattern})", step=0)
        return Proof((control, self.request), (*found, lacks), (Word("absent"),))

    @property
    def _statuses(self) -> tuple[int, ...]:
        return _THERE if self.known.status in _THERE else (self.known.status,)


@dataclass(frozen=True)
class Plan:
    """Every look, the gravest first. `late` is why the crawl is not whole."""

    looks: tuple[Look, ...]
    notes: tuple[str, ...] = ()
    late: Incomplete | None = None


async def looks(site: Site) -> Plan:
    """What to look for in the roots of `site` and in the folders that its crawl has seen."""
    paths, late = await _crawled(site)
    first, *further = dict.fromkeys(_folder(root) for root in site.target.roots)
    chosen, notes = [Look(first, known) for known in IN_ROOTS], list[str]()
    for root in further:
        one_page = await _answers_everything(site, root)
        chosen += [Look(root, known) for known in (GRAVEST if one_page else IN_ROOTS)]
        if one_page:
            asked = f"{len(GRAVEST)} of {len(IN_ROOTS)} well-known paths"
            notes.append(f"{root} answers every path alike: only {asked} were asked there")
    folders = [one for one in _folders(site, paths) if one not in (first, *further)]
    chosen += [Look(folder, known) for folder in folders[:_FOLDERS] for known in GRAVEST]
    if len(folders) > _FOLDERS:
        notes.append(f"looked into {_FOLDERS} of {counted(len(folders), 'folder')} below the roots")
    scripts = sorted(path for path in paths if _SCRIPT.search(path))
    for script in scripts[:_SCRIPTS]:
        folder, _, name = script.rpartition("/")
        chosen += [Look(f"{folder}/", known) for known in copies_of(name)]
    if len(scripts) > _SCRIPTS:
        notes.append(f"looked for copies of {_SCRIPTS} of {counted(len(scripts), 'script')}")
    return Plan(tuple(_named(chosen, site.origin.host)), tuple(notes), late)


def looks_in(plan: Plan) -> dict[Request, Look]:
    """The looks of `plan` by their requests, each once."""
    found: dict[Request, Look] = {}
    for look in plan.looks:
        found.setdefault(look.request, look)
    return found


def _named(chosen: Iterable[Look], host: str) -> list[Look]:
    """`chosen` with the target's name in their paths, where it has one."""
    has_name = "." in host and not re.fullmatch(r"[\d.]+|.*:.*", host)
    return [
        Look(look.folder, _with_path(look.known, look.known.path.replace("{host}", host)))
        for look in chosen
        if has_name or "{host}" not in look.known.path
    ]


def _with_path(known: Known, path: str) -> Known:
    return Known(path, known.contents, known.group, known.large, known.status)


async def _crawled(site: Site) -> tuple[set[str], Incomplete | None]:
    """The paths of the target's own pages that were there."""
    paths: set[str] = set()
    try:
        async for page in site.pages():
            path = seen(page).path.partition("?")[0]
            if page.is_success and path.startswith("/"):
                paths.add(path)
    except Incomplete as why:
        return paths, why
    return paths, None


def _folder(root: str) -> str:
    """The folder that an application's start page is in: a last name without a dot is one."""
    folder, _, name = root.partition("?")[0].rpartition("/")
    return f"{folder}/{name}/" if name and "." not in name else f"{folder}/"


def _folders(site: Site, paths: Iterable[str]) -> list[str]:
    """The folders around `paths`, the upper ones first, without those named by a number."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder:
            found.add(f"{folder}/")
            folder = folder.rpartition("/")[0]
    found.add("/")
    real = (folder for folder in found if "{}" not in site.deployment.template(folder))
    return sorted(real, key=lambda folder: (folder.count("/"), folder))


async def _answers_everything(site: Site, folder: str) -> bool:
    """Whether names of three shapes that cannot exist in `folder` get one and the same answer."""
    names = random_word(), f".{random_word()}", f"{random_word()}.php"
    try:
        answers = [await site.get(f"{folder}{name}") for name in names]
    except BudgetSpent:
        raise
    except (Incomplete, Refused, httpx.TransportError):
        return False  # what is asked there will say the same, and is counted
    if any(answer.status_code in (404, 410) for answer in answers):
        return False
    return all(alike(answer, answers[:1]) for answer in answers[1:])


def _beside(path: str, word: str) -> str:
    """`path` with `word` put into its last name, the ending kept."""
    bare = path.rstrip("/")
    folder, slash, name = bare.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    name = f"{stem}{word}{dot}{ending}" if stem else f"{name}{word}"
    return f"{folder}{slash}{name}{path[len(bare) :]}"
