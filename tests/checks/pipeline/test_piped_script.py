import pytest

from checks.pipeline.piped_script import piped_script


@pytest.mark.parametrize(
    "command",
    [
        "curl https://example.com/install.sh | sh",
        "curl -fsSL 'https://example.com/i?a=1;b' | sudo -E bash -",
        "wget -qO- https://example.com/i | bash -s -- --yes",
        "curl -s https://example.com/i | FLAG=1 /bin/zsh && make",
        "curl https://example.com/i.gz | gunzip | sh",
        "bash <(curl -s https://example.com/i)",
        'sh -c "$(curl -fsSL https://example.com/i)"',
        'eval "$(wget -qO- https://example.com/i)"',
        "bash -c 'curl https://example.com/i | sh'",
        "curl https://example.com/i.py | python3 -",
        "iwr https://example.com/i.ps1 | iex",
        "make && curl https://example.com/i | sh; make",
    ],
)
def test_a_script_run_as_it_comes_is_found(steps, command: str) -> None:
    assert steps(piped_script, f"- run: |\n    make\n    {command}") == [(piped_script.id, 9)]


@pytest.mark.parametrize(
    "command",
    [
        "curl -o i.sh https://example.com/i && sha256sum -c i.sum && sh i.sh",
        "curl https://example.com/a.tar.gz | tar xz",
        "curl https://example.com/a.json | jq .sh",
        "curl https://example.com/a.json | python3 -m json.tool",
        "curl https://example.com/a.json | bash ./count.sh",
        "curl https://example.com/a.json | node -e 'count()'",
        "curl http://localhost:8080/setup | sh",
        "curl -s http://127.0.0.1:8080/setup | bash",
        "# curl https://example.com/i | sh",
        "echo 'never curl https://example.com/i | sh'",
        'echo "curl https://example.com/i | sh"',
        "curl https://example.com/i | shasum",
        "curl https://example.com/i > i; echo x | sh",
        "curl https://example.com/i || bash fallback.sh",
    ],
)
def test_what_is_no_foreign_program_is_left_alone(steps, command: str) -> None:
    assert steps(piped_script, f"- run: |\n    {command}\n    make") == []


def test_a_continued_line_is_found_where_it_begins(steps) -> None:
    text = """
    - run: |
        make
        curl -fsSL \\
          https://example.com/i \\
          | sh
    """

    assert steps(piped_script, text) == [(piped_script.id, 9)]


def test_it_is_found_in_a_composite_action(inspect) -> None:
    text = "runs:\n  using: composite\n  steps:\n    - run: curl https://example.com/i | sh\n"

    run = inspect(piped_script, {"tools/setup/action.yaml": text})

    assert [(f.where.line, f.where.column) for f in run.findings] == [(4, 12)]
