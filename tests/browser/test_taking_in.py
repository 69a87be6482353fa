"""Documents on the page for taking in: pasted from the clipboard, with the bar of what is on its way, and refused."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.db import app_database
from core.settings import settings
from core.store.sql import rows
from tests.api.conftest import Desk

# A picture is put on the clipboard as an editor does, and pasted by its keys.
COPY_PICTURE = """async () => {
  const canvas = new OffscreenCanvas(300, 200);
  canvas.getContext("2d").fillRect(0, 0, 300, 200);
  const blob = await canvas.convertToBlob({ type: "image/png" });
  await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}"""
PASTE_FILES = """(names) => {
  const given = new DataTransfer();
  for (const name of names) given.items.add(new File([`Total ${name}`], name, { type: "text/plain" }));
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: given, bubbles: true }));
}"""
# What the bar shows at each step, until it is taken away.
WATCH_BAR = """() => {
  window.shown = [];
  const note = () => { const bar = document.querySelector(".upload progress"); if (bar) shown.push(bar.value); };
  const uploads = document.querySelector("[data-uploads]");
  new MutationObserver(note).observe(uploads, { subtree: true, attributes: true, childList: true });
}"""


def kept(desk: Desk) -> dict[str, str]:
    with app_database().transaction(desk.tenant_id) as connection:
        return {row["filename"]: row["media_type"] for row in rows(connection, "SELECT * FROM documents")}


def test_a_picture_on_the_clipboard_is_pasted_and_shown(
    desk: Desk, page: Page, context: BrowserContext, url: str
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page.goto(f"{url}/submit")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate(COPY_PICTURE)
    page.keyboard.press("Control+v")
    expect(page.locator(".upload")).to_contain_text("Taken in")
    assert kept(desk)["image.png"] == "image/png"
    page.get_by_role("link", name="image.png").click()
    sheet = page.locator(".sheet img")
    expect(sheet).to_be_visible()
    assert sheet.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 300


def test_files_that_are_pasted_are_each_taken_in_and_a_pasted_text_stays_a_text(
    desk: Desk, page: Page, context: BrowserContext, url: str
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page.goto(f"{url}/submit")
    page.evaluate(PASTE_FILES, ["first.txt", "second.txt"])
    expect(page.locator(".upload", has_text="Taken in")).to_have_count(2)
    assert {"first.txt", "second.txt"} <= set(kept(desk))
    page.evaluate("navigator.clipboard.writeText('Where is it?')")
    page.get_by_label("Message").focus()
    page.keyboard.press("Control+v")
    expect(page.get_by_label("Message")).to_have_value("Where is it?")
    expect(page.locator(".upload")).to_have_count(2)


@pytest.fixture
def small_files(api_database: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server takes no file of more than a million bytes."""
    monkeypatch.setenv("SAOLA_MAX_FILE_BYTES", "1000000")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_the_bar_of_an_upload_moves_with_what_is_sent_and_a_refusal_is_told(
    page: Page, url: str, small_files: None
) -> None:
    page.goto(f"{url}/submit")
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 600_000}
    slow.send("Network.emulateNetworkConditions", conditions)
    page.evaluate(WATCH_BAR)
    chosen = page.locator("[data-drop] input")
    chosen.set_input_files({"name": "long.txt", "mimeType": "text/plain", "buffer": b"Total 5\n" * 75_000})
    expect(page.get_by_role("progressbar", name="long.txt")).to_be_visible()
    expect(page.locator(".upload")).to_contain_text("Taken in")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    shown = page.evaluate("shown")
    between = {value for value in shown if 0 < value < 1}
    assert len(between) >= 2 and shown == sorted(shown), shown
    slow.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": -1})
    chosen.set_input_files({"name": "large.txt", "mimeType": "text/plain", "buffer": b"5" * 1_000_001})
    expect(page.locator(".upload .chip.bad")).to_contain_text("too large")
    slow.send("Network.emulateNetworkConditions", {**conditions, "offline": True})
    chosen.set_input_files({"name": "lost.txt", "mimeType": "text/plain", "buffer": b"5"})
    expect(page.locator(".upload", has_text="lost.txt").locator(".chip.bad")).to_be_visible()
