"""What a crawl has still to visit, in an order that gives every shape of page its turn."""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import parse_qsl, urlsplit

_NUMBERED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+", re.I)
_CHANGING = re.compile(r"(?:php|j)?sess(?:ion)?_?id|aspsessionid\w*|utm_\w+|_|cachebust\w*", re.I)
"""Query parameters whose values make no other page."""

_PATH_SESSION = re.compile(r";jsessionid=[^/?]*", re.I)
_MAX_HOPS = 100
_MAX_VARIANTS = 64
_MAX_URL = 4_000
_MAX_REPEATS = 8
_SAMPLES = 3
_FILES = {
    kind: frozenset(endings.split())
    for kind, endings in {
        "images": "png jpg jpeg gif webp avif svg ico bmp tif tiff",
        "fonts": "woff woff2 ttf otf eot",
        "media files": "mp3 mp4 m4a m4v ogg ogv wav webm avi mov flac",
        "archives": "zip gz tgz bz2 xz 7z rar tar jar war deb rpm dmg iso exe msi apk",
        "documents": "pdf doc docx xls xlsx ppt pptx odt ods epub",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Place:
    """One URL to visit. `hops` counts the pages of its own shape that led to it in a row."""

    url: str
    shape: str
    found_on: str = ""
    hops: int = 0
    tries: int = 0


@dataclass
class Frontier:
    """URLs to visit, each once.

    The second page of a shape waits until each shape has had its first, and so on: what is
    visited last, and may be left out when the budget ends, is what has most siblings.
    """

    capacity: int
    left_out: Counter[str] = field(default_factory=Counter)
    """Files of a kind that are like those visited: not read, nothing is missed."""
    bounded: Counter[str] = field(default_factory=Counter)
    """Pages that were not visited because there seems to be no end to them, by reason."""

    def __post_init__(self) -> None:
        self._heap: list[tuple[int, int, Place]] = []
        self._known: set[str] = set()
        self._turn = count()
        self._of_shape: Counter[str] = Counter()
        self._names: defaultdict[str, set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, url: str, came_from: Place | None = None) -> bool:
        """Take `url` unless it is known or bounded. Returns whether it was taken."""
        key = _key(url)
        if key in self._known:
            return False
        path_shape, names = _shape(url)
        shape = f"{path_shape}?{names}"
        hops = came_from.hops + 1 if came_from and came_from.shape == shape else 0
        if why := self._endless(url, path_shape, names, hops):
            self.bounded[why] += 1
            return False
        self._known.add(key)
        kind = file_kind(url)
        self._of_shape[kind or shape] += 1
        if kind and self._of_shape[kind] > _SAMPLES:
            self.left_out[kind] += 1
            return False
        self._names[path_shape].add(names)
        self._push(Place(url, shape, came_from.url if came_from else "", hops))
        return True

    def again(self, place: Place) -> None:
        """Visit `place` once more, after everything that is known now."""
        again = Place(place.url, place.shape, place.found_on, place.hops, place.tries + 1)
        self._push(again, rank=self.capacity)

    def pop(self) -> Place:
        return heapq.heappop(self._heap)[2]

    def _push(self, place: Place, rank: int = 0) -> None:
        rank = rank or self._of_shape[place.shape]
        heapq.heappush(self._heap, (rank, next(self._turn), place))

    def _endless(self, url: str, path_shape: str, names: str, hops: int) -> str:
        if len(self._known) >= self.capacity:
            return "beyond what a crawl can remember"
        if len(url) > _MAX_URL:
            return "URLs over 4,000 characters"
        segments = Counter(path_shape.split("/"))
        if max(segments.values()) > _MAX_REPEATS:
            return "paths that repeat themselves"
        if hops > _MAX_HOPS:
            return f"links that lead on and on ({path_shape})"
        known = self._names[path_shape]
        if len(known) >= _MAX_VARIANTS and names not in known:
            return f"ever new combinations of parameters ({path_shape})"
        return ""


def file_kind(url: str) -> str:
    """images, fonts, archives …, by the ending of a URL without a query; else empty."""
    if "?" in url or url.endswith(".xml.gz"):
        return ""
    ending = url.rpartition("/")[2].rpartition(".")[2].lower()
    return next((kind for kind, endings in _FILES.items() if ending in endings), "")


def _key(url: str) -> str:
    """What makes two URLs one page: the order of a query does not, nor does a session id."""
    head, mark, query = url.partition("?")
    head = _PATH_SESSION.sub("", head)
    if not mark:
        return head
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    if not pairs:
        return f"{head}?{query}"
    told = sorted(f"{k}={'' if _CHANGING.fullmatch(k) else v}" for k, v in pairs)
    return f"{head}?{'&'.join(told)}"


def _shape(url: str) -> tuple[str, str]:
    """The path with every number a 0, and the sorted names of the query."""
    parts = urlsplit(url)
    path = _NUMBERED.sub("0", _PATH_SESSION.sub("", parts.path))
    if not parts.query:
        return f"{parts.netloc}{path}", ""
    names = sorted({k for k, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{parts.netloc}{path}", "&".join(names)
