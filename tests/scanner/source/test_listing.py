import os
from pathlib import Path

import pytest

from scanner.source import Source, SourceError


def paths(source: Source, *globs: str) -> list[str]:
    return [file.path for file in source.files(*globs)]


def test_tracked_and_new_files_are_given_and_ignored_ones_are_not(repository) -> None:
    root = repository({"a.py": "", ".gitignore": "build/\n", "sub/b.py": ""})
    (root / "new.py").write_text("")
    (root / "build").mkdir()
    (root / "build" / "c.py").write_text("")

    assert paths(Source.open(root), "*.py") == ["a.py", "new.py", "sub/b.py"]


def test_a_tracked_file_that_was_deleted_is_passed_over(repository) -> None:
    root = repository({"a.py": "", "b.py": ""})
    (root / "a.py").unlink()

    source = Source.open(root)

    assert paths(source) == ["b.py"]
    assert source.left_out() == ()


def test_in_a_subfolder_places_are_relative_to_the_git_top(repository) -> None:
    root = repository({"app/core/a.py": "x = 1\n", "other.py": ""})

    (file,) = Source.open(root / "app").files()

    assert (file.path, file.git_path) == ("core/a.py", "app/core/a.py")
    assert file.at(1).path == "app/core/a.py"


def test_one_file_can_be_scanned_even_when_git_ignores_it(repository) -> None:
    root = repository({"app/a.py": "", "app/b.py": "", ".gitignore": "c.py\n"})
    (root / "app" / "c.py").write_text("")

    assert [f.git_path for f in Source.open(root / "app" / "b.py").files()] == ["app/b.py"]
    assert paths(Source.open(root / "app" / "c.py")) == ["c.py"]


def test_a_folder_that_git_ignores_is_walked(repository) -> None:
    root = repository({"a.py": "", ".gitignore": "out/\n"})
    (root / "out" / "deep").mkdir(parents=True)
    (root / "out" / "deep" / "b.py").write_text("")

    source = Source.open(root / "out")

    assert paths(source) == ["deep/b.py"]
    assert "git ignores this folder" in source.notes[0]
    assert paths(Source.open(root / "out" / "deep")) == ["b.py"]


def test_without_git_everything_is_read_but_folders_of_tools(tree) -> None:
    root = tree(
        {
            "a.py": "",
            "dist/b.py": "",
            "node_modules/c/c.js": "",
            "web/node_modules/d.js": "",
            "env/pyvenv.cfg": "",
            "env/lib/e.py": "",
            ".git-hooks/f.py": "",
        }
    )

    source = Source.open(root)

    assert paths(source) == [".git-hooks/f.py", "a.py", "dist/b.py"]
    assert source.notes == (
        "not a git repository: every file is read, but for tool folders",
        "folders passed by: env (1), node_modules (2)",
    )


def test_an_empty_repository_has_no_files(tree, git) -> None:
    root = tree({})
    git(root, "init", "-q", ".")

    assert paths(Source.open(root)) == []


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere: No such file or directory"):
        Source.open(tmp_path / "nowhere")


def test_a_git_that_fails_is_an_error_and_not_an_empty_list(repository) -> None:
    root = repository({"a.py": ""})
    (root / ".git" / "index").write_bytes(b"DIRC broken")

    with pytest.raises(SourceError, match="git ls-files failed"):
        Source.open(root)


def test_a_broken_git_folder_is_an_error(repository) -> None:
    root = repository({"a.py": ""})
    (root / ".git" / "HEAD").unlink()

    with pytest.raises(SourceError, match="git"):
        Source.open(root)


def test_without_a_git_program_the_tree_is_walked_and_that_is_said(
    repository, tmp_path: Path, monkeypatch
) -> None:
    root = repository({"app/a.py": ""})
    monkeypatch.setenv("PATH", str(tmp_path))

    source = Source.open(root / "app")

    assert [file.git_path for file in source.files()] == ["app/a.py"]
    assert "git is not installed" in source.notes[0]


def test_what_is_excluded_is_not_given(repository) -> None:
    root = repository({"a.py": "", "vendor/x/b.py": "", "gen/c_pb2.py": "", "gen/d.py": ""})

    source = Source.open(root, exclude=["vendor/**", "*_pb2.py"])

    assert paths(source) == ["a.py", "gen/d.py"]


def test_links_out_of_the_tree_are_counted_and_not_followed(repository, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("x = 1\n")
    root = repository({"a.py": "", "sub/keep.txt": ""})
    (root / "link.py").symlink_to(outside / "secret.py")
    (root / "folder").symlink_to(outside)
    (root / "loop.py").symlink_to("loop.py")
    (root / "same.py").symlink_to("a.py")

    source = Source.open(root)

    assert paths(source, "*.py") == ["a.py", "same.py"]
    assert [left.path for left in source.left_out("*.py", "folder")] == [
        "folder",
        "link.py",
        "loop.py",
    ]


def test_a_tracked_folder_that_became_a_link_out_of_the_tree_is_not_followed(
    repository, tmp_path: Path
) -> None:
    root = repository({"sub/a.py": "inside"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("outside")
    (root / "sub" / "a.py").unlink()
    (root / "sub").rmdir()
    (root / "sub").symlink_to(outside)

    source = Source.open(root)

    assert paths(source) == []
    assert {left.why for left in source.left_out()} == {"leads out of the tree"}


def test_binary_and_huge_files_are_counted(repository) -> None:
    root = repository({"a.py": "", "blob.py": b"\0\1\2", "huge.py": b"#" * 10_000_001})

    source = Source.open(root)

    assert paths(source, "*.py") == ["a.py"]
    assert source.notes == ("1 not read, binary: blob.py", "1 not read, over 10 MB: huge.py")
    assert [left.path for left in source.left_out("h*.py")] == ["huge.py"]


def test_names_with_newlines_and_bad_bytes_survive(repository) -> None:
    root = repository({"a\nb.py": "x = 1\n"})
    with open(os.path.join(os.fsencode(root), b"caf\xe9.py"), "w") as file:
        file.write("y = 2\n")

    first, second = Source.open(root).files("*.py")

    assert (first.path, first.text) == ("a\nb.py", "x = 1\n")
    assert (os.fsencode(second.path), second.text) == (b"caf\xe9.py", "y = 2\n")
    assert second.at(1).path == "caf\\xe9.py"


def test_a_submodule_is_read_and_a_strange_repository_is_named(repository, git) -> None:
    root = repository({"a.py": ""})
    for name in ("sub", "strange"):
        (root / name).mkdir()
        git(root / name, "init", "-q", ".")
        (root / name / "b.py").write_text("")
        git(root / name, "add", "-A")
        git(root / name, "commit", "-q", "-m", "one")
    git(root, "-c", "advice.addEmbeddedRepo=false", "add", "sub")

    source = Source.open(root)

    assert paths(source) == ["a.py", "sub/b.py"]
    assert source.notes == ("a repository of its own, not part of this one: strange/",)


def test_a_submodule_that_is_not_there_is_named(repository, git) -> None:
    root = repository({"a.py": ""})
    commit = git(root, "rev-parse", "HEAD")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    (root / "sub").mkdir()

    source = Source.open(root)

    assert paths(source) == ["a.py"]
    assert source.notes == ("a submodule that is not checked out: sub",)


def test_files_come_in_one_order(repository) -> None:
    root = repository({name: "" for name in ("b.py", "a/z.py", "a.py", "B.py")})

    assert paths(Source.open(root)) == ["B.py", "a.py", "a/z.py", "b.py"]


def test_a_file_is_found_by_its_path(repository) -> None:
    root = repository({"a/[1].txt": "one", "a/1.txt": "two"})
    source = Source.open(root)

    file = source.file("a/[1].txt")

    assert file is not None
    assert file.text == "one"
    assert source.file("a/2.txt") is None
    assert source.file("../tree/a/1.txt") is None
