import pytest

from scanner.source import Source, SourceError


def test_only_what_differs_from_the_common_ancestor_is_given(repository, git) -> None:
    root = repository(
        {"same.py": "", "touched.py": "", "edited.py": "", "sub/old.py": "", "u.py": ""}
    )
    git(root, "checkout", "-q", "-b", "feature")
    (root / "committed.py").write_text("x = 1\n")
    (root / "sub" / "old.py").write_text("x = 1\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "work")
    (root / "edited.py").write_text("x = 1\n")
    (root / "new.py").write_text("")
    (root / "touched.py").touch()
    git(root, "checkout", "-q", "main")
    (root / "u.py").write_text("upstream\n")
    git(root, "commit", "-q", "-m", "upstream", "u.py")
    git(root, "checkout", "-q", "feature")

    given = [file.path for file in Source.open(root, changed_since="main").files()]

    assert given == ["committed.py", "edited.py", "new.py", "sub/old.py"]
    assert [f.path for f in Source.open(root / "sub", changed_since="main").files()] == ["old.py"]


def test_nothing_changed_gives_nothing(repository) -> None:
    root = repository({"a.py": "x = 1\n", "b\n.py": ""})

    assert list(Source.open(root, changed_since="HEAD").files()) == []


@pytest.mark.parametrize("revision", ["--output=x", "-h", "", "nowhere", "HEAD..HEAD"])
def test_what_is_no_revision_is_refused(repository, revision: str) -> None:
    root = repository({"a.py": ""})

    with pytest.raises(SourceError, match="revision"):
        Source.open(root, changed_since=revision)


def test_histories_without_a_common_commit_are_refused(repository, git) -> None:
    root = repository({"a.py": ""})
    git(root, "checkout", "-q", "--orphan", "other")
    git(root, "commit", "-q", "--allow-empty", "-m", "other")

    with pytest.raises(SourceError, match="no commit in common"):
        Source.open(root, changed_since="main")


def test_a_tree_without_git_has_no_revisions(tree) -> None:
    with pytest.raises(SourceError, match="not in a git repository"):
        Source.open(tree({"a.py": ""}), changed_since="HEAD")
