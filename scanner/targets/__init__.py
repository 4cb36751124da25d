"""The targets file: where applications run, and what only a person knows of them."""

from __future__ import annotations

from scanner.targets.complaint import BadTargets
from scanner.targets.dangerous import looks_dangerous
from scanner.targets.keys import keys_set, unbuilt_keys
from scanner.targets.load import adhoc_target, load, moved, secrets_of
from scanner.targets.login import Identity, Login
from scanner.targets.paths import matches, named_exactly, out_of_scope, touches
from scanner.targets.schema import (
    AcceptedIncomplete,
    Advisories,
    SourceSettings,
    Suppression,
    TargetsFile,
    json_schema,
)
from scanner.targets.secret import MissingVariables, Secret, missing_in, revealed
from scanner.targets.target import (
    Authorization,
    Limits,
    Scope,
    Target,
    authorized,
    loopback,
)

__all__ = [
    "AcceptedIncomplete",
    "Advisories",
    "Authorization",
    "BadTargets",
    "Identity",
    "Limits",
    "Login",
    "MissingVariables",
    "Scope",
    "Secret",
    "SourceSettings",
    "Suppression",
    "Target",
    "TargetsFile",
    "adhoc_target",
    "authorized",
    "json_schema",
    "keys_set",
    "load",
    "looks_dangerous",
    "loopback",
    "matches",
    "missing_in",
    "moved",
    "named_exactly",
    "out_of_scope",
    "revealed",
    "secrets_of",
    "touches",
    "unbuilt_keys",
]
