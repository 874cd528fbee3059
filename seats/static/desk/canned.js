// Canned replies: a / at the beginning, then a piece of the title.

import { $ } from "./net.js";

const canned = { all: [], of: 0, shown: [], at: 0 };

export async function offer(writing, conversation) {
  const found = /^\/(\S*)$/.exec(writing.value);
  if (!found) { hide(); return; }
  if (canned.of !== conversation) {
    const answer = await fetch(`/api/conversations/${conversation}/canned-replies/`);
    if (!answer.ok) return;
    Object.assign(canned, { all: await answer.json(), of: conversation });
  }
  const word = found[1].toLowerCase();
  canned.shown = canned.all.filter((one) => (one.title + one.text).toLowerCase().includes(word)).slice(0, 20);
  canned.at = 0;
  draw();
}

/** Read them anew the next time: they were changed. */
export const forget = () => { canned.of = 0; };

function draw() {
  const list = $("#canned");
  list.hidden = !canned.shown.length;
  list.replaceChildren(...canned.shown.map((one, number) => {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(number === canned.at));
    const name = document.createElement("b");
    name.textContent = one.title;
    item.append(name, one.text);
    item.addEventListener("click", () => take(one));
    return item;
  }));
  list.children[canned.at]?.scrollIntoView({ block: "nearest" });
}

function hide() { const list = $("#canned"); if (list) list.hidden = true; }

function take(one) {
  const writing = $("#composer textarea");
  writing.value = one.text;
  writing.dispatchEvent(new Event("input", { bubbles: true }));
  hide();
  writing.focus();
}

/** Keys while the list is open; true where one was meant for it. */
export function key(event) {
  const list = $("#canned");
  if (!list || list.hidden) return false;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    canned.at = (canned.at + (event.key === "ArrowDown" ? 1 : -1) + canned.shown.length) % canned.shown.length;
    draw();
  } else if (event.key === "Enter" || event.key === "Tab") take(canned.shown[canned.at]);
  else if (event.key === "Escape") hide();
  else return false;
  event.preventDefault();
  return true;
}
