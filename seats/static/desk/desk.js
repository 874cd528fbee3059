// The desk: opens conversations, writes by the REST API, shows what is new.

import { beat } from "./beat.js";
import * as canned from "./canned.js";
import * as commands from "./commands.js";
import { Live, draw } from "./live.js";
import { $, api, detail, loggedOut, newId, online, page, texts, toast } from "./net.js";
import * as notify from "./notify.js";
import * as outbox from "./outbox.js";
import * as recorder from "./recorder.js";
import * as rows from "./rows.js";

const body = document.body;
const EMOJIS = "😀 😄 😊 😉 😍 😅 😂 🤔 😢 😭 😡 👍 👌 🙏 👏 💪 🌹 🎉 ❤️ ✅ ❌ ⏰ 📦 🚚".split(" ");
const LOOK = 30000; // even while events come: whoever should have told of something may have died before
// The lists and chats poll while `live` is false; htmx reads it.
const state = { tab: "mine", search: "", open: 0, live: false, news: 0 };
window.desk = state;

commands.listen(() => state.open, async (carriedOut) => {
  if (carriedOut) await standing(true);
  refresh();
});

// Opening conversations

async function fetched(id) {
  const answer = await page(`/desk/${id}/`);
  return answer.ok ? answer.text() : null;
}

async function show(id) {
  const html = await fetched(id);
  if (html === null) return;
  state.open = id;
  body.dataset.view = "chat";
  delete body.dataset.info;
  history.replaceState(null, "", `?c=${id}`);
  put(html);
  if (matchMedia("(min-width: 641px)").matches) $("#composer textarea")?.focus();
  await showCustomer();
}

function put(html) {
  $("#chat").innerHTML = html;
  $("#messages").dataset.token = $("#token").dataset.token;
  const writing = $("#composer textarea");
  if (writing) writing.value = localStorage[`draft:${state.open}`] ?? "";
  $(".emojis")?.replaceChildren(...EMOJIS.map((one) => (
    Object.assign(document.createElement("button"), { type: "button", textContent: one })
  )));
  outbox.draw(state.open);
  toEnd();
  mark();
  read();
}

/** Show the open chat anew where one can do other things there now; what is being written stays untouched otherwise. */
async function standing(surely = false) {
  const id = state.open;
  const html = await fetched(id);
  if (id !== state.open) return;
  if (html === null) { $("#chat").replaceChildren(); state.open = 0; return; }
  const parsed = elements(html);
  if (surely || parsed.querySelector("#messages").dataset.standing !== $("#messages")?.dataset.standing) put(html);
  else $(".head").replaceWith(parsed.querySelector(".head"));
  await showCustomer();
}

async function showCustomer() {
  const id = state.open;
  const html = await (await page(`/desk/${id}/customer/`)).text();
  if (id !== state.open || $("#customer :focus")) return;
  $("#customer").innerHTML = html;
  rows.tick();
}

/** Once for all that comes within a second. */
function later(what) {
  let timer;
  return () => { timer ??= setTimeout(() => { timer = undefined; what().catch(() => {}); }, 1000); };
}
const customerLater = later(showCustomer);
const standingLater = later(() => (state.open ? standing() : Promise.resolve()));

function atEnd() { const log = $("#messages"); return log.scrollHeight - log.scrollTop - log.clientHeight < 60; }
function toEnd() { const log = $("#messages"); if (log) log.scrollTop = log.scrollHeight; }
function refresh() { htmx.trigger("#list", "refresh"); look(); }
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

// What the seat has before its eyes is read

let readTo = 0;
const read = later(async () => {
  const log = $("#messages");
  if (!log || !("mine" in log.dataset) || document.hidden) return;
  const theirs = log.querySelectorAll(".bubble.customer");
  const newest = Number(theirs[theirs.length - 1]?.id.slice(1));
  if (!newest || newest <= readTo) return;
  readTo = newest;
  await api(`conversations/${state.open}/read/`, { to: newest });
});
document.addEventListener("visibilitychange", read);

// What is new

/** Draw what is new in the open chat; whoever reads further up is not torn away. */
function take(bubbles) {
  const follow = atEnd();
  for (const bubble of bubbles) draw(bubble);
  if (follow) toEnd();
  read();
  customerLater();
}

const elements = (html) => new DOMParser().parseFromString(html, "text/html");

/** Look into the open chat for what is new, without waiting to be told. */
async function look() {
  const log = $("#messages");
  const { open, news } = state;
  if (!log) return;
  try {
    const answer = await page(`/desk/${open}/messages/?token=${log.dataset.token}`);
    online(answer.status < 500);
    if (answer.status !== 200) return;
    const found = elements(await answer.text());
    // Meanwhile another chat was opened, or this answer may be older than what came.
    if (open !== state.open) return;
    if (news !== state.news) { look(); return; }
    log.dataset.token = $("#token", found).dataset.token;
    take([...found.querySelectorAll("[id^=m]")]);
  } catch {
    online(false);
  }
}
setInterval(() => { if (!state.live) look(); }, 2000);

new Live(body.dataset.position, {
  conversation(news) {
    state.news += 1;
    if (state.search || !rows.place(news, state.tab)) htmx.trigger("#list", "refresh");
    mark();
    rows.tick();
    notify.note(news.id, news.tabs.includes("mine") ? Number(/data-unread="(\d+)"/.exec(news.row)?.[1]) : 0, true);
    if (news.id !== state.open || !$("#messages")) return;
    if (news.bubbles.length) take(news.bubbles.map((one) => elements(one).body.firstElementChild));
    if (news.moved) standingLater();
  },
  reset: refresh,
  state(live) {
    state.live = live;
    body.toggleAttribute("data-live", live);
    if (live) online(true);
  },
});
setInterval(() => { if (state.live) refresh(); }, LOOK);
setInterval(rows.tick, 5000);

// An answer that was on its way while news came may be older than they are: ask once more.
document.addEventListener("htmx:beforeRequest", (event) => { event.target.news = state.news; });
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!loggedOut(event.detail.xhr.responseURL)) return;
  event.detail.shouldSwap = false;
  location.reload();
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.news !== state.news) htmx.trigger(event.target, "refresh");
  if (event.target.id === "list") listed();
});
document.addEventListener("htmx:sendError", () => online(false));
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) online(true); });

function listed() {
  mark();
  rows.tick();
  if (state.tab !== "mine" || state.search) return;
  const all = [...document.querySelectorAll(".rows [data-row]")];
  notify.forgetAllBut(new Set(all.map((one) => Number(one.dataset.row))));
  for (const one of all) notify.note(Number(one.dataset.row), Number(one.dataset.unread), !state.live);
}

// Writing

outbox.onChange(() => outbox.draw(state.open));

function send() {
  const writing = $("#composer textarea");
  const text = writing?.value.trim();
  if (!text) return;
  outbox.post(state.open, "messages", { text }, text);
  writing.value = "";
  delete localStorage[`draft:${state.open}`];
}

function card(form) {
  const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  const content = { type: form.dataset.card, ...given };
  if (given.items) content.items = given.items.split("\n").map((one) => one.trim()).filter(Boolean);
  const words = given.title ?? given.head ?? given.label ?? "";
  outbox.post(state.open, "cards", content, words);
  form.reset();
  form.closest("dialog").close();
}

// The customer sees that somebody types; WeChat shows it for 15 seconds
let typed = 0;
function showTyping() {
  if (Date.now() - typed < 10000) return;
  typed = Date.now();
  api(`conversations/${state.open}/typing/`, { on: true }).catch(() => {});
}

// Files: sent at once, one after the other
async function attach(files, conversation = state.open) {
  for (const file of files) {
    const form = new FormData();
    form.append("file", file);
    form.append("client_id", newId());
    toast(`${file.name} · ${texts.sending}`);
    try {
      const { status, said } = await api(`conversations/${conversation}/files/`, null, { body: form });
      toast(status < 300 ? "" : texts.failed + (detail(said) || status));
    } catch {
      toast(texts.failed + file.name);
    }
    if (!state.live) refresh();
  }
}

recorder.listen(() => state.open, (file, conversation) => attach([file], conversation));

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

// Hands

const TAPS = {
  open: (target) => show(Number(target.dataset.open)),
  tab(target) {
    state.tab = target.dataset.tab;
    for (const one of document.querySelectorAll("[data-tab][role=tab]")) one.setAttribute("aria-selected", String(one === target));
    htmx.trigger("#list", "refresh");
  },
  back: () => { body.dataset.view = "list"; },
  info: () => { body.dataset.info = ""; },
  hideInfo: () => { delete body.dataset.info; },
  emoji: () => { $(".emojis").hidden = !$(".emojis").hidden; },
  before: older,
  forgetReply: async (target) => { if (await replyGone(target.dataset.forgetReply)) target.closest("li").remove(); },
};

async function tapped(target) {
  const tap = Object.keys(TAPS).find((name) => name in target.dataset);
  if (tap) await TAPS[tap](target);
  else if (target.id === "keys") $("#sheet").showModal();
  else if (target.id === "my-replies") await myReplies();
  else if (target.id === "take-next") {
    const { said } = await api("me/take/");
    toast(detail(said) || texts.waiting);
    refresh();
  } else if (target.closest(".emojis")) {
    const writing = $("#composer textarea");
    writing.setRangeText(target.textContent, writing.selectionEnd, writing.selectionEnd, "end");
    writing.focus();
  }
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, a");
  if (window.Notification?.permission === "default") Notification.requestPermission();
  if (!target) return;
  if ("open" in target.dataset) event.preventDefault();
  tapped(target).catch(() => online(false));
});

async function older(button) {
  const answer = await page(`/desk/${state.open}/messages/?before=${button.dataset.before}`);
  const found = elements(await answer.text());
  $("#token", found)?.remove();
  const log = $("#messages");
  const height = log.scrollHeight;
  button.replaceWith(...found.body.childNodes);
  log.scrollTop += log.scrollHeight - height;
}

// One's own canned replies

async function myReplies() {
  const answer = await page("/desk/replies/");
  $("#replies-list").innerHTML = await answer.text();
  if (!$("#replies").open) $("#replies").showModal();
}

async function addReply(form) {
  const { status, said } = await api("me/canned-replies/", Object.fromEntries(new FormData(form)));
  if (status >= 300) { toast(detail(said)); return; }
  form.reset();
  canned.forget();
  await myReplies();
}

async function replyGone(id) {
  const { status } = await api(`me/canned-replies/${id}/`, null, { method: "DELETE", body: undefined });
  canned.forget();
  return status === 204;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "composer") { event.preventDefault(); send(); }
  else if (form.dataset.card) { event.preventDefault(); card(form); }
  else if (form.id === "add-reply") { event.preventDefault(); addReply(form); }
});

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("textarea, input, select");
  if (event.target.closest?.("#composer") && canned.key(event)) return;
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
  if (event.target.closest("#composer textarea")) {
    canned.offer(event.target, state.open);
    if (event.target.value) showTyping();
    localStorage[`draft:${state.open}`] = event.target.value;
  }
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

addEventListener("online", outbox.flush);
addEventListener("offline", () => online(false));

if (body.dataset.seat) beat((heard) => { online(heard); if (outbox.waiting()) outbox.flush(); });
outbox.flush();
const asked = Number(new URLSearchParams(location.search).get("c"));
if (asked) show(asked);
