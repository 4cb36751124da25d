"""Text that must not be shown: given in the file, or by a variable that may be missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError, core_schema


class MissingVariables(Exception):
    """A value is needed whose variable is not set; `names` are the variables."""

    def __init__(self, names: tuple[str, ...]) -> None:
        verb = "is" if len(names) == 1 else "are"
        super().__init__(f"{', '.join(names)} {verb} not set")
        self.names = names


class Secret:
    """Text that is masked wherever it is printed.

    `written` is what stands in the file; `missing` names the variables in it that are not set;
    `literal` says that no variable is in it at all. Not a dataclass, because those are
    serialised field by field.
    """

    __slots__ = ("_text", "literal", "missing", "written")

    def __init__(
        self, text: str, written: str, missing: tuple[str, ...] = (), *, literal: bool = True
    ) -> None:
        self._text = text
        self.written = written
        self.missing = missing
        self.literal = literal

    def reveal(self) -> str:
        """The text. Raises MissingVariables when a variable of it is not set."""
        if self.missing:
            raise MissingVariables(self.missing)
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _secret,
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )


def _secret(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, str) and value:
        return Secret(value, value)
    raise PydanticCustomError("secret", "must be text")


def revealed(value: Any) -> Any:
    """`value` (text, list, mapping, nested) with every Secret in it replaced by its text.

    For headers, bodies, form fields and `start.env`. Raises MissingVariables, naming every
    variable in `value` that is not set.
    """
    missing = missing_in(value)
    if missing:
        raise MissingVariables(missing)
    return _opened(value)


def missing_in(value: Any) -> tuple[str, ...]:
    """The variables in `value` that are not set, in the order in which they are met."""
    if isinstance(value, Secret):
        return value.missing
    inner: list[Any] = []
    if isinstance(value, Mapping):
        inner = list(value.values())
    elif isinstance(value, list | tuple):
        inner = list(value)
    return tuple(dict.fromkeys(name for entry in inner for name in missing_in(entry)))


def _opened(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: _opened(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_opened(entry) for entry in value]
    return value


def _open_text(value: object) -> object:
    if isinstance(value, str | Secret):
        return value
    raise PydanticCustomError("secret", "must be text")


Open = Annotated[str | Secret, PlainValidator(_open_text), WithJsonSchema({"type": "string"})]
"""Text that may hold a variable: plain when it has none, else a Secret (see `revealed`)."""


def _leaves(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _leaf(str(key), entry) for key, entry in value.items()}
    raise PydanticCustomError("wallwalk", 'must be a mapping; write {username: "{username}"}')


def _leaf(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _leaves(value)
    if isinstance(value, list):
        return [_leaf(key, entry) for entry in value]
    if isinstance(value, str) and "{" not in value and value and _tells(key):
        return Secret(value, value)
    return value


def _tells(key: str) -> bool:
    """Whether a field of this name holds a credential, so that a literal in it is a secret."""
    plain = re.sub(r"[^a-z]", "", key.lower())
    return plain in {"password", "passwd", "pwd", "passphrase", "secret", "clientsecret", "apikey"}


Body = Annotated[dict[str, Any], PlainValidator(_leaves), WithJsonSchema({"type": "object"})]
"""A request's body; leaves that hold variables or literal passwords are Secret (`revealed`)."""
