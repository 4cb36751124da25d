"""`${NAME}` in the targets file: where it may stand, what may be read, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from scanner.targets.complaint import Complaint, Path, dotted, named
from scanner.targets.secret import Secret
from scanner.targets.yaml import Keyed, Listed

SECTIONS = (
    "headers",
    "identities",
    "login",
    "logins",
    "registration",
    "reset",
    "password_change",
    "tokens",
    "assistants",
)
PREFIX = "WALLWALK_"

_PLACES = (
    "variables are allowed in the values of headers, identities, logins, registration, reset, "
    "password_change, tokens, assistants and start.env only; write the text out"
)
_VARIABLE = re.compile(r"\$\{([^{}]*)\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Variables:
    """Replaces variables in a document, and remembers what it took from the environment.

    `env` holds the environment, `allowed` the names that `--env` lets in beside `WALLWALK_…`.
    After `fill`, `complaints` says what is wrong and `secrets` holds every text that was read.
    """

    def __init__(self, env: Mapping[str, str], allowed: Collection[str]) -> None:
        self._env = env
        self._allowed = frozenset(allowed)
        self.complaints: list[Complaint] = []
        self.secrets: set[str] = set()

    def fill(self, document: Keyed) -> None:
        """Puts a Secret in place of each text of `document` that holds a variable."""
        for key, value in document.items():
            line = document.lines[key]
            if key == "targets" and isinstance(value, Listed):
                for index, target in enumerate(value):
                    self._target(target, ("targets", index), value.lines[index])
            else:
                self._refuse(value, (key,), line)

    def _target(self, target: Any, path: Path, line: int) -> None:
        if not isinstance(target, Keyed):
            return self._refuse(target, path, line)
        missing: list[str] = []
        for key, value in target.items():
            at = target.lines[key]
            here = (*path, key)
            self._key(key, path, at)
            if key in SECTIONS:
                target[key], lacking = self._filled(value, here, at)
                missing += lacking
            elif key == "start" and isinstance(value, Keyed) and "env" in value:
                rest = {name: entry for name, entry in value.items() if name != "env"}
                self._refuse(rest, here, at, value.lines)
                value["env"], lacking = self._filled(value["env"], (*here, "env"), at)
                value.missing = tuple(dict.fromkeys(lacking))
                missing += lacking
            else:
                self._refuse(value, here, at)
        target.missing = tuple(dict.fromkeys(missing))

    def _filled(self, value: Any, path: Path, line: int) -> tuple[Any, list[str]]:
        """`value` with its variables replaced, and the names of those that are not set."""
        missing: list[str] = []
        if isinstance(value, Keyed):
            for key, entry in value.items():
                at = value.lines[key]
                self._key(key, path, at)
                value[key], lacking = self._filled(entry, (*path, key), at)
                missing += lacking
            value.missing = tuple(dict.fromkeys(missing))
        elif isinstance(value, Listed):
            for index, entry in enumerate(value):
                value[index], lacking = self._filled(entry, (*path, index), value.lines[index])
                missing += lacking
        elif isinstance(value, str) and "${" in value:
            secret = self._secret(value, path, line)
            return secret, list(secret.missing)
        return value, missing

    def _secret(self, written: str, path: Path, line: int) -> Secret:
        missing: list[str] = []

        def put(match: re.Match[str]) -> str:
            name = match[1]
            if not match[0].endswith("}") or not _NAME.match(name):
                text = f"{named(path)} holds a '${{' that names no variable; write ${{WALLWALK_…}}"
                self.complaints.append(Complaint(line, text))
            elif not name.startswith(PREFIX) and name not in self._allowed:
                text = (
                    f"{named(path)}: the variable {name} is not read; "
                    f"call it {PREFIX}{name}, or allow it with --env {name}"
                )
                self.complaints.append(Complaint(line, text))
            elif self._env.get(name):
                self.secrets.add(self._env[name])
                return self._env[name]
            else:
                missing.append(name)
                return ""
            return match[0]

        text = _VARIABLE.sub(put, written)
        return Secret(text, written, tuple(dict.fromkeys(missing)), literal=False)

    def _refuse(
        self, value: Any, path: Path, line: int, lines: Mapping[str, int] | None = None
    ) -> None:
        """Complains of every variable in `value`, where none may stand."""
        if isinstance(value, dict):
            known = value.lines if isinstance(value, Keyed) else lines or {}
            for key, entry in value.items():
                self._key(key, path, known.get(key, line))
                self._refuse(entry, (*path, key), known.get(key, line))
        elif isinstance(value, Listed):
            for index, entry in enumerate(value):
                self._refuse(entry, (*path, index), value.lines[index])
        elif isinstance(value, str) and "${" in value:
            self.complaints.append(Complaint(line, f"{named(path)}: {_PLACES}"))

    def _key(self, key: str, path: Path, line: int) -> None:
        if "${" in key:
            where = f"in {dotted(path)}: " if path else ""
            text = f"{where}a variable can't be a key; write the key out"
            self.complaints.append(Complaint(line, text))
