"""Text becomes values with lines, and hostile text becomes one complaint."""

from __future__ import annotations

import pytest

from scanner.targets.yaml import MAX_BYTES, BadYaml, read


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("off", "off"),
        ("n", "n"),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        (".inf", ".inf"),
        ("2027-01-31", "2027-01-31"),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(written: str, value: object) -> None:
    document, complaints = read(f"key: {written}\n".encode())

    assert complaints == []
    assert document["key"] == value
    assert type(document["key"]) is type(value)


def test_keys_and_entries_know_their_lines() -> None:
    document, _ = read(b"a:\n  b: 1\n  c:\n    - x\n    - y\n")

    assert document["a"].lines == {"b": 2, "c": 3}
    assert document["a"]["c"].lines == [4, 5]


def test_keys_stay_text() -> None:
    document, _ = read(b"1: a\ntrue: b\non: c\n")

    assert list(document) == ["1", "true", "on"]


def test_an_alias_is_read() -> None:
    document, complaints = read(b"a: &x [1, 2]\nb: *x\n")

    assert complaints == []
    assert document["b"] == [1, 2]
    assert document["b"] is not document["a"]


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"a: [", 2, "did not find expected node content"),
        (b"a: 1\nb: x: y\n", 2, "mapping values are not allowed"),
        (b"a:\n\tb: 1\n", 2, "indent with spaces"),
        (b"a: *b\n", 1, "define it first with &name"),
        (b"a: 1\n---\nb: 1\n", 2, "keep one document"),
        (b"a: 1\n# \xff\n", 2, "not UTF-8"),
        ("a: 1".encode("utf-16"), 1, "not UTF-8"),
        (b"a: 1\nb: \x1b[31m\n", 2, "a control character"),
        (b"#" * (MAX_BYTES + 1), 1, "the file is over 4 MB"),
        (b"[" * 5000, 1, "nest"),
        (b"[" * 50 + b"]" * 50, 1, "nested more than 40 deep"),
        (b"a: &a [*a]\n", 1, "an alias that holds itself"),
        (b"[" + b"x," * 600_000 + b"]", 1, "more than 500000 values; split the file"),
        (BOMB.encode(), 1, "more than 500000 values with aliases written out"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_text_is_refused_with_its_line(data: bytes, line: int, words: str) -> None:
    with pytest.raises(BadYaml) as caught:
        read(data)

    assert words in caught.value.complaint.text
    assert caught.value.complaint.line == line or words.startswith("more than")


@pytest.mark.parametrize(
    ("data", "line", "text"),
    [
        (b"a: 1\nb: 2\na: 3\n", 3,
         "duplicate key 'a'; it already stands on line 1, keep one of the two"),
        (b"a:\n  <<: {b: 1}\n", 2, "in a: merge keys (<<) are not read; write the keys out"),
        (b"a: !!python/name:os.system x\n", 1,
         "in a: the tag 'tag:yaml.org,2002:python/name:os.system' is not read; leave it out"),
        (b"a: !x {b: 1}\n", 1, "in a: the tag '!x' is not read; leave it out"),
        (b"a: !!set {b}\n", 1, "in a: the tag 'tag:yaml.org,2002:set' is not read; leave it out"),
        (b"? [a]\n: 1\n", 1, "a list or mapping can't be a key; write one word"),
        (b"a: " + b"9" * 5000, 1,
         "in a: not a number that can be read; write it in quotes"),
        (b"a: 1e999\n", 1, "in a: not a number that can be read; write it in quotes"),
        (b"a: !!bool perhaps\n", 1,
         "in a: the tag 'tag:yaml.org,2002:bool' is not read; leave it out"),
    ],
)  # fmt: skip
def test_what_yaml_allows_and_we_do_not_is_told(data: bytes, line: int, text: str) -> None:
    _, complaints = read(data)

    assert [(c.line, c.text) for c in complaints] == [(line, text)]
