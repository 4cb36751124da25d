"""From a file to a TargetsFile, and from an address to a target of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from scanner.targets.complaint import BadTargets, Complaint, refusal
from scanner.targets.entry import Entry
from scanner.targets.explain import explained
from scanner.targets.kinds import web_url
from scanner.targets.schema import TargetsFile
from scanner.targets.secret import Secret
from scanner.targets.target import Target, loopback
from scanner.targets.variables import Variables
from scanner.targets.yaml import MAX_BYTES, BadYaml, Keyed, read

# Headers that are credentials by their name; a Cookie may be a mere setting.
_CREDENTIALS = {"authorization", "proxy-authorization", "x-api-key", "x-auth-token", "api-key"}


def load(path: Path, *, env: Mapping[str, str], allowed: Collection[str] = ()) -> TargetsFile:
    """The targets file at `path`, its variables replaced from `env`.

    `allowed` names the variables that may be read beside `WALLWALK_…`. One that is not set
    is no error: what holds it says so (`Entry.missing`). Raises BadTargets with everything
    that is wrong.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refusal(str(path), [Complaint(1, f"can't be read: {reason}; name a file")]) from None
    return parse(data, path, env=env, allowed=allowed)


def parse(
    data: bytes, path: Path, *, env: Mapping[str, str], allowed: Collection[str] = ()
) -> TargetsFile:
    """As `load`, from the file's bytes."""
    try:
        document, complaints = read(data)
    except BadYaml as error:
        raise refusal(str(path), [error.complaint]) from None
    if not isinstance(document, Keyed):
        text = "the file needs 'version' and 'targets'; write version: 1 on its first line"
        raise refusal(str(path), [*complaints, Complaint(1, text)])
    variables = Variables(env, allowed)
    variables.fill(document)
    complaints += variables.complaints
    try:
        file = TargetsFile.model_validate(document)
    except ValidationError as error:
        complaints += explained(error.errors(include_url=False), document)
        raise refusal(str(path), complaints) from None
    complaints += _disagreements(file)
    if complaints:
        raise refusal(str(path), complaints)
    file._path = path
    file._secrets = _collected(file, variables.secrets)
    return file


def secrets_of(file: TargetsFile) -> tuple[str, ...]:
    """Every configured secret text, the longest first: all that must be masked."""
    return file._secrets


def adhoc_target(url: str) -> Target:
    """A target of its own for `url`, named after its host; raises BadTargets."""
    if not web_url(url):
        text = "--target: not an http or https URL with a host and no user, query or fragment"
        raise BadTargets([f"{text}; write http://127.0.0.1:8000"])
    parts = urlsplit(url)
    host = (parts.hostname or "").replace(":", "-")
    name = "ipv6-" + host if "[" in parts.netloc else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    if parts.port and parts.port != usual:
        name += f"-{parts.port}"
    return Target.model_validate({"name": re.sub(r"[^A-Za-z0-9._-]", "-", name)[:100], "url": url})


def moved(target: Target, url: str) -> Target:
    """`target` at another address (`--target NAME=URL`); raises BadTargets.

    Literal passwords stay on loopback here too; `plain_url` belongs to the old address.
    """
    adhoc_target(url)
    elsewhere = target.model_copy(update={"url": url, "plain_url": None})
    complaints = [c.text for c in _literals(elsewhere, f"target {target.name} at another address")]
    if complaints:
        raise BadTargets(complaints)
    return elsewhere


def _disagreements(file: TargetsFile) -> Iterator[Complaint]:
    """What only shows when keys are held against each other."""
    first: dict[str, int] = {}
    for index, target in enumerate(file.targets):
        where = f"targets[{index}]"
        if target.name in first:
            line = target.line_of("name")
            text = f"'name' in {where}: {target.name!r} is on line {first[target.name]} already"
            yield Complaint(line, f"{text}; write another name")
        first.setdefault(target.name, target.line_of("name"))
        if target.login_alone is not None and target.logins_named is not None:
            text = f"'login' in {where} stands beside 'logins'; move it into logins"
            yield Complaint(target.line_of("login"), text)
        yield from _identities(target, where)
        for tokens in target.tokens:
            for foreign in tokens.foreign:
                if foreign.login not in target.logins and not foreign.missing:
                    text = f"'login' in {where}.tokens.foreign names none of the logins"
                    known = ", ".join(target.logins) or "a login, and add it to logins"
                    yield Complaint(foreign.line_of("login"), f"{text}; write {known}")
        yield from _literals(target, where)


def _identities(target: Target, where: str) -> Iterator[Complaint]:
    stored = any(login.kind in ("storage_state", "browser") for login in target.logins.values())
    for name, identity in target.identities.items():
        if identity.username is None and identity.token is None and not stored:
            text = f"{name!r} in {where}.identities has no way in; write username and password"
            yield Complaint(identity.line, f"{text}, or a token")
        elif identity.password is not None and identity.username is None:
            text = f"{name!r} in {where}.identities has a password and no username"
            yield Complaint(identity.line_of("password"), f"{text}; write username: {name}")


def _literals(target: Target, where: str) -> Iterator[Complaint]:
    """Passwords and tokens written out, which only a target on loopback may have."""
    if loopback(target.url):
        return
    mend = 'which only a loopback target may have; write "${WALLWALK_…}"'
    for line, key, secret in _secrets(target):
        if secret.literal:
            yield Complaint(line, f"{key!r} in {where} is a secret written out, {mend}")
    for name, value in target.headers.items():
        if name.lower() in _CREDENTIALS and isinstance(value, str):
            line = target.line_of("headers")
            yield Complaint(line, f"{name!r} in {where}.headers is a secret written out, {mend}")


def _collected(file: TargetsFile, read: set[str]) -> tuple[str, ...]:
    texts = set(read)
    for target in file.targets:
        texts |= {secret.reveal() for _, _, secret in _secrets(target) if not secret.missing}
        for name, value in target.headers.items():
            if name.lower() in _CREDENTIALS and isinstance(value, str):
                texts |= {value, value.rpartition(" ")[2]}
    return tuple(sorted(texts - {""}, key=lambda text: (-len(text), text)))


def _secrets(value: Any, line: int = 1, key: str = "") -> Iterator[tuple[int, str, Secret]]:
    """Every Secret inside `value`, with its line and key."""
    if isinstance(value, Secret):
        yield line, key, value
    elif isinstance(value, Entry):
        for name, inner in value.entries():
            yield from _secrets(inner, value.line_of(name), name)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _secrets(inner, line, str(name))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _secrets(inner, line, key)
