"""A mapping of the targets file as a frozen value that knows its lines and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, PrivateAttr, model_validator

from scanner.targets.yaml import Keyed


class Entry(BaseModel):
    """What every mapping of the file is; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    _line: int = PrivateAttr(default=0)
    _lines: Mapping[str, int] = PrivateAttr(default_factory=dict)
    _missing: tuple[str, ...] = PrivateAttr(default=())

    @property
    def line(self) -> int:
        """The line of the file where it starts; 0 when it does not come from a file."""
        return self._line

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables named anywhere inside it that are not set."""
        return self._missing

    def line_of(self, key: str) -> int:
        """The line of one of its keys, as written in the file."""
        return self._lines.get(key, self._line)

    def entries(self) -> Iterator[tuple[str, Any]]:
        """Its keys that the file sets, as written there, each with its value."""
        fields = type(self).model_fields
        for name in self.model_fields_set:
            if name in fields:
                yield fields[name].alias or name, getattr(self, name)
        yield from (self.__pydantic_extra__ or {}).items()

    def __repr__(self) -> str:
        # Values may come from variables: the keys say enough for a traceback.
        keys = ", ".join(sorted(key for key, _ in self.entries()))
        return f"<{type(self).__name__} at line {self._line}: {keys}>"

    __str__ = __repr__

    @model_validator(mode="wrap")
    @classmethod
    def _keep_place(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        made = handler(value)
        if isinstance(value, Keyed):
            made._line = value.line
            made._lines = value.lines
            made._missing = value.missing
        return made
