// The list: puts changed rows where they belong, and lets waiting times and countdowns go on.

import { $, texts } from "./net.js";

const number = (text) => Number(text) || 0;
const skew = number(document.body.dataset.now) - Date.now() / 1000;

// Smaller comes first, as the server orders them.
const KEYS = {
  mine: (row) => [number(row.dataset.since) || Infinity, -number(row.dataset.last), -number(row.dataset.row)],
  queue: (row) => [number(row.dataset.row)],
  closed: (row) => [-number(row.dataset.closed), -number(row.dataset.row)],
};
KEYS.all = KEYS.mine;

function before(one, other) {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at >= 0 && one[at] < other[at];
}

/** Take a changed conversation's row over into the list of `tab`; false where the list is to be fetched instead. */
export function place({ id, tabs, row }, tab) {
  const list = $(".rows");
  if (!list || list.dataset.tab !== tab) return false;
  list.querySelector(`[data-row="${id}"]`)?.remove();
  if (!tabs.includes(tab)) return list.childElementCount > 0;
  list.querySelector(".empty")?.remove();
  const holder = document.createElement("template");
  holder.innerHTML = row.trim();
  const made = holder.content.firstElementChild;
  const key = KEYS[tab];
  const after = [...list.children].find((other) => before(key(made), key(other)));
  list.insertBefore(made, after ?? null);
  return true;
}

function length(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (seconds < 60) return texts.seconds.replace("%d", Math.max(0, Math.floor(seconds)));
  if (!hours) return texts.minutes.replace("%d", minutes);
  return texts.hours.replace("%(hours)d", hours).replace("%(minutes)d", minutes);
}

export function tick() {
  const now = Date.now() / 1000 + skew;
  for (const one of document.querySelectorAll(".waited[data-since]")) one.textContent = length(now - number(one.dataset.since));
  for (const one of document.querySelectorAll(".countdown")) one.textContent = length(Math.max(0, number(one.dataset.until) - now));
}
