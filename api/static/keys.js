// The keyboard: j and k walk a list, o opens, letters press the button that carries them, ? tells them all.
export function installKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches("input, select, textarea, [contenteditable]")) {
      if (event.key === "Escape") {
        event.preventDefault(); // a search field would also be emptied
        event.target.blur();
      }
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (press(event.key)) event.preventDefault();
  });
}

function press(key) {
  if (key === "?") return show(document.getElementById("help"));
  if (key === "/") return focus(document.querySelector("[data-search]"));
  if (key === "j" || key === "k") return walk(key === "j" ? 1 : -1);
  if (key === "o") return open();
  if (key === "x") return choose();
  const button = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => one.checkVisibility());
  if (!button || button.disabled) return false;
  if (button.tagName === "SUMMARY") {
    button.parentElement.open = true;
    button.parentElement.querySelector("textarea, input:not([type=hidden])")?.focus();
  } else button.click();
  return true;
}

function show(dialog) {
  dialog?.showModal();
  return Boolean(dialog);
}

function focus(field) {
  field?.focus();
  return Boolean(field);
}

function items() {
  return [...document.querySelectorAll("[data-list] > li")];
}

function walk(step) {
  const all = items();
  if (!all.length) return false;
  const now = all.findIndex((one) => one.classList.contains("chosen"));
  const next = all[Math.min(all.length - 1, Math.max(0, now + step))];
  all[now]?.classList.remove("chosen");
  next.classList.add("chosen");
  next.querySelector("a")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function choose() {
  const box = document.querySelector("li.chosen input[form=bulk]");
  box?.click();
  return Boolean(box);
}

function open() {
  const link = (items().find((one) => one.classList.contains("chosen")) ?? items()[0])?.querySelector("a");
  link?.click();
  return Boolean(link);
}
