"""The example that people copy from is right and leaves nothing out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from scanner.targets import json_schema, load

EXAMPLE = Path(__file__).parents[1] / "targets.example.yaml"


def keys_of_schema() -> set[str]:
    schema = json_schema()
    definitions = [schema, *schema["$defs"].values()]
    return {key for part in definitions for key in part.get("properties", {})}


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_the_example_validates() -> None:
    file = load(EXAMPLE, env={})

    assert [target.name for target in file.targets] == ["local", "staging", "small"]


def test_the_example_shows_every_key_of_the_schema() -> None:
    shown = set(keys_of(yaml.safe_load(EXAMPLE.read_text())))

    assert keys_of_schema() - shown == set()


def test_the_json_schema_agrees_with_the_example() -> None:
    example = json.loads(json.dumps(yaml.safe_load(EXAMPLE.read_text()), default=str))
    validator = jsonschema_rs.validator_for(json_schema())

    assert [error.message for error in validator.iter_errors(example)] == []


def test_the_minimal_part_is_enough(tmp_path: Path) -> None:
    minimal = EXAMPLE.read_text().split("# From here on")[0]
    alone = tmp_path / "targets.yaml"
    alone.write_text(minimal)

    file = load(alone, env={})

    assert [target.url for target in file.targets] == ["http://127.0.0.1:8000"]
