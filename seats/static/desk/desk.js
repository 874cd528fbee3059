// The desk: opens conversations, sends by the REST API, keeps what is written while there is no connection.

const texts = JSON.parse(document.getElementById("texts").textContent);
const $ = (selector, root = document) => root.querySelector(selector);
const body = document.body;
const title = document.title;
// crypto.randomUUID is there in secure contexts only.
const newId = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2);
const deskId = sessionStorage.desk ||= newId().slice(0, 8);
const EMOJIS = "😀 😄 😊 😉 😍 😅 😂 🤔 😢 😭 😡 👍 👌 🙏 👏 💪 🌹 🎉 ❤️ ✅ ❌ ⏰ 📦 🚚".split(" ");
const state = { tab: "mine", search: "", open: 0 };
window.desk = state;

// Talking to the server

const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(name + "="))?.split("=")[1] ?? "";

async function api(path, data, options = {}) {
  const answer = await fetch("/api/" + path, {
    method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") },
    body: JSON.stringify(data ?? {}), ...options,
  });
  const text = await answer.text();
  let said = {};
  try { said = JSON.parse(text); } catch { /* no JSON: an error page */ }
  return { status: answer.status, said };
}

const detail = (said) => said.detail ?? Object.entries(said).map(([name, one]) => `${name}: ${one}`).join(" ");

async function command(name, data) {
  try {
    const { status, said } = await api(`conversations/${state.open}/commands/${name}/`, data);
    toast(status === 202 ? texts.waiting : detail(said) || texts.error);
    if (status === 200) await show(state.open);
    refresh();
    return status < 300;
  } catch {
    toast(texts.offline);
    return false;
  }
}

function toast(words) {
  $("#toast").textContent = words;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { $("#toast").textContent = ""; }, 5000);
}

// Opening conversations

async function show(id) {
  const answer = await fetch(`/desk/${id}/`);
  if (!answer.ok) return;
  const html = await answer.text();
  state.open = id;
  body.dataset.view = "chat";
  delete body.dataset.info;
  history.replaceState(null, "", `?c=${id}`);
  $("#chat").innerHTML = html;
  htmx.process($("#chat"));
  const writing = $("#composer textarea");
  if (writing) {
    writing.value = localStorage[`draft:${id}`] ?? "";
    if (matchMedia("(min-width: 641px)").matches) writing.focus();
  }
  $(".emojis")?.replaceChildren(...EMOJIS.map((one) => (
    Object.assign(document.createElement("button"), { type: "button", textContent: one })
  )));
  drawPending();
  toEnd();
  mark();
  await showCustomer();
}

async function showCustomer() {
  const id = state.open;
  const html = await (await fetch(`/desk/${id}/customer/`)).text();
  if (id === state.open) $("#customer").innerHTML = html;
}

function toEnd() { const log = $("#messages"); if (log) log.scrollTop = log.scrollHeight; }
function refresh() { htmx.trigger("#list", "refresh"); if ($("#messages")) htmx.trigger("#messages", "refresh"); }
function mark() {
  for (const link of document.querySelectorAll(".rows a")) {
    link.toggleAttribute("aria-current", Number(link.dataset.open) === state.open);
  }
}

function step(by) {
  const links = [...document.querySelectorAll("#list a[data-open]")];
  const at = links.findIndex((link) => Number(link.dataset.open) === state.open);
  const next = links[Math.min(Math.max(at + by, 0), links.length - 1)];
  if (next) show(Number(next.dataset.open));
}

// Writing: what is written goes into a box on this machine first, and out of it once the server has it

const box = {
  read: () => JSON.parse(localStorage.outbox ?? "[]"),
  write: (all) => { localStorage.outbox = JSON.stringify(all); drawPending(); },
  add: (one) => box.write([...box.read(), one]),
  drop: (id) => box.write(box.read().filter((one) => one.id !== id)),
};
let sending = false;

async function flush() {
  if (sending) return;
  sending = true;
  try {
    for (let first; (first = box.read().find((one) => !one.error));) {
      const { status, said } = await api(`conversations/${first.conversation}/messages/`, { text: first.text, client_id: first.id });
      if (status >= 500) throw new Error("server");
      if (status >= 400) box.write(box.read().map((one) => (one.id === first.id ? { ...one, error: detail(said) } : one)));
      else box.drop(first.id);
      online(true);
      refresh();
    }
  } catch {
    online(false);
  } finally {
    sending = false;
  }
}

function online(yes) {
  $("#offline").hidden = yes;
  $("#offline").textContent = yes ? "" : texts.offline;
}

function drawPending() {
  const list = $("#pending");
  if (!list) return;
  list.replaceChildren(...box.read().filter((one) => one.conversation === state.open).map((one) => {
    const item = document.createElement("li");
    item.textContent = one.text + " · " + (one.error ? texts.failed + one.error : texts.sending);
    if (one.error) {
      item.className = "error";
      const gone = document.createElement("button");
      gone.textContent = "×";
      gone.addEventListener("click", () => { $("#composer textarea").value ||= one.text; box.drop(one.id); });
      item.append(" ", gone);
    }
    return item;
  }));
}

function send() {
  const writing = $("#composer textarea");
  const text = writing?.value.trim();
  if (!text) return;
  box.add({ id: newId(), conversation: state.open, text });
  writing.value = "";
  delete localStorage[`draft:${state.open}`];
  flush();
}

// The customer sees that somebody types; WeChat shows it for 15 seconds
let typed = 0;
function showTyping() {
  if (Date.now() - typed < 10000) return;
  typed = Date.now();
  api(`conversations/${state.open}/typing/`, { on: true }).catch(() => {});
}

// Files: sent at once, one after the other

async function attach(files) {
  for (const file of files) {
    const form = new FormData();
    form.append("file", file);
    form.append("client_id", newId());
    toast(`${file.name} · ${texts.sending}`);
    try {
      const headers = { "X-CSRFToken": cookie("csrftoken") };
      const { status, said } = await api(`conversations/${state.open}/files/`, null, { headers, body: form });
      toast(status < 300 ? "" : texts.failed + (detail(said) || status));
    } catch {
      toast(texts.failed + file.name);
    }
    refresh();
  }
}

document.addEventListener("paste", (event) => {
  if (event.target.closest?.("#composer") && event.clipboardData.files.length) {
    event.preventDefault();
    attach([...event.clipboardData.files]);
  }
});
document.addEventListener("dragover", (event) => {
  const over = $("#composer");
  if (over && event.dataTransfer.types.includes("Files")) { event.preventDefault(); over.classList.add("over"); }
});
document.addEventListener("dragleave", () => $("#composer")?.classList.remove("over"));
document.addEventListener("drop", (event) => {
  if (!$("#composer") || !event.dataTransfer.files.length) return;
  event.preventDefault();
  $("#composer").classList.remove("over");
  attach([...event.dataTransfer.files]);
});

// Canned replies: a / at the beginning, then a piece of the title

const canned = { all: [], of: 0, shown: [], at: 0 };

async function offerCanned(writing) {
  const found = /^\/(\S*)$/.exec(writing.value);
  if (!found) { hideCanned(); return; }
  if (canned.of !== state.open) {
    const answer = await fetch(`/api/conversations/${state.open}/canned-replies/`);
    if (!answer.ok) return;
    Object.assign(canned, { all: await answer.json(), of: state.open });
  }
  const word = found[1].toLowerCase();
  canned.shown = canned.all.filter((one) => (one.title + one.text).toLowerCase().includes(word)).slice(0, 20);
  canned.at = 0;
  drawCanned();
}

function drawCanned() {
  const list = $("#canned");
  list.hidden = !canned.shown.length;
  list.replaceChildren(...canned.shown.map((one, number) => {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(number === canned.at));
    const name = document.createElement("b");
    name.textContent = one.title;
    item.append(name, one.text);
    item.addEventListener("click", () => takeCanned(one));
    return item;
  }));
  list.children[canned.at]?.scrollIntoView({ block: "nearest" });
}

function hideCanned() { const list = $("#canned"); if (list) list.hidden = true; }

function takeCanned(one) {
  const writing = $("#composer textarea");
  writing.value = one.text;
  writing.dispatchEvent(new Event("input", { bubbles: true }));
  hideCanned();
  writing.focus();
}

/** Keys while the list is open; true where one was meant for it. */
function cannedKey(event) {
  const list = $("#canned");
  if (!list || list.hidden) return false;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    canned.at = (canned.at + (event.key === "ArrowDown" ? 1 : -1) + canned.shown.length) % canned.shown.length;
    drawCanned();
  } else if (event.key === "Enter" || event.key === "Tab") takeCanned(canned.shown[canned.at]);
  else if (event.key === "Escape") hideCanned();
  else return false;
  event.preventDefault();
  return true;
}

// Signs of life, and what others should notice

async function beat() {
  if (!body.dataset.seat) return;
  try { online((await api("me/heartbeat/", { desk: deskId })).status < 500); } catch { online(false); }
  if (box.read().some((one) => !one.error)) flush();
}

let known = null;
function notice(rows) {
  const newest = rows.dataset.newest;
  const waiting = rows.dataset.waiting.split(",").filter(Boolean).length;
  document.title = (waiting ? `(${waiting}) ` : "") + title;
  if (known !== null && state.tab === "mine" && newest !== known && waiting && document.hidden) {
    beep();
    if (window.Notification?.permission === "granted") new Notification(texts.new, { tag: "desk" });
  }
  known = newest;
}

function beep() {
  try {
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    volume.gain.value = 0.05;
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.12);
  } catch { /* a browser that allows no sound yet */ }
}

// Hands

document.addEventListener("click", async (event) => {
  const target = event.target.closest("button, a");
  if (!target) return;
  const { open, command: name, dialog, tab } = target.dataset;
  if (open) { event.preventDefault(); show(Number(open)); }
  else if (tab) {
    Object.assign(state, { tab });
    for (const one of document.querySelectorAll("[data-tab]")) one.setAttribute("aria-selected", String(one === target));
    htmx.trigger("#list", "refresh");
  } else if (name && target.tagName === "BUTTON") command(name);
  else if (dialog) $("#" + dialog).showModal();
  else if ("cancel" in target.dataset) { event.preventDefault(); target.closest("dialog").close(); }
  else if ("back" in target.dataset) body.dataset.view = "list";
  else if ("info" in target.dataset) body.dataset.info = "";
  else if ("hideInfo" in target.dataset) delete body.dataset.info;
  else if ("emoji" in target.dataset) { const box_ = $(".emojis"); box_.hidden = !box_.hidden; }
  else if (target.dataset.before) older(target);
  else if (target.id === "keys") $("#sheet").showModal();
  else if (target.id === "take-next") {
    const { said } = await api("me/take/");
    toast(detail(said) || texts.waiting);
    refresh();
  } else if (target.closest(".emojis")) {
    const writing = $("#composer textarea");
    writing.setRangeText(target.textContent, writing.selectionEnd, writing.selectionEnd, "end");
    writing.focus();
  }
  if (window.Notification?.permission === "default") Notification.requestPermission();
});

async function older(button) {
  const answer = await fetch(`/desk/${state.open}/messages/?before=${button.dataset.before}`);
  const holder = document.createElement("div");
  holder.innerHTML = await answer.text();
  holder.querySelector("#token")?.remove();
  const log = $("#messages");
  const height = log.scrollHeight;
  button.replaceWith(...holder.childNodes);
  log.scrollTop += log.scrollHeight - height;
  log.dataset.older = "1";
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id === "composer") { event.preventDefault(); send(); }
  else if (form.dataset.command) {
    event.preventDefault();
    if (await command(form.dataset.command, Object.fromEntries(new FormData(form)))) form.closest("dialog")?.close();
  }
});

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("textarea, input, select");
  if (event.target.closest?.("#composer") && cannedKey(event)) return;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.closest("#composer textarea")) {
    event.preventDefault();
    send();
  } else if (event.altKey && event.key === "ArrowUp") { event.preventDefault(); step(-1); }
  else if (event.altKey && event.key === "ArrowDown") { event.preventDefault(); step(1); }
  else if (event.altKey && event.code === "KeyC") $("#d-close")?.showModal();
  else if (event.altKey && event.code === "KeyT") $("#d-transfer")?.showModal();
  else if (event.key === "Escape" && !$("dialog[open]")) body.dataset.view = "list";
  else if (event.key === "?" && !writing) $("#sheet").showModal();
});

document.addEventListener("input", (event) => {
  if (event.target.closest("#composer textarea")) { offerCanned(event.target); if (event.target.value) showTyping(); }
  if (event.target.closest("#composer textarea")) localStorage[`draft:${state.open}`] = event.target.value;
  if (event.target.id === "search") {
    state.search = event.target.value;
    clearTimeout(state.timer);
    state.timer = setTimeout(() => htmx.trigger("#list", "refresh"), 250);
  }
});

document.addEventListener("change", async (event) => {
  if (event.target.id === "attach") {
    await attach([...event.target.files]);
    event.target.value = "";
  } else if (event.target.id === "presence") {
    const { status, said } = await api("me/presence/", { presence: event.target.value });
    if (status >= 400) toast(detail(said) || texts.error);
  }
});

// While older messages are on the screen, or somebody reads further up, the end is not torn away from them.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id !== "messages") return;
  const log = event.target;
  log.dataset.end = String(log.scrollHeight - log.scrollTop - log.clientHeight < 60);
  log.dataset.top = String(log.scrollTop);
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "list") { mark(); notice($(".rows")); }
  if (event.target.id !== "messages") return;
  if (event.target.dataset.end === "true") toEnd();
  else event.target.scrollTop = Number(event.target.dataset.top);
  showCustomer().catch(() => online(false));
});
document.addEventListener("htmx:sendError", () => online(false));
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) online(true); });
addEventListener("online", flush);
addEventListener("offline", () => online(false));
addEventListener("pagehide", () => { if (body.dataset.seat) api("me/heartbeat/", { desk: deskId, leaving: true }, { keepalive: true }); });

setInterval(beat, 20000);
beat();
flush();
const asked = Number(new URLSearchParams(location.search).get("c"));
if (asked) show(asked);
