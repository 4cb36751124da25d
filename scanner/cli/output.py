"""Writing reports: each file whole or not at all, whatever else happens on the disk."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

import reports
from scanner.cli.say import let_go
from scanner.model import Report
from scanner.text import one_line

FOLDER = Path("wallwalk-report")


@dataclass(frozen=True)
class Written:
    """The files that were written, in order, and what failed: each format and the reason."""

    paths: tuple[Path, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Output:
    """Where reports go: `formats` into `folder`, or the one format to `file` (`-` is stdout)."""

    formats: tuple[str, ...]
    folder: Path = FOLDER
    file: str = ""

    @classmethod
    def of(cls, formats: str, folder: Path | None, file: str) -> Output:
        """From the options `--format`, `--output-dir` and `--output`.

        Raises click.UsageError for a format that no writer has, and for a place where nothing
        can be written: better now than after a long scan.
        """
        names = tuple(dict.fromkeys(part.strip() for part in formats.split(",") if part.strip()))
        writers = reports.writers()
        for name in names:
            if name not in writers:
                raise click.UsageError(
                    f"--format: there is no format {name!r}; write one of {', '.join(writers)}"
                )
            if writers[name].broken:
                raise click.UsageError(f"--format {name}: {writers[name].broken}")
        if not names:
            raise click.UsageError("--format: names no format; write sarif,html")
        if file and len(names) != 1:
            raise click.UsageError("--output takes one format; add --format sarif, for instance")
        if file and folder:
            raise click.UsageError("--output and --output-dir exclude each other; take one")
        output = cls(names, folder or FOLDER, "-" if file == "/dev/stdout" else file)
        if not output.is_stdout:
            try:
                _prepare(output, own=not (file or folder))
            except OSError as error:
                where = file or output.folder
                raise click.UsageError(
                    f"{where}: reports can't be written here: {error.strerror}"
                ) from None
        return output

    @property
    def is_stdout(self) -> bool:
        return self.file == "-"

    def write(self, report: Report) -> Written:
        """Render and write every format. One that fails takes no other down."""
        paths: list[Path] = []
        failed: list[str] = []
        for name in self.formats:
            try:
                paths += self._write(name, report)
            except OSError as error:
                failed.append(f"{name}: {error.strerror or error}")
            except Exception as error:  # a writer of a plug-in must not lose the other reports
                failed.append(one_line(f"{name}: {type(error).__name__}: {error}"))
        return Written(tuple(paths), tuple(failed))

    def _write(self, name: str, report: Report) -> list[Path]:
        writer = reports.writers()[name]
        if self.is_stdout:
            _print(_encoded(writer.render(report)))
            return []
        first = Path(self.file) if self.file else self.folder / writer.file
        parts = _parts(name, report)
        paths = [_numbered(first, number) for number in range(1, len(parts) + 1)]
        for path, part in zip(paths, parts, strict=True):
            write_whole(path, writer.render(part), through=bool(self.file))
        if not self.file:
            _forget_further(first, len(parts))
        return paths


def _print(data: bytes) -> None:
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except OSError:
        let_go(1)
        raise


def _parts(name: str, report: Report) -> Sequence[Report]:
    if name != "sarif":
        return (report,)
    from reports.sarif import split

    return split(report)


def _numbered(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_stem(f"{path.stem}-{number}")


def _forget_further(first: Path, parts: int) -> None:
    """Remove the further parts of a former scan: they would be read as parts of this one."""
    number = parts + 1
    while os.path.lexists(stale := _numbered(first, number)):
        stale.unlink(missing_ok=True)
        number += 1


def write_whole(path: Path, text: str, *, through: bool = False) -> None:
    """Replace `path` by `text` in one step: a reader, or a full disk, never sees half of it.

    With `through`, a link is followed, and what is no file (a device, a pipe) is written to;
    otherwise they are replaced, since a scanned repository could have put them there.
    """
    if through and path.exists() and not path.is_file():
        path.write_bytes(_encoded(text))
        return
    if through:
        path = path.resolve()
    # NamedTemporaryFile would close and keep too much; its name must not be guessable either.
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_encoded(text))
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _encoded(text: str) -> bytes:
    return text.encode(errors="backslashreplace")


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _prepare(output: Output, *, own: bool) -> None:
    """Make the folder of the reports and see that it can be written to.

    The default folder may lie in a scanned repository, which could have made it a link to
    somewhere else: `own` refuses that, and keeps reports out of the repository's history.
    """
    folder = Path(output.file).parent if output.file else output.folder
    if output.file and Path(output.file).is_dir():
        raise OSError(0, "it is a folder; name it with --output-dir")
    if own and folder.is_symlink():
        raise OSError(0, "it is a link; name a folder with --output-dir")
    fresh = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(0, "permission denied")
    if own and fresh:
        (folder / ".gitignore").write_text("*\n")
