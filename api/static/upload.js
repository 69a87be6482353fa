// Files by choice, drop or paste, each with its progress; a finished one links to its document.
const area = document.querySelector("[data-drop]");
const list = document.querySelector("[data-uploads]");
const input = area.querySelector("input[type=file]");

for (const name of ["dragenter", "dragover"]) {
  area.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("over"); });
}
for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
area.addEventListener("drop", (event) => { event.preventDefault(); send(event.dataTransfer.files); });
const camera = document.querySelector("[data-camera]");
camera.addEventListener("change", () => { send(camera.files); camera.value = ""; });
input.addEventListener("change", () => { send(input.files); input.value = ""; });
document.addEventListener("paste", (event) => send(event.clipboardData?.files ?? []));

function send(files) {
  for (const file of files) upload(file);
}

const refused = JSON.parse(area.dataset.refused); // why the server took none, in the reader's language

function upload(file) {
  const row = document.createElement("li");
  row.className = "upload";
  const name = document.createElement("span");
  name.textContent = file.name;
  const state = document.createElement("span");
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", file.name);
  row.append(name, state, bar);
  list.prepend(row);

  const request = new XMLHttpRequest();
  request.upload.onprogress = (event) => { bar.value = event.loaded / event.total; };
  request.onload = () => finish(request, row, name, state, bar);
  request.onerror = () => fail(state, bar, area.dataset.lost);
  request.open("POST", "/v1/documents");
  request.setRequestHeader("X-CSRF-Token", document.body.dataset.csrf);
  request.setRequestHeader("Idempotency-Key", crypto.randomUUID?.() ?? String(Math.random()));
  const form = new FormData();
  form.append("file", file);
  request.send(form);
}

function finish(request, row, name, state, bar) {
  let answer = {};
  try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
  if (request.status !== 202) return fail(state, bar, refused[String(answer.type).split(":").pop()] ?? area.dataset.lost);
  const link = document.createElement("a");
  link.href = `/documents/${answer.id}`;
  link.textContent = name.textContent;
  name.replaceWith(link);
  state.textContent = area.dataset.done;
  state.className = "chip good";
  bar.remove();
  follow(row, answer.id);
}

// What the line does with it appears here as it happens: the row asks for itself anew at each of its events.
function follow(row, id) {
  const part = document.createElement("div");
  part.className = "follow";
  part.dataset.live = id;
  for (const [name, value] of [["get", `/documents/${id}/line`], ["trigger", "load, refresh"], ["swap", "innerHTML"]]) part.setAttribute(`hx-${name}`, value);
  row.append(part);
  htmx.process(part);
}

function fail(state, bar, why) {
  state.textContent = why;
  state.className = "chip bad";
  bar.remove();
}
