"""A real Chromium for tests of pages, and a visit that notes what it asked for and what went wrong."""

from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
"""The machine's resources are few, and the browser must not talk to its maker."""


@contextmanager
def chromium():
    """A browser without a window; it ends with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def visit(browser, base, **looks):
    """A page that notes every address it asks for (`asked`) and every fault; in the end nothing strange was among them.

    A test that provokes a fault clears `faults`.
    """
    context = browser.new_context(locale="zh-CN", **looks)
    page = context.new_page()
    page.asked, page.faults = [], []
    context.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    yield page
    hosts = {urlsplit(url).netloc for url in page.asked}
    assert hosts - {""} == {urlsplit(base).netloc}, (
        "only what a page made itself, blob: and data:, has no host"
    )
    assert page.faults == []
    assert context.cookies() == []
    context.close()
