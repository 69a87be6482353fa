// A field and the box where it was read point to each other; Enter goes on to the next field.
function choose(name, { scroll = true } = {}) {
  for (const one of document.querySelectorAll("[data-field]")) one.classList.toggle("chosen", one.dataset.field === name);
  const box = document.querySelector(`rect[data-field="${CSS.escape(name)}"]`);
  if (scroll) box?.scrollIntoView({ block: "center", behavior: "smooth" });
}

document.addEventListener("click", (event) => {
  const one = event.target.closest("[data-field]");
  if (!one) return;
  const field = document.querySelector(`.value[data-field="${CSS.escape(one.dataset.field)}"] textarea`);
  field?.closest("details")?.setAttribute("open", "");
  if (one.tagName === "rect" && field) field.focus();
  choose(one.dataset.field, { scroll: one.tagName !== "rect" });
});

document.addEventListener("focusin", (event) => {
  const one = event.target.closest?.(".value[data-field]");
  if (one) choose(one.dataset.field);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches?.(".value textarea")) return;
  event.preventDefault();
  const fields = [...document.querySelectorAll(".value textarea")].filter((one) => one.checkVisibility());
  const next = fields[fields.indexOf(event.target) + 1];
  if (next && !event.ctrlKey && !event.metaKey) {
    next.focus();
    next.select();
  } else document.querySelector("button[form=values]")?.focus();
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-values]");
  if (!form) return;
  const changed = [...form.querySelectorAll("[data-read]")].filter((one) => one.value.trim() !== one.dataset.read.trim());
  form.toggleAttribute("data-dirty", changed.length > 0);
  for (const one of document.querySelectorAll("[data-when-same]")) one.hidden = changed.length > 0;
  for (const one of document.querySelectorAll("[data-when-changed]")) one.hidden = changed.length === 0;
});
