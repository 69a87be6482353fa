// A field and the box where it was read point to each other.
function choose(name) {
  for (const one of document.querySelectorAll("[data-field]")) one.classList.toggle("chosen", one.dataset.field === name);
  const box = document.querySelector(`rect[data-field="${CSS.escape(name)}"]`);
  box?.scrollIntoView({ block: "center", behavior: "smooth" });
}

document.addEventListener("click", (event) => {
  const one = event.target.closest("[data-field]");
  if (one) choose(one.dataset.field);
});
