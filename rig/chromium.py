"""Starts Chromium for the browser tests and the bench."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

EXECUTABLE = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    # A tab behind another one would draw no frames. Tests that hide a page do so themselves.
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]


@asynccontextmanager
async def chromium(arguments: Sequence[str] = CHROMIUM) -> AsyncIterator[Browser]:
    """Run a headless Chromium while the block lasts."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()
