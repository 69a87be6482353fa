"""By keyboard alone: on every page Tab reaches everything that can be used, shows where it is, and Enter presses it."""

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from starlette.routing import compile_path

from core.passwords import make_link_token
from tests.api.company import PATHS, fill
from tests.api.conftest import Desk
from tests.api.test_security import every_route
from tests.browser.conftest import EMAIL, UNFOLD, press

# Marks what can be used on the page, in `main` or all of it, and notes what got the focus, with a ring that is seen,
# and what was pressed. A press does nothing: each page is walked to its end.
WATCH = """(everything) => {
  const used = "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select:not([disabled]), "
    + "textarea:not([disabled]), summary, [tabindex='0']";
  const root = (!everything && document.getElementById("main")) || document.body;
  const stop = (one) => one.type !== "radio" || one.checked || !one.form?.querySelector(`[name="${one.name}"]:checked`);
  const seen = [...root.querySelectorAll(used)].filter((one) =>
    one.checkVisibility({ visibilityProperty: true }) && !one.closest("dialog") && stop(one));
  window.walk = { focused: {}, pressed: {}, dull: {}, wanted: seen.map((one) => one.outerHTML.slice(0, 140)) };
  seen.forEach((one, place) => { one.dataset.place = place; });
  const ringed = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  document.addEventListener("focusin", ({ target }) => {
    const place = target.dataset.place;
    if (place === undefined) return;
    walk.focused[place] = true;
    const bearers = [target, ...(target.labels ?? []), target.closest(".drop")].filter(Boolean);
    const small = (one) => one.getBoundingClientRect().width < 4;
    if (!bearers.some((one) => ringed(one) && !small(one))) walk.dull[place] = target.outerHTML.slice(0, 140);
  });
  for (const kind of ["click", "submit"]) document.addEventListener(kind, (event) => {
    const one = event.target.closest?.("[data-place]");
    if (kind === "click" && one) walk.pressed[one.dataset.place] = true;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  document.addEventListener("keydown", (event) => {  // it would open a choice, break a line, or go to the next field
    if (event.key !== "Enter" || !event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  root.focus();
  return seen.length;
}"""
LEFT = """() => {
  const all = walk.wanted.map((html, place) => [html, place]);
  const pressable = (html) => /^<(a|button|summary)\\b/.test(html);
  return {
    unreached: all.filter(([, place]) => !walk.focused[place]).map(([html]) => html),
    unpressed: all.filter(([html, place]) => pressable(html) && !walk.pressed[place]).map(([html]) => html),
    dull: Object.values(walk.dull),
  };
}"""
# What a mouse may press must be something that a keyboard reaches; a box on a document's page is its field, again.
BY_MOUSE_ONLY = """() => [...document.querySelectorAll("main *")].filter((one) =>
  getComputedStyle(one).cursor === "pointer" && one.checkVisibility()
  && !one.closest("a[href], button, summary, label, input, select, textarea, .sheet svg"))
  .map((one) => one.outerHTML.slice(0, 140))"""
# Parts of pages, files, what leads elsewhere, and what programs ask for.
NO_PAGES = {
    "/nav", "/next", "/documents/next", "/documents/{document_id}/line", "/agents/{name}/cases", "/report.csv",
    "/report/items.csv", "/tickets/{ticket_id}/translations/{translation_id}", "/metrics", "/healthz", "/readyz",
}  # fmt: skip
NOTHING: dict[str, list[str]] = {"unreached": [], "unpressed": [], "dull": []}


@pytest.fixture(scope="module")
def filled(desk: Desk, person: UUID) -> tuple[str, ...]:
    return fill(desk, EMAIL)


def walk(page: Page, *, everything: bool) -> dict[str, list[str]]:
    """Go through the page by Tab, pressing Enter at each stop; returns what that did not do."""
    page.evaluate(UNFOLD)
    stops = page.evaluate(WATCH, everything)
    for _ in range(stops + 2):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    left: dict[str, list[str]] = page.evaluate(LEFT)
    return left


def test_everything_on_every_page_is_reached_shown_and_pressed_by_keyboard(
    page: Page, url: str, filled: tuple[str, ...]
) -> None:
    missed = {}
    for number, path in enumerate((*PATHS, *filled, "/docs")):
        page.goto(url + path)
        by_mouse = page.evaluate(BY_MOUSE_ONLY)
        left = walk(page, everything=number == 0)  # the frame is the same around all pages
        if left != NOTHING or by_mouse:
            missed[path] = {**{name: what[:4] for name, what in left.items() if what}, "mouse": by_mouse[:4]}
    assert missed == {}, "\n".join(f"{path}: {what}" for path, what in missed.items())


def test_no_page_is_left_out_of_those_that_are_walked(filled: tuple[str, ...]) -> None:
    walked = [path.partition("?")[0] for path in (*PATHS, *filled, "/docs", "/login", "/login/link/token")]
    pages = [one.removeprefix("GET ") for one in every_route() if one.startswith("GET ") and "/v1/" not in one]
    left = {page for page in pages if not any(compile_path(page)[0].match(path) for path in walked)}
    assert left == NO_PAGES


def test_the_log_in_is_done_by_keyboard(page: Page, url: str, desk: Desk, person: UUID) -> None:
    for path in ("/login", f"/login/link/{make_link_token(person, desk.tenant_id)}"):
        page.goto(url + path)
        assert walk(page, everything=True) == NOTHING, path


def test_the_help_is_opened_read_and_closed_by_keyboard(page: Page, url: str, filled: tuple[str, ...]) -> None:
    page.goto(url)
    press(page, "?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
