// New events refresh what shows them. A page that nobody looks at lets go of its connection.
const HIDDEN_MS = 30_000;
const GATHER_MS = 350;
const BUSY_MS = 2_000;

let source = null;
let cursor = "";
let changed = new Set();
let timer = 0;
let away = 0;

export function listen() {
  const body = document.body;
  if (!body.dataset.kinds || !document.querySelector("[data-live]")) return;
  cursor = body.dataset.cursor ?? "";
  open();
  document.addEventListener("visibilitychange", () => {
    clearTimeout(away);
    if (document.hidden) away = setTimeout(close, HIDDEN_MS);
    else if (!source) open();
  });
  window.addEventListener("pagehide", close);
}

function open() {
  source = new EventSource(`/v1/events${cursor ? `?after=${encodeURIComponent(cursor)}` : ""}`);
  source.onopen = () => document.documentElement.classList.add("is-live");
  source.onerror = () => document.documentElement.classList.remove("is-live");
  for (const kind of document.body.dataset.kinds.split(" ")) source.addEventListener(kind, note);
}

function close() {
  source?.close();
  source = null;
  document.documentElement.classList.remove("is-live");
}

function note(event) {
  cursor = event.lastEventId;
  const { ticket_id: ticket, document_id: document } = JSON.parse(event.data);
  for (const id of [ticket, document]) if (id) changed.add(id);
  clearTimeout(timer);
  timer = setTimeout(refresh, GATHER_MS);
}

function refresh() {
  let waits = false;
  for (const element of document.querySelectorAll("[data-live]")) {
    if (element.dataset.live !== "all" && !changed.has(element.dataset.live)) continue;
    if (busy(element)) waits = true;
    else htmx.trigger(element, "refresh");
  }
  clearTimeout(timer);
  if (waits) timer = setTimeout(refresh, BUSY_MS);
  else changed = new Set();
}

// A part in which somebody works is not refreshed until they are done; an answer that comes meanwhile is let go.
export function busy(element) {
  return Boolean(element.querySelector("[data-dirty], details[data-busy][open] :focus, textarea:focus, input:focus") ?? written(element));
}

export function later(element) {
  if (element.dataset.live !== "all") changed.add(element.dataset.live);
  clearTimeout(timer);
  timer = setTimeout(refresh, BUSY_MS);
}

// A text that somebody began to write is not taken away by a refresh.
function written(element) {
  const fields = element.querySelectorAll("details[data-busy][open] :is(textarea, input:not([type=hidden]))");
  return [...fields].find((one) => one.value !== one.defaultValue);
}
