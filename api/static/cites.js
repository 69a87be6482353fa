// A passage of a draft and the source that supports it show each other, under the pointer and at the focus.
const numbers = (one) => one.dataset.source.split(" ");

function show(event) {
  const chosen = event.target.closest?.("[data-source]");
  const wanted = chosen ? numbers(chosen) : [];
  for (const one of document.querySelectorAll("[data-source]")) {
    one.classList.toggle("lit", numbers(one).some((number) => wanted.includes(number)));
  }
}

document.addEventListener("pointerover", show);
document.addEventListener("focusin", show);
