from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.source.compose import Service, parse
from scanner.source.marked_yaml import MOST_VALUES


def service(body: str) -> Service:
    """The one service `web` whose keys are `body`, on line 3 and the following."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    parsed = parse(f"services:\n  web:\n{lines}")
    assert parsed.complaints == ()
    (found,) = parsed.services
    return found


def complaints(text: str) -> list[tuple[int, str]]:
    return [(complaint.line, complaint.reason) for complaint in parse(text).complaints]


def test_a_service_and_its_values_know_their_lines():
    web = service("image: nginx:1.27\nprivileged: true\ncap_add:\n  - NET_ADMIN\n  - 'ALL'\n")

    assert (web.name, web.line, web.column) == ("web", 2, 3)
    assert web.image is not None
    assert (web.image.text, web.image.line, web.image.column) == ("nginx:1.27", 3, 12)
    assert web.privileged is not None
    assert web.privileged.is_true
    assert [(v.text, v.line, v.column) for v in web.cap_add] == [
        ("NET_ADMIN", 6, 9),
        ("ALL", 7, 10),
    ]


@pytest.mark.parametrize(
    ("written", "true"),
    [("yes", True), ('"true"', True), ("${P:-true}", True), ("false", False), ("${P}", False)],
)
def test_booleans_are_read_as_compose_casts_them(written, true):
    privileged = service(f"privileged: {written}").privileged

    assert privileged is not None
    assert privileged.is_true is true


@pytest.mark.parametrize(
    ("written", "host", "container", "everywhere"),
    [
        ("5432:5432", "", (5432, 5432), True),
        ('"5432"', "", (5432, 5432), True),
        ("5432", "", (5432, 5432), True),
        ('"127.0.0.1:15432:5432"', "127.0.0.1", (5432, 5432), False),
        ('"127.0.0.1::5432/tcp"', "127.0.0.1", (5432, 5432), False),
        ('"0.0.0.0:1:5432/udp"', "0.0.0.0", (5432, 5432), True),
        ('"[::1]:1:5432"', "::1", (5432, 5432), False),
        ('"[::]:1:5432"', "::", (5432, 5432), True),
        ('"::1:1:5432"', "::1", (5432, 5432), False),
        ('"${BIND:-127.0.0.1}:1:5432"', "127.0.0.1", (5432, 5432), False),
        ('"${BIND:?say}:1:5432"', "$", (5432, 5432), False),
        ('"${PORT}:5432"', "", (5432, 5432), True),
        ('"${PORT}"', "", None, True),
        ('"9000-9002:9000-9002"', "", (9000, 9002), True),
        ("{target: 5432, published: 1}", "", (5432, 5432), True),
        ("{target: 5432, host_ip: 127.0.0.1}", "127.0.0.1", (5432, 5432), False),
    ],
)
def test_ports_in_every_syntax(written, host, container, everywhere):
    (port,) = service(f"ports:\n  - {written}").ports

    assert (port.host, port.container) == (host, container)
    assert port.on_every_interface is everywhere
    assert port.value.line == 4


@pytest.mark.parametrize(
    ("written", "sources"),
    [
        ("data:/data", ["data"]),
        ("/run/docker.sock:/run/docker.sock:ro", ["/run/docker.sock"]),
        ("${SOCK:-/run/docker.sock}:/x", ["/run/docker.sock"]),
        ("/only/in/the/container", []),
        ('"C:\\\\data:/data"', ["C:\\data"]),
        ("{type: bind, source: /a, target: /b, read_only: true}", ["/a"]),
        ("{type: tmpfs, target: /b}", []),
    ],
)
def test_mounts_in_every_syntax(written, sources):
    mounts = service(f"volumes:\n  - {written}").mounts

    assert [mount.source for mount in mounts] == sources


def test_the_environment_as_a_mapping_and_as_a_list():
    mapping = service('environment:\n  A: one\n  B: "${X:-two}"\n  C:\n  D: ${X}').environment
    listed = service('environment:\n  - A=one\n  - "B=t=o"\n  - C').environment

    assert [(n, v.text, v.line, v.column, v.missing) for n, v in mapping] == [
        ("A", "one", 4, 10, ()),
        ("B", "two", 5, 11, ()),
        ("D", "${X}", 7, 10, ("X",)),
    ]
    assert [(n, v.text, v.line, v.column) for n, v in listed] == [
        ("A", "one", 4, 11),
        ("B", "t=o", 5, 12),
    ]


def test_two_dollar_signs_are_one():
    ((_, value),) = service("environment: {A: 'p$$w'}").environment

    assert (value.text, value.missing) == ("p$w", ())


def test_arguments_of_a_build_are_read():
    web = service("build:\n  context: .\n  args:\n    TOKEN: abc")

    assert [(name, value.text) for name, value in web.build_args] == [("TOKEN", "abc")]
    assert web.whole


def test_anchors_and_merge_keys_are_resolved_to_where_they_are_written():
    text = (
        "x-base: &base\n  privileged: true\n  image: a:1\n"
        "services:\n  web:\n    <<: *base\n    image: b:1\n"
        "  other:\n    <<: [*base]\n    privileged: false\n"
    )

    web, other = parse(text).services

    assert web.privileged is not None
    assert (web.privileged.is_true, web.privileged.line) == (True, 2)
    assert web.image is not None
    assert web.image.text == "b:1"
    assert other.privileged is not None
    assert not other.privileged.is_true


def test_extends_adds_to_lists_and_replaces_single_values():
    text = (
        "services:\n"
        "  base:\n    image: a:1\n    privileged: true\n    cap_add: [ALL]\n"
        "    environment: {A: one, B: one}\n"
        "  web:\n    extends: {service: base}\n    image: b:1\n    cap_add: [CHOWN]\n"
        "    environment: [B=two]\n"
        "  plain:\n    extends: web\n"
    )

    _, web, plain = parse(text).services

    assert web.image is not None
    assert web.image.text == "b:1"
    assert web.privileged is not None
    assert [value.text for value in web.cap_add] == ["ALL", "CHOWN"]
    assert [(name, value.text) for name, value in web.environment] == [("A", "one"), ("B", "two")]
    assert [value.text for value in plain.cap_add] == ["ALL", "CHOWN"]


def test_reset_and_override_take_back_what_was_extended():
    text = (
        "services:\n  base: {image: a, privileged: true, cap_add: [ALL], ports: ['1:1']}\n"
        "  web:\n    extends: base\n    privileged: !reset null\n    cap_add: !override [CHOWN]\n"
        "    ports: !reset []\n"
    )

    web = parse(text).services[1]

    assert web.privileged is None
    assert [value.text for value in web.cap_add] == ["CHOWN"]
    assert web.ports == ()


def test_what_a_service_extends_in_another_file_is_named():
    web = service("extends:\n  file: common.yml\n  service: base")

    assert web.elsewhere == "common.yml"


def test_a_fragment_without_an_image_is_not_a_whole_service():
    assert not service("ports: ['1:1']").whole
    assert service("image: a:1").whole


def test_line_ends_that_only_yaml_knows_do_not_move_the_lines():
    web = parse("services:\n  web: # \u2028 \x85 \u2029\n    image: a:1\n").services[0]

    assert web.image is not None
    assert web.image.line == 3


@pytest.mark.parametrize(
    "text", ["include: [a.yml]\n", "x-a: 1\n", "services:\n", "volumes: {a: }\n"]
)
def test_a_file_without_services_of_its_own_is_fine(text):
    parsed = parse(text)

    assert (parsed.services, parsed.complaints) == ((), ())


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "the file is empty"),
        ("services:\n  a: [\n", 3, "did not find expected node content"),
        ("a: b: c\n", 1, "mapping values are not allowed in this context"),
        ("just words\n", 1, "a mapping belongs here"),
        ("web:\n  image: a\n", 1, "there are no services"),
        ("services: [a]\n", 1, "a mapping belongs here"),
        ("services:\n  a: text\n", 2, "a mapping belongs here"),
        ("services:\n  a: {image: a}\n  a: {image: b}\n", 3, "a is there twice"),
        ("services:\n  ? [x]\n  : y\n", 2, "a key must be a word"),
        ("services:\n  a:\n    ports: 1:1\n", 3, "ports takes a list"),
        ("services:\n  a:\n    ports: [{published: 1}]\n", 3, "a port takes a target"),
        ("services:\n  a:\n    image: [b]\n", 3, "a single value belongs here"),
        ("services:\n  a:\n    extends: b\n", 3, "extends b, which is not there"),
        ("services:\n  a:\n    extends: a\n", 2, "extends itself"),
        ("a: \x00\n", 1, "control characters are not allowed"),
        ("a: \ud800\n", 1, "a character that is none"),
    ],
)
def test_what_docker_refuses_is_a_complaint(text, line, reason):
    assert (line, reason) in complaints(text)


def test_the_other_services_of_a_broken_file_are_read():
    parsed = parse("services:\n  a: text\n  b: {image: x}\n")

    assert [s.name for s in parsed.services] == ["a", "b"]


def test_aliases_that_multiply_end_at_a_limit_and_it_is_said():
    items = ", ".join(["ALL"] * 1000)
    bomb = "".join(f"  s{i}: {{image: a, cap_add: *many}}\n" for i in range(1000))

    parsed = parse(f"x-m: &many [{items}]\nservices:\n{bomb}")

    assert sum(len(s.cap_add) for s in parsed.services) <= MOST_VALUES
    assert any(c.reason.startswith(f"over {MOST_VALUES} values") for c in parsed.complaints)


@pytest.mark.parametrize(
    "text",
    [
        "x: &x\n  <<: *x\nservices:\n  a: *x\n",
        "services: &s\n  a: *s\n",
        "services:\n  a: &a\n    build: *a\n    environment: *a\n    extends: *a\n",
        "[" * 100_000,
        "services:\n  a: " + "{a: " * 900 + "}" * 900,
        "services:\n" + "".join(f"  s{i}: {{extends: s{i + 1}}}\n" for i in range(3000)),
        "x0: &x0 {k: v}\n"
        + "".join(f"x{i}: &x{i} {{<<: [*x{i - 1}, *x{i - 1}]}}\n" for i in range(1, 900)),
    ],
)
def test_files_that_hold_themselves_or_nest_without_end_are_read(text):
    parsed = parse(text)

    assert parsed.complaints or parsed.services


YAML = ["{", "}", "[", "]", ",", ": ", "- ", "\n", "  ", "'", '"', "|\n", "&a ", "*a", "<<: "]
KEYS = [
    "services:\n",
    "  web:\n",
    "    ports:\n",
    "      - 1:1\n",
    "extends: ",
    "target",
    "!reset ",
]
WORDS = st.sampled_from([*YAML, *KEYS, "${A:-"])


@given(st.one_of(st.text(), st.lists(WORDS).map("".join)))
def test_any_text_is_read_and_every_line_named_exists(text):
    parsed = parse(text)

    last = text.count("\n") + text.count("\r") + 1
    assert all(1 <= complaint.line <= last for complaint in parsed.complaints)
    for found in parsed.services:
        assert 1 <= found.line <= last
        assert all(1 <= port.value.line <= last for port in found.ports)
