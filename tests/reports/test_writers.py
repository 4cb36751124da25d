from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from reports import writers
from scanner.model import Report


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that declares writers: its module, to be written by the test."""
    info = tmp_path / "acme_reports-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-reports\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[wallwalk.reports]\n"
        "acme = acme_reports:render\n"
        "named = acme_reports:named\n"
        "path = acme_reports:path\n"
        "broken = acme_nowhere:render\n"
        "value = acme_reports:VALUE\n"
        "json = acme_reports:render\n"
    )
    (tmp_path / "acme_reports.py").write_text(
        "def render(report): return f'{len(report.findings)} findings'\n"
        "def named(report): return ''\n"
        "named.FILE = 'acme.csv'\n"
        "def path(report): return ''\n"
        "path.FILE = '../evil.txt'\n"
        "VALUE = 7\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert any(p.value.startswith("acme") for p in metadata.entry_points(group="wallwalk.reports"))
    return tmp_path


def test_our_writers_write_the_files_of_the_contract() -> None:
    found = {name: writer.file for name, writer in writers().items() if not writer.broken}

    assert (
        found.items()
        >= {
            "sarif": "results.sarif",
            "html": "report.html",
            "json": "results.json",
            "junit": "junit.xml",
            "markdown": "summary.md",
        }.items()
    )
    assert "console" not in found


def test_every_writer_renders(sample_report: Report) -> None:
    for name, writer in writers().items():
        assert len(writer.render(sample_report)) > 500, name


def test_the_same_report_gives_the_same_text(sample_report: Report) -> None:
    for name, writer in writers().items():
        assert writer.render(sample_report) == writer.render(sample_report), name


def test_naming_the_writers_imports_none_of_them() -> None:
    program = (
        "import sys, reports; found = reports.writers(); assert 'html' in found; "
        "print([m for m in ('jinja2', 'sarif_om', 'rich', 'markdown_it') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert told.stdout == "[]\n"


def test_an_installed_package_adds_a_writer(plug_in: Path, sample_report: Report) -> None:
    found = writers()

    assert found["acme"].render(sample_report) == "4 findings"
    assert found["acme"].file == "acme.txt"
    assert found["named"].file == "acme.csv"


def test_broken_plug_ins_are_named_and_harm_nobody(plug_in: Path, sample_report: Report) -> None:
    broken = {name: writer.broken for name, writer in writers().items() if writer.broken}

    assert set(broken) == {"path", "broken", "value", "json (acme_reports:render)"}
    assert "acme_nowhere" in broken["broken"]
    assert "plain file name" in broken["path"]
    assert writers()["json"].file == "results.json"
    with pytest.raises(ValueError, match="acme_nowhere"):
        writers()["broken"].render(sample_report)
