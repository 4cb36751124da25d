from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.source.dockerfile import INSTRUCTIONS, MOST_STAGES, Dockerfile, parse


def said(dockerfile: Dockerfile) -> list[tuple[str, str, int]]:
    return [(i.name, i.value, i.line) for i in dockerfile.instructions]


def complaints(text: str) -> list[tuple[int, str]]:
    return [(complaint.line, complaint.reason) for complaint in parse(text).complaints]


def test_instructions_have_names_in_upper_case_and_their_lines():
    parsed = parse("from alpine:3\n\n# a comment\n  Run  echo  hi\n")

    assert said(parsed) == [("FROM", "alpine:3", 1), ("RUN", "echo  hi", 4)]
    assert parsed.complaints == ()


def test_continued_lines_are_one_instruction_without_comments_and_blank_lines():
    parsed = parse("FROM a:1\nRUN one && \\\n  # why\n\n  two \\   \n three\nUSER app\n")

    assert said(parsed) == [
        ("FROM", "a:1", 1),
        ("RUN", "one &&   two  three", 2),
        ("USER", "app", 7),
    ]
    assert parsed.instructions[1].end_line == 6


def test_a_backslash_that_is_itself_escaped_does_not_continue():
    parsed = parse("FROM a:1\nRUN echo \\\\\nUSER app\n")

    assert [i.name for i in parsed.instructions] == ["FROM", "RUN", "USER"]


def test_a_word_on_a_continued_line_knows_its_own_line_and_column():
    (_, env) = parse("FROM a:1\nENV A=1 \\\n    B=2 C=3\n").instructions

    assert [(w.text, w.line, w.column) for w in env.words] == [
        ("A=1", 2, 5),
        ("B=2", 3, 5),
        ("C=3", 3, 9),
    ]


def test_the_escape_directive_changes_the_continuation():
    parsed = parse("# syntax=docker/dockerfile:1\n# Escape = `\nFROM a:1\nRUN dir C:\\ `\n  D:\\\n")

    assert said(parsed) == [("FROM", "a:1", 3), ("RUN", "dir C:\\   D:\\", 4)]


def test_an_escape_directive_below_another_comment_is_only_a_comment():
    parsed = parse("# hello\n# escape=`\nFROM a:1\nRUN a \\\n b\n")

    assert said(parsed)[1] == ("RUN", "a  b", 4)


def test_heredocs_are_not_instructions():
    text = (
        "FROM a:1\n"
        "RUN <<EOF\nUSER root\nEOF\n"
        "COPY <<'ONE' <<-\"TWO\" /etc/\nADD x\nONE\n\tenv=$A\n\tTWO\n"
        "USER app\n"
    )

    parsed = parse(text)

    assert [(i.name, i.line, i.end_line) for i in parsed.instructions] == [
        ("FROM", 1, 1),
        ("RUN", 2, 4),
        ("COPY", 5, 9),
        ("USER", 10, 10),
    ]
    heredocs = [h for i in parsed.instructions for h in i.heredocs]
    assert [(h.name, h.text, h.line, h.expands) for h in heredocs] == [
        ("EOF", "USER root", 3, True),
        ("ONE", "ADD x", 6, False),
        ("TWO", "env=$A", 8, False),
    ]
    assert parsed.complaints == ()


@pytest.mark.parametrize("run", ["echo $((1<<2))", "cat <<< word", 'echo "<<EOF"', "true<<EOF"])
def test_what_only_looks_like_a_heredoc_takes_no_lines(run):
    parsed = parse(f"FROM a:1\nRUN {run}\nUSER app\n")

    assert [i.name for i in parsed.instructions] == ["FROM", "RUN", "USER"]


def test_flags_stand_before_the_words():
    copy = parse("FROM a:1\nCOPY --from=build --link --chown=1:1 /a --b /c\n").instructions[1]

    assert copy.flags == (("from", "build"), ("link", ""), ("chown", "1:1"))
    assert copy.flag("from") == "build"
    assert copy.flag("link") == ""
    assert copy.flag("mount") is None
    assert copy.value == "/a --b /c"


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ('["sh", "-c", "a b"]', ("sh", "-c", "a b")),
        ("sh -c a", None),
        ("['sh']", None),
        ("[1]", None),
        ("[" * 5000, None),
    ],
)
def test_the_exec_form_is_a_json_array_of_strings(value, items):
    command = parse(f"FROM a:1\nCMD {value}\n").instructions[1]

    assert command.exec_form == items


def test_onbuild_carries_the_instruction_that_it_would_run():
    onbuild = parse("FROM a:1\nONBUILD  add --chown=1 https://x.example/a /a\n").instructions[1]

    assert onbuild.trigger is not None
    assert (onbuild.trigger.name, onbuild.trigger.value) == ("ADD", "https://x.example/a /a")
    assert onbuild.trigger.flag("chown") == "1"


@pytest.mark.parametrize(
    ("env", "pairs"),
    [
        ("ENV a=1 b=\"two 3\" c='4'", [("a", "1", 7), ("b", '"two 3"', 11), ("c", "'4'", 21)]),
        ("ENV name the whole  rest", [("name", "the whole  rest", 10)]),
        ("ARG a", [("a", None, None)]),
        ("ARG a=1", [("a", "1", 7)]),
        ("ARG a=", [("a", "", 7)]),
        ("ENV lonely", []),
    ],
)
def test_pairs_of_env_and_arg(env, pairs):
    instruction = parse(f"FROM x:1\n{env}\n").instructions[1]

    found = [(n, w and w.text, w and w.column) for n, w in instruction.pairs()]
    assert found == pairs


def test_stages_know_what_they_build_on():
    parsed = parse(
        "ARG TAG=3.20\n"
        "FROM --platform=$BUILDPLATFORM golang:1.23 AS Build\n"
        "FROM alpine:${TAG} as base\n"
        "FROM build\n"
    )

    build, base, last = parsed.stages
    assert (build.image, build.name, build.start.line) == ("golang:1.23", "Build", 2)
    assert (base.image, base.parent) == ("alpine:3.20", None)
    assert last.parent is build
    assert last.lineage == (last, build)


def test_a_stage_named_like_its_own_image_does_not_build_on_itself():
    (stage,) = parse("FROM alpine AS alpine\n").stages

    assert stage.parent is None


@pytest.mark.parametrize(
    ("written", "image"),
    [
        ("${X:-python:3}", "python:3"),
        ("${EMPTY:-python:3}", "python:3"),
        ("${EMPTY-python:3}", ""),
        ("a:${SET:+one}${X:+two}", "a:one"),
        ("$SET:${X:-${SET}}", "set:set"),
        ('"alpine":3', "alpine:3"),
        ("alpine:${SET#s}", "alpine:${SET#s}"),
        ("$X", "$X"),
    ],
)
def test_arguments_before_from_are_replaced(written, image):
    (stage,) = parse(f"ARG SET=set\nARG EMPTY=\nARG X\nFROM {written}\n").stages

    assert stage.image == image


def test_variables_of_a_stage_come_from_arg_env_the_parent_and_outside():
    text = (
        "ARG OUT=outside\nARG UNSEEN=1\n"
        "FROM a:1 AS one\nARG OUT\nENV NAME=first OTHER=$OUT\n"
        "FROM one\nENV NAME=second\nARG NAME=third\n"
    )

    one, two = parse(text).stages

    assert one.resolve("$OUT $NAME $OTHER").text == "outside first outside"
    assert two.resolve("${NAME}/$OTHER").text == "second/outside"
    assert two.resolve("$UNSEEN").missing == ("UNSEEN",)
    assert two.resolve("'$NAME' \\$NAME").text == "$NAME $NAME"


def test_values_that_double_do_not_fill_the_memory():
    lines = [f"ENV A{i + 1}=$A{i}$A{i}$A{i}" for i in range(200)]

    (stage,) = parse("\n".join(["FROM a:1", "ENV A0=xxxxxxxxxx", *lines])).stages

    assert max(len(value) for value in stage.variables.values()) <= 3 * 64 * 1024


def test_a_word_of_many_long_references_stays_short():
    (stage,) = parse("FROM a:1\nENV A=" + "x" * 60_000 + "\n").stages

    assert len(stage.resolve("$A" * 10_000).text) < 200_000


def test_a_byte_order_mark_and_windows_line_ends_change_nothing():
    parsed = parse("\ufeffFROM a:1\r\nRUN one \\\r\n two\r\nCOPY <<E /x\r\ny\r\nE\r\nUSER app\r\n")

    assert said(parsed)[:2] == [("FROM", "a:1", 1), ("RUN", "one  two", 2)]
    assert said(parsed)[3] == ("USER", "app", 7)
    assert parsed.complaints == ()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "there is no FROM"),
        ("FROM a:1\nFRM b\n", 2, "unknown instruction FRM"),
        ("{% if x %}\nFROM a:1\n", 1, "unknown instruction {%"),
        ("USER app\nFROM a:1\n", 1, "USER before FROM"),
        ("FROM a:1\nRUN\n", 2, "RUN says nothing"),
        ("FROM a b c\n", 1, "FROM takes an image and, behind AS, a name"),
        ("FROM a:1\nRUN <<EOF\nx\n", 2, "the heredoc <<EOF has no end"),
        ("# escape=x\nFROM a:1\n", 1, "the escape directive takes \\ or `"),
        ("FROM a:1\nONBUILD FRM b\n", 2, "unknown instruction FRM"),
        ("FROM a:1\nONBUILD onbuild RUN b\n", 2, "ONBUILD ONBUILD is not allowed"),
    ],
)
def test_what_docker_refuses_is_a_complaint(text, line, reason):
    assert (line, reason) in complaints(text)


def test_the_rest_of_a_broken_file_is_read():
    parsed = parse("FROM a:1\nFRM b\nUSER root\n")

    assert said(parsed)[-1] == ("USER", "root", 3)


def test_far_too_many_stages_are_cut_and_said():
    parsed = parse("FROM a:1 AS a\n" * (MOST_STAGES + 5))

    assert len(parsed.stages) == MOST_STAGES
    assert (MOST_STAGES + 1, f"over {MOST_STAGES} stages; the rest was not read") in [
        (c.line, c.reason) for c in parsed.complaints
    ]


SYNTAX = ["\\", "`", "\n", " ", "<<EOF", "EOF", "<<-'E'", "${A:-", "$A", "}", '"', "'", "#", "="]
MORE = ["# escape=`\n", "--from=", "AS", "[", "\r\n", "\ufeff", "\t", "A=$A$A"]
PIECES = st.sampled_from([*sorted(INSTRUCTIONS), *SYNTAX, *MORE])


@given(st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(" ".join)))
def test_any_text_is_read_and_every_line_named_exists(text):
    parsed = parse(text)

    last = text.count("\n") + 1
    for instruction in parsed.instructions:
        assert 1 <= instruction.line <= instruction.end_line <= last
        assert all(1 <= word.line <= last and word.column >= 1 for word in instruction.words)
        assert instruction.exec_form is None or instruction.value.startswith("[")
        list(instruction.pairs())
    assert all(1 <= complaint.line <= last for complaint in parsed.complaints)
    assert parsed.stages or parsed.complaints


@pytest.mark.parametrize(
    "text",
    [
        "\\\n" * 100_000,
        "RUN " + "${A:-" * 100_000,
        "RUN " + "'\"" * 100_000,
        "ARG a\n" * 50_000,
        "ONBUILD " * 50_000,
    ],
)
def test_long_hostile_files_are_read_in_a_moment(text):
    assert parse("FROM a:1\n" + text).stages
