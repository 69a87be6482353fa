// The slider shows what another target would let through, before anything is changed.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-whatif]")) return;
  const section = event.target.closest("section");
  for (const one of section.querySelectorAll("[data-point]")) {
    one.hidden = one.dataset.point !== event.target.value;
    if (one.hidden) continue;
    for (const side of ["y1", "y2"]) section.querySelector("[data-goal]").setAttribute(side, one.dataset.height);
    const button = section.querySelector("[data-set]");
    if (!button) continue;
    button.value = one.dataset.target;
    section.querySelector("[data-set-words]").textContent = one.dataset.words;
  }
});
