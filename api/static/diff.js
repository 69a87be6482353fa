// While a draft is edited, what differs from it is shown below, word by word; the difference is what teaches.
const MOST = 1_500; // words of each side; more than that is shown when it is sent

document.addEventListener("input", (event) => {
  if (event.target.dataset.before === undefined) return;
  const shown = event.target.form.querySelector("[data-diff]");
  const before = words(event.target.dataset.before.replaceAll("\r\n", "\n"));
  const after = words(event.target.value);
  const same = before.join("") === after.join("");
  shown.hidden = same || before.length > MOST || after.length > MOST;
  if (!shown.hidden) shown.replaceChildren(...marked(before, after));
});

function words(text) {
  return text.match(/\s+|[^\s]+/g) ?? [];
}

function marked(before, after) {
  const columns = after.length + 1;
  const longest = new Uint16Array((before.length + 1) * columns);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const place = i * columns + j;
      longest[place] = before[i] === after[j]
        ? longest[place + columns + 1] + 1
        : Math.max(longest[place + columns], longest[place + 1]);
    }
  }
  const parts = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const place = i * columns + j;
    if (i < before.length && j < after.length && before[i] === after[j]) {
      add(parts, "span", after[j]);
      i++;
      j++;
    } else if (i < before.length && (j === after.length || longest[place + columns] >= longest[place + 1])) add(parts, "del", before[i++]);
    else add(parts, "ins", after[j++]);
  }
  return parts;
}

function add(parts, name, text) {
  const last = parts.at(-1);
  if (last?.localName === name) last.textContent += text;
  else {
    const part = document.createElement(name);
    part.textContent = text;
    parts.push(part);
  }
}
