"""Writing reports: each file whole or not at all, whatever else happens on the disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

import reports
from scanner.model import Report

FOLDER = Path("wallwalk-report")


class NotWritten(Exception):
    """A report that could not be written; names the file and the reason."""


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
        output = cls(names, folder or FOLDER, file)
        if file != "-":
            try:
                _prepare(Path(file).parent if file else output.folder, own=not (file or folder))
            except OSError as error:
                where = file or output.folder
                raise click.UsageError(
                    f"{where}: reports can't be written here: {error.strerror}"
                ) from None
        return output

    @property
    def is_stdout(self) -> bool:
        return self.file == "-"

    def write(self, report: Report) -> list[Path]:
        """Render and write every format; returns the files, in order.

        A format that fails takes no other down. Raises NotWritten, naming all that failed.
        """
        written: list[Path] = []
        failed: list[str] = []
        for name in self.formats:
            try:
                written += self._write(name, report)
            except OSError as error:
                failed.append(f"{name}: {error.strerror or error}")
            except Exception as error:  # a writer of a plug-in must not lose the other reports
                failed.append(f"{name}: {type(error).__name__}: {error}")
        if failed:
            raise NotWritten(f"reports were not written: {'; '.join(failed)}")
        return written

    def _write(self, name: str, report: Report) -> list[Path]:
        writer = reports.writers()[name]
        if self.is_stdout:
            click.echo(writer.render(report), nl=False)
            return []
        first = Path(self.file) if self.file else self.folder / writer.file
        parts = _parts(name, report)
        paths = [_numbered(first, number) for number in range(1, len(parts) + 1)]
        for path, part in zip(paths, parts, strict=True):
            write_whole(path, writer.render(part))
        return paths


def _parts(name: str, report: Report) -> Sequence[Report]:
    if name != "sarif":
        return (report,)
    from reports.sarif import split

    return split(report)


def _numbered(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_stem(f"{path.stem}-{number}")


def write_whole(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step: a reader, or a full disk, never sees half of it."""
    # NamedTemporaryFile would close and keep too much; its name must not be guessable either.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _prepare(folder: Path, *, own: bool) -> None:
    """Make `folder` and see that it can be written to.

    The default folder may lie in a scanned repository, which could have made it a link to
    somewhere else: `own` refuses that, and keeps reports out of the repository's history.
    """
    if own and folder.is_symlink():
        raise OSError(0, "it is a link; name a folder with --output-dir")
    fresh = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(0, "permission denied")
    if own and fresh:
        (folder / ".gitignore").write_text("*\n")
