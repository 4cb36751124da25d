import pytest

from scanner.source.line_hash import LineHashes

# What GitHub's own tests expect (github/codeql-action, src/fingerprints.test.ts).
GREETINGS = """e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 e20e36e16fcb0cc8:1
    b3edc88f2938467e:1 c8e28b0b4002a3a0:1 c129715d7a2bc9a3:1"""
KNOWN = [
    ("", "c129715d7a2bc9a3:1"),
    (
        " a\nb\n  \t\tc\n d",
        "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1",
    ),
    (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", GREETINGS),
    (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", GREETINGS),
    (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", GREETINGS),
    (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", GREETINGS),
    (
        "Lorem ipsum dolor sit amet.\n" * 10,
        """a7f2ff13bc495cf2:1 a7f2ff13bc495cf2:2 a7f2ff13bc495cf2:3 a7f2ff13bc495cf2:4
        a7f2ff13bc495cf2:5 a7f2ff13bc495cf2:6 a7f2ff1481e87703:1 a9cf91f7bbf1862b:1
        55ec222b86bcae53:1 cc97dc7b1d7d8f7b:1 c129715d7a2bc9a3:1""",
    ),
    (
        "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
        """e54938cc54b302f1:1 bb609acbe9138d60:1 1131fd5871777f34:1 5c482a0f8b35ea28:1
        54517377da7028d2:1 2c644846cb18d53e:1 f1b89f20de0d133:1 c129715d7a2bc9a3:1""",
    ),
]


@pytest.mark.parametrize(("text", "expected"), KNOWN)
def test_every_line_has_the_hash_that_github_computes(text: str, expected: str) -> None:
    hashes = LineHashes(text.encode())

    assert [hashes[line] for line in range(1, len(hashes) + 1)] == expected.split()


def test_a_character_outside_the_basic_plane_counts_as_two_units() -> None:
    # By hand: the surrogates of U+1F600 are 0xD83D and 0xDE00, then end of file, then 97 zeros.
    value = ((0xD83D * 37 + 0xDE00) * 37 + 0xFFFF) * 37**97 % 2**64

    assert LineHashes("😀".encode())[1] == f"{value:x}:1"


def test_lines_after_such_a_character_keep_their_place() -> None:
    assert LineHashes("😀\nx = 1\n".encode())[2] == LineHashes(b"a\nx = 1\n")[2]
