"""The targets file as a whole, and its JSON Schema for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from scanner.targets.entry import Entry
from scanner.targets.kinds import Date, Text, Url
from scanner.targets.target import Target


class Advisories(Entry):
    """Where known vulnerabilities are looked up."""

    service: Literal["auto", "pypi", "osv", "store"] = Field(
        default="auto", description="auto, pypi, osv or store."
    )
    url: Url | None = Field(
        default=None, description="A mirror of an OSV service; with service: osv."
    )

    @model_validator(mode="after")
    def _mirror(self) -> Advisories:
        if self.url is not None and self.service not in ("auto", "osv"):
            raise PydanticCustomError(
                "wallwalk", "has a url, which is for OSV services; write service: osv"
            )
        return self


class SourceSettings(Entry):
    """What `scan PATH` reads."""

    exclude: tuple[Text, ...] = Field(default=(), description='Files left out: "vendor/**".')
    tests: tuple[Text, ...] | None = Field(
        default=None, description='Tests, judged less: "tests/**".'
    )
    advisories: Advisories = Field(
        default=Advisories(), description="Where known vulnerabilities are looked up."
    )


class Suppression(Entry):
    """Findings that are known and bearable until a day."""

    check: Text = Field(description="A check, rule or prefix: headers/csp.")
    path: Text | None = Field(default=None, description='Only here: "/legacy/**".')
    reason: Text = Field(description="Why it is bearable.")
    until: Date = Field(description="The last day on which this holds: 2027-03-31.")


class AcceptedIncomplete(Entry):
    """A check that can't be done, known and bearable until a day."""

    check: Text = Field(description="The check: dependencies/python.")
    reason: Text = Field(description="Why it is bearable.")
    until: Date = Field(description="The last day on which this holds: 2027-03-31.")


def _first(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value == 1:
        return value
    raise PydanticCustomError("wallwalk", "must be 1, the only version there is; write version: 1")


Version = Annotated[Literal[1], BeforeValidator(_first)]


class TargetsFile(Entry):
    """wallwalk's targets file: where applications run and what only you know of them."""

    version: Version = Field(description="The version of this format: 1.")
    source: SourceSettings = Field(default=SourceSettings(), description="What `scan PATH` reads.")
    targets: tuple[Target, ...] = Field(default=(), description="The running applications.")
    suppressions: tuple[Suppression, ...] = Field(
        default=(), description="Findings that are bearable."
    )
    accepted_incomplete: tuple[AcceptedIncomplete, ...] = Field(
        default=(), description="Checks that can't be done, known and bearable."
    )

    _path: Path = PrivateAttr(default=Path("targets.yaml"))
    _secrets: tuple[str, ...] = PrivateAttr(default=())

    @property
    def path(self) -> Path:
        """Where it was read; files that it names are beside it."""
        return self._path


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the targets file."""
    schema = TargetsFile.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "wallwalk targets file",
    }
