"""A real Chromium at a really running Firstcall."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.flow.running import Running

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these Chromium looks for Google's hosts at every start; --no-sandbox because tests may run as root.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
# A machine with much else to do draws a page late; what never comes is told from that by its patience.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of this machine; without one the browser tests say how to get it."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium here: `apt install chromium`, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Firstcall as `./run` starts it."""
    house = Running(tmp_path_factory.mktemp("browser"))
    house.start()
    yield house
    house.stop()


@pytest.fixture
def phone(chromium: Browser, running: Running) -> Iterator[Page]:
    """A phone in New York."""
    context = chromium.new_context(
        base_url=running.url,
        viewport={"width": 390, "height": 844},
        timezone_id="America/New_York",
        locale="en-GB",
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(chromium: Browser, running: Running) -> Iterator[Page]:
    """A desktop in Berlin, without scripts."""
    context = chromium.new_context(
        base_url=running.url,
        viewport={"width": 1280, "height": 900},
        timezone_id="Europe/Berlin",
        locale="en-GB",
        java_script_enabled=False,
    )
    yield context.new_page()
    context.close()
