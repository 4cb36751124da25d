"""Jobs for the night. Nothing in the running shop calls them; the mistakes are real all the same."""

from __future__ import annotations

import ast
import hashlib
import pickle
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

# Mistake: on a container's port this is the whole network. The demo binds 127.0.0.1.
LISTEN_ON = "0.0.0.0"
LISTEN_ON_LOOPBACK = "127.0.0.1"


# Mistake: a folder named "; rm -rf ~" is a command.
def archive(folder: str) -> None:
    subprocess.run(f"tar czf backup.tgz {folder}", shell=True, check=True)


def archive_safely(folder: Path, into: Path) -> None:
    """The same without a shell (there is no shell=True here)."""
    with zipfile.ZipFile(into, "w") as archived:
        for path in folder.rglob("*"):
            archived.write(path, path.relative_to(folder))


# Mistake: two receipts with one digest can be made in seconds.
def receipt_number(receipt: bytes) -> str:
    return hashlib.md5(receipt).hexdigest()


def cache_key(page: bytes) -> str:
    """Here nobody gains anything by a collision, and the call says so."""
    return hashlib.md5(page, usedforsecurity=False).hexdigest()


# Mistake: a pickle runs what it likes while it is read.
def restore_cart(saved: bytes) -> Any:
    return pickle.loads(saved)


# Mistake: so does YAML that is read with the full loader.
def read_prices(text: str) -> Any:
    return yaml.load(text, Loader=yaml.Loader)


def read_prices_safely(text: str) -> Any:
    return yaml.safe_load(text)


# Mistake: a discount is whatever its author types.
def discount(formula: str) -> Any:
    return eval(formula)


def discount_safely(formula: str) -> Any:
    """No eval() here: numbers, lists and words only."""
    return ast.literal_eval(formula)


# Mistake: everybody on the machine can foresee the name and put something there.
def scratch_file() -> Path:
    return Path("/tmp/shop-prices.txt")


def scratch_file_safely() -> Path:
    return Path(tempfile.mkdtemp()) / "shop-prices.txt"
