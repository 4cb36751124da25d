"""Where a recorded finding may be tried: what the user named, or loopback."""

from __future__ import annotations

from scanner.contract import Incomplete
from scanner.replay.recorded import BadReport, Recorded
from scanner.scope import Origin
from scanner.targets import BadTargets, Target, TargetsFile, adhoc_target, loopback, moved
from scanner.text import one_line


def aim(found: Recorded, file: TargetsFile | None, word: str | None) -> Target:
    """The target for `found`; `word` is what `--target` names, `file` the targets file.

    Raises BadReport for a target that nobody knows, BadTargets for an address that is none, and
    Incomplete for one that is not this machine while no targets file allows it.
    """
    if word and word.lower().startswith(("http://", "https://")):
        target = adhoc_target(word)
        known = {Origin.of(one.url): one for one in file.targets} if file else {}
        target = known.get(Origin.of(word), target)
    elif file:
        return _named(file, word or found.target)
    elif word:
        raise BadReport(f"--target {one_line(word)}: name a targets file with --config, or a URL")
    else:
        target = _of_report(found)
    if file is None and not loopback(target.url):
        whose = "--target names" if word else "the report names"
        raise Incomplete(
            f"{whose} {target.url}, and without a targets file nothing but this machine is asked",
            "name the targets file that has it with --config",
        )
    return target


def _of_report(found: Recorded) -> Target:
    try:
        return adhoc_target(str(Origin.of(found.url)))
    except (ValueError, BadTargets):
        raise BadReport(
            f"the report has no address that can be asked: {one_line(found.url)}"
        ) from (None)


def _named(file: TargetsFile, word: str) -> Target:
    name, moves, url = word.partition("=")
    for target in file.targets:
        if target.name == name:
            return moved(target, url) if moves else target
    known = ", ".join(target.name for target in file.targets) or "none"
    raise BadReport(
        f"the targets file has no target {one_line(name)!r} (known: {known}); name one by --target"
    )
