"""`make screenshots`: run the demo, open its pages in headless Chromium, and write the pictures of docs/images."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS

ROOT = Path(__file__).parent.parent.parent
SIZE = {"width": 1440, "height": 900}
LINK = re.compile(r"https?://\S+/login/link/\S+")


def main(folder: Path) -> None:
    if not CHROMIUM:
        sys.exit("no chromium on PATH (Debian: apt install chromium)")
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "SAOLA_HOME": home, "PYTHONUNBUFFERED": "1"}
        words = [sys.executable, "-m", "cli", "demo", "--port", "8790"]
        demo = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            take(_link(demo), folder)
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait(60)


def _link(demo: "subprocess.Popen[str]") -> str:
    """Show what the demo says until it gives the link that logs in."""
    assert demo.stdout is not None
    for line in demo.stdout:
        print(line, end="", flush=True)
        if found := LINK.search(line):
            return found.group()
    sys.exit("the demo ended without a link")


def take(link: str, folder: Path) -> None:
    """Log in by the link and write one picture of each page."""
    url = link.split("/login/")[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport=SIZE, locale="en-US", color_scheme="light").new_page()  # type: ignore[arg-type] # a size
        page.goto(link)
        page.get_by_role("button").click()
        page.wait_for_selector("html[data-ready]", state="attached")
        for name, path in _pages(page, url).items():
            page.goto(url + path)
            page.wait_for_selector("html[data-ready]", state="attached")
            page.wait_for_function("[...document.images].every((one) => one.complete)")
            page.screenshot(path=str(folder / f"{name}.png"))
            print(f"wrote {folder / name}.png")
        browser.close()


def _pages(page: Page, url: str) -> dict[str, str]:
    """The address of each picture; items are the first ones of their lists."""

    def first(path: str) -> str:
        page.goto(url + path)
        links = page.locator("[data-list] a, main th a")
        return (links.first.get_attribute("href") if links.count() else None) or path

    return {
        "control-room": "/report",
        "inbox": "/?view=all",
        "ticket": first("/?view=review"),
        "document": first("/documents"),
        "agents": "/agents",
        "agent": "/agents/delivery_status",
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
