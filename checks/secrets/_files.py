"""Which files are read for secrets, how, and how their lines are shown."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from checks.container._credentials import secret_in
from scanner import Incomplete, Source, SourceFile
from scanner.masking import MASK
from scanner.source import compose, dockerfile, named

_PICTURES_AND_PACKAGES = re.compile(
    r".*\.(?:png|jpe?g|gif|webp|ico|bmp|tiff?|psd|svgz|mp[34]|m4[av]|mov|avi|mkv|webm|ogg|wav|flac"
    r"|pdf|docx?|xlsx?|pptx?|odt|zip|gz|tgz|bz2|xz|zst|7z|rar|tar|jar|war|whl|egg|deb|rpm|apk|dmg"
    r"|iso|exe|dll|so|dylib|a|o|class|pyc|wasm|woff2?|ttf|otf|eot|bin|dat|npy|npz|parquet|onnx"
    r"|safetensors|pth?|h5|db|sqlite3?|mdb)",
    re.IGNORECASE | re.DOTALL,
)
_PROSE = re.compile(
    r"(?:.*/)?(?:docs?|documentation|examples?|samples?|locales?|i18n|translations?|lang)/.*"
    r"|.*\.(?:md|mdx|rst|adoc|markdown|po|pot|xlf|strings|ipynb|tex|html?\.erb)"
    r"|(?:.*[._/-])?(?:example|sample|template|dist|tmpl|tpl|j2)s?(?:\.\w+)?"
    r"|(?:.*/)?(?:CHANGELOG|README|CONTRIBUTING|SECURITY)[^/]*",
    re.IGNORECASE | re.DOTALL,
)
_MADE = re.compile(
    r".*(?:[.-]lock(?:\.\w+)?|\.lockb?|package-lock\.json|npm-shrinkwrap\.json|go\.sum"
    r"|pnpm-lock\.yaml|\.min\.\w+|\.map|\.svg|\.snap|\.csv|\.tsv|\.css|\.scss|\.less"
    r"|\.bundle\.js|\.pem|\.crt|\.cer|\.pub|\.asc|\.sig|\.sarif|\.patch|\.diff)"
    r"|(?:.*/)?(?:node_modules|vendor|third_party)/.*",
    re.IGNORECASE | re.DOTALL,
)
_SETTINGS = re.compile(
    r".*\.(?:ya?ml|toml|ini|cfg|conf|cnf|config|properties|env|sh|bash|zsh|fish|ps1|bat|cmd|tfvars"
    r"|tf|hcl|service|netrc|npmrc|pypirc)|(?:.*/)?\.(?:env[^/]*|netrc|npmrc|pypirc|pgpass|git-credentials|my\.cnf)"
    r"|(?:.*/)?credentials",
    re.IGNORECASE | re.DOTALL,
)


_TEST_CODE = re.compile(
    r".*[._](?:spec|test|tests|stories|cy|e2e)\.\w+|(?:.*/)?\w*Tests?\.(?:java|kt|cs|swift|php)"
    r"|(?:.*/)?(?:__tests__|__mocks__|__fixtures__|testdata|testing|spec|cypress|e2e)/.*",
    re.DOTALL,
)


def is_test_code(path: str) -> bool:
    """Test code by the customs of languages other than Python."""
    return _TEST_CODE.fullmatch(path) is not None


def is_prose(path: str) -> bool:
    """Documentation, examples, templates and translations: what they show is made up."""
    return _PROSE.fullmatch(path) is not None


def is_made(path: str) -> bool:
    """Made by a program, or data: nobody has written a password into it."""
    return _MADE.fullmatch(path) is not None


def is_settings(path: str) -> bool:
    """A file in which values need no quotes."""
    return _SETTINGS.fullmatch(path) is not None


def unread(source: Source, *globs: str) -> None:
    """Raises Incomplete where a file that can hold a secret could not be read."""
    left = [
        one.path
        for one in source.left_out(*globs)
        if one.why not in ("binary", "leads out of the tree")
        and not _PICTURES_AND_PACKAGES.fullmatch(one.path)
    ]
    if left:
        raise Incomplete(
            f"not searched for secrets: {named(left)} (unreadable or too large)",
            "make them readable, or leave them out under source.exclude in the targets file",
        )


def lines_judged_elsewhere(file: SourceFile) -> frozenset[int]:
    """The lines of a Dockerfile or compose file that container/secret-in-env reports."""
    if re.fullmatch(r"(?:docker-)?compose[^/]*\.ya?ml", file.name):
        services = compose.parse(file.text).services
        pairs = [pair for one in services for pair in (*one.environment, *one.build_args)]
        return frozenset(value.line for name, value in pairs if secret_in(name, value.text))
    if re.fullmatch(r"(?i)(?:.*\.)?(?:dockerfile|containerfile)(?:\..*)?", file.name):
        held = (one.trigger or one for one in dockerfile.parse(file.text).instructions)
        return frozenset(
            word.line
            for one in held
            if one.name in ("ENV", "ARG")
            for name, word in one.pairs()
            if word is not None and secret_in(name, word.text)
        )
    return frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """Where a secret stands: line and column from 1."""

    line: int
    column: int
    secret: str


class Places:
    """Lines and columns of offsets in a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_of(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def span(self, offset: int, secret: str) -> Span:
        line = self.line_of(offset)
        return Span(line, offset - self._starts[line - 1] + 1, secret)


def concealed(file: SourceFile, spans: Iterable[Span]) -> SourceFile:
    """The file as it may be shown: nothing of a line behind where its first secret begins."""
    begins: dict[int, int] = {}
    secrets = set()
    for span in spans:
        begins[span.line] = min(span.column, begins.get(span.line, span.column))
        secrets.add(span.secret)
    shown = {line: file.lines[line - 1][: column - 1] + MASK for line, column in begins.items()}
    for line, text in shown.items():
        for secret in secrets:
            text = text.replace(secret, MASK)
        shown[line] = text
    return file.concealing(shown)
