from __future__ import annotations

from collections.abc import Iterator

import pytest
from injection_shop import Database


@pytest.fixture
def database() -> Iterator[Database]:
    found = Database()
    yield found
    found.close()
