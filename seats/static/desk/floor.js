// The floor: what is chosen stays chosen while the board comes anew; what is given on is said before it is done.

import { children } from "./keyed.js";
import { $, $$, api, elements, page, texts } from "./net.js";
import { online, saying, toast } from "./saying.js";
import { Turns } from "./store/turns.js";
import { now, tick } from "./ticking.js";
import { verbs } from "./verbs.js";

const EVERY = 3000;
const AT_ONCE = 100; // as many as the server takes in one request
const chosen = new Set();
const seats = new Map(); // whose each conversation is
let query = "";

const boxes = () => $$("tbody tr:not(.gone) [name=conversation]");

function draw() {
  const there = new Set(boxes().map((one) => one.value));
  for (const id of [...chosen]) if (!there.has(id)) chosen.delete(id);
  for (const one of boxes()) {
    one.checked = chosen.has(one.value);
    one.closest("tr").classList.toggle("on", one.checked);
    seats.set(one.value, one.closest("tr").dataset.seat);
  }
  $("#all").checked = boxes().length > 0 && chosen.size === boxes().length;
  $("#all").indeterminate = chosen.size > 0 && chosen.size < boxes().length;
  say();
}

/** Say what will happen, before it does. */
function say() {
  const target = $("#target");
  const to = target.selectedOptions[0];
  const from = [...new Set([...chosen].map((id) => seats.get(id) || texts.nobody))];
  $("#bulk").hidden = !chosen.size;
  $("#how-many").textContent = texts.chosen.replace("%d", chosen.size);
  $("#what").textContent = target.value ? texts.what.replace("%(count)d", chosen.size).replace("%(from)s", from.join("、")).replace("%(to)s", to.textContent) : "";
  const button = $("#bulk .main");
  button.textContent = texts.reassign.replace("%d", chosen.size);
  button.disabled = !target.value || !chosen.size;
}

// While the pointer is over the rows they keep their places, and nothing is redrawn between a press and its click.
let over = false;
let pressed = null; // until the press is over
$("tbody").addEventListener("pointerenter", (event) => {
  over = event.pointerType === "mouse";
  if (over) $("#now").style.minHeight = `${$("#now").offsetHeight}px`;
});
$("tbody").addEventListener("pointerleave", () => {
  if (!over) return;
  over = false;
  $("#now").style.minHeight = "";
  refresh();
});
// Only of the first button: a menu that another one opens may take the release. So may another window.
let released = () => {};
addEventListener("pointerdown", ({ button }) => { if (!button) pressed ??= new Promise((done) => { released = done; }); });
for (const name of ["pointerup", "pointercancel", "blur"]) addEventListener(name, () => { pressed = null; setTimeout(released); });

/** The marks of the rows that are here: those that have not changed come as their names alone. */
const marks = () => $$("[data-mark]:not(.gone)").map((one) => one.dataset.mark).join(" ");

// One at a time: on a slow line, where an answer takes longer than EVERY, each one counts.
const turns = new Turns(fetched);
const refresh = () => turns.run();

async function fetched() {
  const sought = query;
  const where = new URLSearchParams({ rows: 1, group: new FormData($("#scope")).get("group"), q: sought });
  try {
    const answer = await page(`/desk/floor/?${where}`, { "Desk-Rows": marks() });
    if (!answer.ok) throw new Error(String(answer.status));
    const found = elements(await answer.text());
    if (sought !== query) return; // the answer to what is sought now follows
    if (pressed) await pressed;
    above($("#now", found));
    children($("tbody"), $("tbody", found), over);
    online(true);
    draw();
    tick();
    clock();
    document.dispatchEvent(new Event("floor:drawn"));
  } catch {
    online(false);
  }
}

/** Draw anew what stands above the rows; it moves no row away from under the pointer. */
function above(found) {
  const top = () => (over ? $("tbody").getBoundingClientRect().top : 0);
  const before = top();
  children($("#now"), found);
  if (over) scrollBy(0, top() - before);
}

function clock() {
  const zone = document.body.dataset.zone;
  $("#clock").textContent = new Date(now() * 1000).toLocaleTimeString(document.documentElement.lang, { timeZone: zone, hour12: false });
}

document.addEventListener("change", (event) => {
  if (event.target.id === "all") {
    for (const one of boxes()) event.target.checked ? chosen.add(one.value) : chosen.delete(one.value);
  } else if (event.target.name === "conversation") {
    event.target.checked ? chosen.add(event.target.value) : chosen.delete(event.target.value);
  } else if (event.target.name === "group") { $("#scope").submit(); return; }
  draw();
});

$("#none").addEventListener("click", () => { chosen.clear(); draw(); });

let searching;
// Half a word of an input method is not looked for.
for (const name of ["input", "compositionend"]) {
  $("#search").addEventListener(name, (event) => {
    if (event.isComposing) return;
    query = event.target.value.trim();
    clearTimeout(searching);
    searching = setTimeout(refresh, 250);
  });
}

$("#bulk").addEventListener("submit", async (event) => {
  event.preventDefault();
  const target = $("#target").value;
  const all = [...chosen].map(Number);
  const said = [];
  $("#bulk .main").disabled = true;
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const asking = api("commands/reassign/", { conversations: all.slice(at, at + AT_ONCE), arguments: { target } });
    const answer = await saying(asking, { quiet: true });
    if (!answer?.said.results) break;
    said.push(...answer.said.results);
  }
  const [done, failed] = [said.filter((one) => one.outcome === "done"), said.filter((one) => one.outcome !== "done")];
  for (const one of done) chosen.delete(String(one.conversation));
  draw(); // at once: the next rows may take long
  $("#said").textContent = failed.map((one) => `#${one.conversation}: ${one.detail || texts.waiting}`).join(" · ");
  if (done.length) toast([...new Set(done.map((one) => one.detail))].join(" "));
  await refresh();
});

verbs(refresh);
setInterval(() => { if (!document.hidden) refresh(); }, EVERY);
setInterval(tick, 1000);
draw();
tick();
clock();
refresh(); // the page came with the first rows only
