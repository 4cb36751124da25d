"""checks → scanner ← reports: nothing is handed back up, and there is one way out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "checks": {"checks", "scanner"},
    "reports": {"reports", "scanner"},
    "scanner": {"scanner"},
    "scanner/cli": {"checks", "reports", "scanner"},
}
# What runs a check, or decides what may go out, is above it.
ABOVE = re.compile(
    r"scanner\.(cli|engine|plan|running|settling|verdict|stop|start|events|selection|wire"
    r"|replay|demo|site\.deployment|site\.crawl|source\.tool|source\.git)\b"
)
AROUND = re.compile(
    r"(io|subprocess|socket|ssl|shutil|tempfile|pathlib|glob|multiprocessing|threading|ctypes"
    r"|urllib\.request|http\.client|ftplib|smtplib|requests|aiohttp|urllib3|playwright)\b"
)
USES = re.compile(
    r"(open|eval|exec|compile|__import__|input|print|breakpoint)"
    r"|httpx\.(get|post|put|patch|delete|head|options|request|stream|Client|AsyncClient)"
    r"|os\.(?!fsencode|fsdecode|name).*"
    r"|asyncio\.(open_connection|create_subprocess_\w+|to_thread|start_server)|sys\.\w+"
)


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def layer(path: Path) -> str:
    first, second, *_ = path.relative_to(ROOT).parts
    return f"{first}/{second}" if f"{first}/{second}" in MAY_IMPORT else first


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def uses(path: Path) -> Iterator[str]:
    """Every name and dotted name that stands in the code."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) or (
            isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        ):
            yield ast.unparse(node)


@pytest.mark.parametrize("path", files(*MAY_IMPORT), ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_handed_back_up(path: Path) -> None:
    ours = {name.partition(".")[0] for name in imports(path)} & {"checks", "reports", "scanner"}

    assert ours <= MAY_IMPORT[layer(path)]


@pytest.mark.parametrize("path", files("checks"), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_check_has_no_way_out_but_its_subject(path: Path) -> None:
    assert not [name for name in imports(path) if ABOVE.match(name) or AROUND.match(name)]
    assert not [name for name in uses(path) if USES.fullmatch(name)]


@pytest.mark.parametrize("path", files(*MAY_IMPORT), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    """By its docstring, or, in the file of a check, by the check's own."""
    tree = ast.parse(path.read_text())
    makes_a_check = any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(ast.unparse(one).startswith("check(") for one in node.decorator_list)
        for node in tree.body
    )

    assert makes_a_check or ast.get_docstring(tree)


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    hosts = ("py" + "pi.org", "python" + "hosted.org", "registry.np" + "mjs", "deb.deb" + "ian.org")
    named = re.compile("|".join(re.escape(host) for host in (*hosts, "/wo" + "rk/", "/fa" + "rm/")))
    texts = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".j2", ".js", ".css", ".json", ""}

    found = [
        str(path.relative_to(ROOT))
        for folder in ("scanner", "checks", "reports", "tests", "bench", "docs", ".github", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in texts and "__pycache__" not in path.parts
        if named.search(path.read_text(errors="replace"))
    ]

    assert found == []


def test_help_is_quick_because_it_imports_little() -> None:
    """What `wallwalk --help` needs must not bring httpx, pydantic or a browser with it."""
    import subprocess
    import sys

    program = "import sys, scanner.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert not {"httpx", "pydantic", "playwright", "jinja2", "rich"} & set(done.stdout.split())
