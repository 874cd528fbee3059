// The desk: puts its parts together. What belongs to one conversation stands in the store, under that conversation.

import { beat } from "./beat.js";
import { OwnReplies } from "./canned.js";
import { Chat } from "./chat.js";
import * as commands from "./commands.js";
import { Composer } from "./composer.js";
import { deliver } from "./delivery.js";
import { List } from "./list.js";
import { Live } from "./live.js";
import { $, $$, body, elements, hands, later, make, newId, texts } from "./net.js";
import { Next } from "./next.js";
import { Notices, inTitle } from "./notify.js";
import { Offers, about } from "./offers.js";
import * as pending from "./pending.js";
import { Places } from "./places.js";
import { Presence } from "./presence.js";
import * as push from "./push.js";
import * as recorder from "./recorder.js";
import { loggedIn, online, toast } from "./saying.js";
import { Store } from "./store/store.js";
import { DOWN, LOGIN } from "./store/verdict.js";
import { tick } from "./ticking.js";

const LOOK = 30000; // even while events come: whoever should have told of something may have died before
const POLL = 2500;
const LEAVING = 2000;
const WHO = "desk:who";

const store = new Store({ user: body.dataset.user, storage: localStorage, deliver, newId, changed: outboxChanged, old: texts.old });
const places = new Places(store.keep);
const notices = new Notices(body.dataset.notices !== "", (id) => show(id));
let chat = null; // the Chat that is open
let composer = null;
let live = false;

// Where the session has ended, what only this page has is not lost: the seat logs in beside it.
const filled = () => $$("dialog[open] :is(input, textarea), .rename input").some((one) => one.value !== one.defaultValue);
hands.ended = () => { if (store.fragile || filled()) loggedIn(false); else location.reload(); };
addEventListener("beforeunload", (event) => { if (store.fragile) event.preventDefault(); });

// Opening

/** Open a conversation; `shown` where the browser's history has led to it. */
async function show(id, shown = false) {
  chat?.leave();
  const conversation = store.of(id);
  const opened = chat = new Chat(conversation, $("#chat"), { drawn, lost });
  composer = null;
  recorder.cancel();
  place(id, shown);
  // What is written beside the chat is about its customer: nobody else's pane stays there meanwhile.
  if ($("#customer").dataset.conversation !== String(id)) emptyPane();
  if (!$("#messages")) $("#calm")?.remove();
  else $("#chat").replaceChildren();
  mark();
  try {
    const there = await opened.load();
    if (there && matchMedia("(min-width: 641px)").matches) $("#composer textarea")?.focus();
  } catch {
    online(false);
  }
}

// On a phone one thing is seen at a time, and the browser's own way back leads from the customer to the chat, from it to the list.
const narrow = () => matchMedia("(max-width: 640px)").matches;

function place(id, shown) {
  const from = body.dataset.view;
  body.dataset.view = "chat";
  delete body.dataset.info;
  if (!shown) history[narrow() && from === "list" ? "pushState" : "replaceState"]({ chat: narrow() && (from === "list" || history.state?.chat) }, "", `?c=${id}`);
}

function toList() {
  if (history.state?.chat) { history.back(); return; }
  delete body.dataset.info;
  body.dataset.view = "list";
  if (narrow()) history.replaceState(null, "", location.pathname);
}

function showInfo() {
  body.dataset.info = "";
  if (narrow()) history.pushState({ ...history.state, info: true }, "");
}

function hideInfo() {
  if (history.state?.info) history.back();
  else delete body.dataset.info;
}

addEventListener("popstate", () => {
  const id = Number(new URLSearchParams(location.search).get("c"));
  body.toggleAttribute("data-info", Boolean(history.state?.info));
  body.dataset.view = id ? "chat" : "list";
  if (id && chat?.id !== id) show(id, true);
});

function emptyPane() {
  const pane = $("#customer");
  delete pane.dataset.conversation;
  pane.replaceChildren(make("header", { className: "bar" }, make("strong", { className: "grow", textContent: texts.customer_pane })));
}

function drawn(opened) {
  const form = $("#composer");
  composer = form ? new Composer(opened.conversation, form) : null;
  pending.draw(opened.conversation, decisions(opened.conversation));
  mark();
}

/** It may not be seen any more: nothing of it stays on the screen, and nothing more goes to it. */
function lost() {
  composer = null;
  recorder.cancel();
  emptyPane();
}

function mark() {
  for (const link of $$("#list a[data-open]")) link.toggleAttribute("aria-current", Number(link.dataset.open) === chat?.id);
  for (const one of $$("#list li[data-row]")) one.classList.toggle("refused", store.of(Number(one.dataset.row)).outbox.refused.length > 0);
}

function step(by) {
  const links = $$("#list a[data-open]");
  const at = links.findIndex((link) => Number(link.dataset.open) === chat?.id);
  const next = links[Math.min(Math.max(at + by, 0), links.length - 1)];
  if (next) show(Number(next.dataset.open));
}

const nameOf = (id) => $(`#list [data-row="${id}"] .who`)?.textContent || (chat?.id === id && $("#chat h1")?.textContent) || `#${id}`;

// The outbox

function outboxChanged(conversation, verdict, entry, said) {
  toast(said, { stay: true });
  if (verdict) {
    online(verdict !== DOWN);
    loggedIn(verdict !== LOGIN);
  }
  if (conversation === chat?.conversation) pending.draw(conversation, decisions(conversation));
  if (verdict === "done" && !live) refresh();
  if (verdict !== "refused") { mark(); return; }
  mark();
  const words = texts.refused_in.replace("%(name)s", nameOf(conversation.id)).replace("%(reason)s", entry.reason);
  if (conversation !== chat?.conversation) toast(words, { bad: true, stay: true, action: [texts.open, () => show(conversation.id)] });
}

/** What the seat can do with a message that was refused. Nothing of it goes away by itself. */
function decisions(conversation) {
  return {
    again: (entry) => conversation.outbox.again(entry.id),
    cancel: (entry) => conversation.outbox.remove(entry.id),
    discard: (entry) => { if (confirm(texts.discard_sure)) conversation.outbox.remove(entry.id); },
    edit(entry) {
      if (entry.path === "cards") { editCard(entry); return; }
      conversation.takeBack(entry.body.text);
      conversation.outbox.remove(entry.id);
      if (conversation === chat?.conversation) composer?.redraw();
    },
  };
}

function editCard(entry) {
  const form = $(`form[data-card=${entry.body.type}]`);
  if (!form) return;
  for (const [name, value] of Object.entries(entry.body)) {
    if (form.elements[name]) form.elements[name].value = Array.isArray(value) ? value.join("\n") : value;
  }
  form.dataset.entry = entry.id;
  commands.open(form.closest("dialog").id);
}

function card(form) {
  const conversation = chat?.conversation;
  if (!conversation) return;
  const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  const content = { type: form.dataset.card, ...given };
  if (given.items) content.items = given.items.split("\n").map((one) => one.trim()).filter(Boolean);
  const words = given.title ?? given.head ?? given.label ?? "";
  const { entry } = form.dataset;
  if (entry && conversation.outbox.find(entry)?.refused) conversation.outbox.again(entry, { body: content, words });
  else conversation.outbox.add({ path: "cards", body: content, words });
  if (content.type === "Location") places.sent({ label: content.label, latitude: content.latitude, longitude: content.longitude });
  delete form.dataset.entry;
  form.reset();
  form.closest("dialog").close();
}

// The list, its tabs, and how the seat stands

const list = new List($("#list"), listed);
const next = new Next((id) => show(id), () => refresh());
const presence = new Presence((counts, seat) => {
  for (const [tab, count] of Object.entries(counts)) {
    const shown = $(`[data-tab=${tab}] .count`);
    if (shown) shown.textContent = count;
  }
  next.stands(seat);
});
hands.line = (yes) => presence.connected(yes);
const standing = later(() => presence.refresh(), 700);
const leftLater = later(() => { if (list.tab === "mine") list.refresh().catch(() => {}); }, 300);
const listAgain = later(() => list.refresh(), 300);
const relist = later(() => { if (list.tab !== "mine") list.refresh().catch(() => {}); }, 700);

function listed(rows) {
  mark();
  if (list.tab === "mine" && !list.narrowed) own(rows, !list.next);
}

/** Take over the seat's own rows, and tell of what no event has told of. */
function own(rows, all) {
  const found = new Map(rows.map((one) => [Number(one.dataset.row), one]));
  tell(store.owns(new Map([...found].map(([id, row]) => [id, Number(row.dataset.unread)])), all), (id) => found.get(id));
}

let heard = 0; // events: what was asked for before one of them may be older than it is

/** The own ones are looked after whatever tab one is on. */
async function ownElsewhere() {
  if (list.tab === "mine" && !list.narrowed) return;
  const before = heard;
  const { rows, all } = await list.own();
  if (before === heard) own(rows, all);
}

function refresh() {
  list.refresh().catch(() => {});
  ownElsewhere().catch(() => {});
  standing();
  chat?.look().then(() => { online(true); chat?.read(); }, () => online(false));
}

const offers = new Offers($("#offers"), (id, words, customer) => {
  toast(`${words}: ${customer}`, { sign: "transfer", about: about(id) });
  notices.tell(id, words, customer, true);
}, (id, accepted) => { if (accepted) show(id); refresh(); });

new Live(body.dataset.position, {
  conversation(news) {
    if (!news.id) { // one that is not ours to see any more
      relist();
      standing();
      if (news.left) leftLater();
      if (news.left || chat?.queued) chat?.standingLater();
      return;
    }
    heard += 1;
    const conversation = store.of(news.id);
    conversation.news += 1;
    if (!list.place(news)) listAgain();
    noted(news);
    offers.news(news.id, Boolean(news.offered));
    mark();
    if (news.moved) standing();
    if (chat?.conversation !== conversation || !chat.log) return;
    if (news.bubbles.length) chat.take(news.bubbles.map((one) => elements(one).firstElementChild));
    if (news.moved) chat.standingLater();
  },
  seat() { presence.refresh().catch(() => {}); },
  reset() { refresh(); offers.refresh().catch(() => {}); },
  state(now) {
    live = now;
    body.toggleAttribute("data-live", live);
    presence.connected(live || !navigator.onLine ? live : null);
    if (live) online(true);
  },
});

/** Take over what is unread, and tell of new words and of what became one's own. */
function noted({ id, tabs, row }) {
  const mine = tabs.includes("mine");
  const data = row ? elements(`<ul>${row}</ul>`).querySelector("li") : null;
  tell(store.hears(id, mine, Number(data?.dataset.unread) || 0), () => data);
}

function tell({ became, more }, rowOf) {
  const said = (id) => [".who", ".last"].map((name) => $(name, rowOf(id))?.textContent.trim() ?? "");
  for (const id of became) {
    const [name, words] = said(id);
    toast(texts.yours_now.replace("%s", name), { sign: "headset", about: about(id), action: [texts.open, () => show(id)] });
    notices.tell(id, name, words, true);
  }
  for (const id of more) notices.tell(id, ...said(id));
  inTitle(store.unread);
}

setInterval(() => { if (live) { refresh(); offers.refresh().catch(() => {}); } }, LOOK);
setInterval(() => { if (!live) { refresh(); offers.refresh().catch(() => {}); } }, POLL);
setInterval(tick, 5000);
document.addEventListener("visibilitychange", () => chat?.read());

// Hands

const ownReplies = new OwnReplies($("#replies"), () => { if (composer) composer.canned.all = null; });
recorder.listen(() => chat?.conversation, (file, conversation) => conversation.outbox.add({ path: "files", file, words: file.name }));
commands.listen(() => chat?.id, async (id, carriedOut) => {
  if (carriedOut && chat?.id === id) await chat.standing(true);
  refresh();
});

const TAPS = {
  open: (target) => show(Number(target.dataset.open)),
  tab(target) {
    for (const one of $$("[role=tab]")) one.setAttribute("aria-selected", String(one === target));
    list.choose(target.dataset.tab).catch(() => {});
  },
  back: toList,
  info: showInfo,
  hideInfo,
  before: (target) => chat?.older(target),
  edit: (target) => {
    const said = $(".body", target.closest(".msg")).innerText.trim();
    chat.conversation.takeBack(said);
    composer?.redraw();
  },
  forgetReply: async (target) => { if (await ownReplies.remove(target.dataset.forgetReply)) target.closest("li").remove(); },
  replies: () => ownReplies.open(),
  keys: () => $("#sheet").showModal(),
  notices: askForNotices,
  unfilter() { $("#search").value = ""; $("#filters").reset(); filter(); },
};
const IDS = {
  "keys": TAPS.keys, "my-replies": TAPS.replies, "take-next": () => next.take(), "below": () => chat?.newest(), "notices": switchNotices,
};

async function askForNotices() {
  if (!notices.on && !await notices.switch(true)) return;
  if (!await notices.ask()) toast(notices.blocked ? texts.notices_blocked : texts.notices_off);
  else toast(await push.subscribe() ? texts.notices_pushed : texts.notices_here);
  drawNotices();
}

async function switchNotices() {
  if (!notices.on || !notices.allowed) { await askForNotices(); return; }
  if (!await notices.switch(false)) return;
  await push.unsubscribe();
  toast(texts.notices_off);
  drawNotices();
}

function drawNotices() {
  const shown = $("#notices span");
  if (shown) shown.textContent = notices.on && notices.allowed ? texts.notices_on : texts.notices_off;
  if ($("#ask-notices")) $("#ask-notices").hidden = (notices.on && notices.allowed) || !window.Notification;
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, a");
  for (const pop of $$("details.pop[open]")) if (!pop.contains(event.target) || (target?.closest(".sheet.menu") && target.dataset.dialog)) pop.open = false;
  if (!target) return;
  if ("open" in target.dataset) event.preventDefault();
  const tap = Object.keys(TAPS).find((name) => name in target.dataset);
  const does = tap ? TAPS[tap] : IDS[target.id];
  if (does) Promise.resolve(does(target)).catch(() => { online(false); toast(texts.not_loaded, { bad: true }); });
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.card) { event.preventDefault(); card(form); }
  else if (form.id === "add-reply") {
    event.preventDefault();
    await ownReplies.add(form);
  } else if (form.id === "filters") event.preventDefault();
  else if (form.matches("[data-logout]")) {
    // Whoever logs in here next is not told what this seat is told; a line that is down keeps nobody from leaving.
    event.preventDefault();
    await Promise.race([push.unsubscribe(), new Promise((over) => { setTimeout(over, LEAVING); })]);
    localStorage.removeItem(WHO);
    form.submit();
  }
});

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("textarea, input, select");
  if (event.altKey && event.key === "ArrowUp") { event.preventDefault(); step(-1); }
  else if (event.altKey && event.key === "ArrowDown") { event.preventDefault(); step(1); }
  // A Mac would write ç and † into the field.
  else if (event.altKey && event.code === "KeyC") { event.preventDefault(); commands.open("d-close"); }
  else if (event.altKey && event.code === "KeyT") { event.preventDefault(); commands.open("d-transfer"); }
  else if (event.key === "Escape" && !event.defaultPrevented && !$("dialog[open]")) shut();
  else if (event.key === "?" && !writing) $("#sheet").showModal();
});

/** Close what is open, the innermost first. */
function shut() {
  const pop = $$("details.pop[open]").at(-1);
  if (pop) { pop.open = false; $("summary", pop).focus(); }
  else if ("info" in body.dataset) hideInfo();
  else if (body.dataset.view !== "list") toList();
}

function filter() {
  const asked = new URLSearchParams(new FormData($("#filters")));
  asked.set("q", $("#search").value.trim());
  $(".filters").classList.toggle("on", [...new FormData($("#filters")).values()].some(Boolean));
  list.narrow(asked).catch(() => {});
}
let searching;
// Half a word of an input method is not looked for.
for (const name of ["input", "compositionend"]) {
  document.addEventListener(name, (event) => {
    if (event.target.id !== "search" || event.isComposing) return;
    clearTimeout(searching);
    searching = setTimeout(filter, 250);
  });
}
document.addEventListener("change", (event) => {
  if (event.target.id === "attach") {
    composer?.attach([...event.target.files]);
    event.target.value = "";
  } else if (event.target.closest("#filters")) filter();
});

for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // else the browser shows the file in the desk's place
    if (!composer) { event.dataTransfer.dropEffect = "none"; return; }
    composer.form.classList.toggle("over", over);
    if (name === "drop") composer.attach([...event.dataTransfer.files]);
  });
}

addEventListener("online", () => store.flush());
addEventListener("offline", () => online(false));
// Another seat has opened a desk on this browser: it has the session now.
try { localStorage.setItem(WHO, body.dataset.user); } catch { /* the storage is full: the server tells */ }
addEventListener("storage", (event) => {
  if (event.key !== WHO || event.newValue === body.dataset.user) return;
  // The seat logs out in another page: once the server has done it, the list's next answer says so.
  if (event.newValue === null) for (const soon of [1000, 5000]) setTimeout(() => list.refresh().catch(() => {}), soon);
  else hands.other();
});
// Another page of the same seat has changed the draft that stands here.
addEventListener("storage", (event) => {
  if (composer && event.key === `${store.keep.prefix}draft:${composer.conversation.id}`) composer.elsewhere();
});
// Another page of the same seat has sent, changed or thrown away what this one still has.
addEventListener("storage", (event) => {
  const [, id, entry] = /:out:(\d+):(.+)$/.exec(event.key ?? "") ?? [];
  if (id && event.key.startsWith(store.keep.prefix)) store.of(Number(id)).outbox.heard(entry, store.keep.get(`out:${id}:${entry}`));
});

if (body.dataset.seat) {
  const send = beat((status) => {
    online(status > 0 && status < 500);
    if (status > 0 && status < 300) { loggedIn(true); store.flush(); }
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
}
setInterval(() => { if (store.waiting) store.flush(); }, 3000);
setInterval(() => { store.adopt(); }, LOOK);
list.refresh(true).catch(() => {});
presence.refresh().catch(() => {});
offers.refresh().catch(() => {});
drawNotices();
push.install((id) => show(id)).then(() => { if (body.dataset.seat && notices.on && notices.allowed) push.subscribe(); }, () => {});
store.flush();
const asked = Number(new URLSearchParams(location.search).get("c"));
if (asked && narrow()) history.replaceState(null, "", location.pathname); // the way back from it leads to the list
if (asked) show(asked);
