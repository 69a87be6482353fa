// What every page needs: the menu, small conveniences, live updates, keys.
import { busy, later, listen } from "./live.js";
import { installKeys } from "./keys.js";

const root = document.documentElement;

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-menu]");
  if (opener) {
    const open = root.classList.toggle("menu-open");
    opener.setAttribute("aria-expanded", String(open));
  }
  const dialog = event.target.closest("[data-dialog]");
  if (dialog) document.getElementById(dialog.dataset.dialog)?.showModal();
  if (event.target.closest("[data-dismiss]")) event.target.closest(".toast")?.remove();
});

// A link to share: what the page shows is all in its address. Browsers lend their clipboard to safe addresses only;
// elsewhere the older way is left, and what could not be copied is not called so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const copied = navigator.clipboard ? await navigator.clipboard.writeText(location.href).then(() => true, () => false) : copy(location.href);
  if (copied) button.textContent = button.dataset.copied;
  else prompt(button.textContent, location.href);
});

function copy(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// A canned reply is put where the writer stands, or at the end.
document.addEventListener("change", (event) => {
  const field = event.target.dataset.insert && document.getElementById(event.target.dataset.insert);
  if (!field || !event.target.value) return;
  field.setRangeText(event.target.value, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  event.target.value = "";
});

// Chosen tickets show what can be done with all of them; the list is not refreshed meanwhile.
document.addEventListener("change", (event) => {
  if (!event.target.matches("input[form=bulk]")) return;
  const bar = document.getElementById("bulk");
  const chosen = document.querySelectorAll("input[form=bulk]:checked").length;
  bar.hidden = chosen === 0;
  bar.toggleAttribute("data-dirty", chosen > 0);
  bar.querySelector("[data-chosen]").textContent = chosen;
});

// How long a person worked on it: the time this page was in front of them.
let seconds = 0;
let since = document.hidden ? 0 : performance.now();
document.addEventListener("visibilitychange", () => {
  if (document.hidden && since) seconds += (performance.now() - since) / 1000;
  since = document.hidden ? 0 : performance.now();
});
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector?.("[name=seconds]");
  if (field) field.value = (seconds + (since ? (performance.now() - since) / 1000 : 0)).toFixed(1);
  seconds = 0; // the next audit comes into this page
  since = performance.now();
}, true);

// Colleagues see who has a ticket in front of them.
const LOOK_MS = 15_000;
const looker = () => document.querySelector("[data-look]");
setInterval(() => { if (!document.hidden && looker()) htmx.trigger(looker(), "look"); }, LOOK_MS);
window.addEventListener("pagehide", () => {
  if (!looker()) return;
  const headers = { "X-CSRF-Token": document.body.dataset.csrf };
  fetch(looker().getAttribute("hx-post").replace("/here", "/away"), { method: "POST", headers, keepalive: true });
});

// Counting down to when a send can no longer be undone.
setInterval(() => {
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = Math.ceil((Date.parse(element.dataset.until) - Date.now()) / 1000);
    element.textContent = Math.max(0, left);
    if (left <= 0) element.closest("form")?.querySelector("button")?.setAttribute("disabled", "");
  }
}, 250);

// A refresh leaves open what a reader opened, and chosen what they chose; forms that are done with are closed.
// What was said about the last action stays until the next one: the action's own event causes a refresh.
htmx.registerExtension("keep-reader", {
  htmx_before_swap: (element, { ctx }) => {
    const source = ctx.sourceElement;
    if (!source?.matches("[data-live]") || !busy(source)) return true;
    later(source);
    return false;
  },
  htmx_before_morph_node: (element, { oldNode, newNode }) => oldNode.id !== "notice" || newNode.childElementCount > 0,
  htmx_before_morph_attr: (element, { attrName: name, newValue: value }) => {
    if (value !== null) return true;
    if (name === "open") return element.matches("[data-busy]");
    return !(name === "class" && element.matches("li.chosen"));
  },
});

installKeys();
listen();
root.dataset.ready = "";
