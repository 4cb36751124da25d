from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from scanner.browser import chromium_flags, find_chromium

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium; without one the tests that ask for it fail.

    They run on the session's event loop (`pytest.mark.asyncio(loop_scope="session")`). The sync
    API of playwright would leave a loop running in the main thread, and no later test could
    call asyncio.run().
    """
    from playwright.async_api import async_playwright

    chromium = find_chromium()
    if chromium is None:
        pytest.fail("there is no Chromium; `wallwalk doctor` says how to install one")
    async with async_playwright() as play:
        running = await play.chromium.launch(executable_path=chromium, args=chromium_flags())
        yield running
        await running.close()
