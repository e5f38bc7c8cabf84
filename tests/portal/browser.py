"""A real browser for the tests: Chromium, without network.

It must be there; where it is not, root installs it, and anyone else is told what is missing. A test that
needs it never passes without it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def _found() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@cache
def executable() -> str:
    """The path of a Chromium; fails the test where there is none and none can be installed."""
    path = _found()
    if path is None and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", "chromium"], check=False, timeout=600)
        path = _found()
    if path is None:
        pytest.fail(f"a browser is missing: none of {', '.join(_NAMES)} is on PATH (install `chromium`)")
    return path


@contextmanager
def running() -> Generator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def offline(browser: Browser, **options: Any) -> Generator[BrowserContext]:
    """A context without network; `options` are playwright's (`viewport`, `java_script_enabled`, ...)."""
    context = browser.new_context(**options)
    context.set_offline(True)
    try:
        yield context
    finally:
        context.close()


class Watched:
    """A page together with everything that it asked for and complained of."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None,
        )

    def open(self, file: Path) -> Page:
        """The page in `file`, loaded."""
        self.page.goto(file.as_uri(), wait_until="load")
        return self.page
