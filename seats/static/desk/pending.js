// What is on its way to the customer, below what was said; what was refused waits there for the seat's decision.

import { children } from "./keyed.js";
import { $, icon, make, texts } from "./net.js";

/** Show a conversation's outbox in the open chat. `hands` are called with an entry: again, edit, discard, cancel. */
export function draw(conversation, hands) {
  const list = $("#pending");
  if (!list) return;
  // Each try that the line does not carry draws it anew: what is under the pointer or has the focus stays.
  children(list, make("ul", {}, ...conversation.outbox.entries.map((one) => item(one, hands))));
}

/** Say how much of a file has gone. */
export function moved(one, share) {
  one.share = share;
  const shown = $(`#pending [data-entry="${one.id}"] .share`);
  if (shown) shown.textContent = percent(one);
}

const percent = ({ share = 0 }) => (share ? `${Math.floor(share * 100)}%` : "");

function item(one, hands) {
  const words = make("div", { className: "body", textContent: one.words });
  if (!one.refused) {
    const meta = make("div", { className: "meta" }, icon("clock"), ` ${texts.sending} `, one.file ? make("span", { className: "share num", textContent: percent(one) }) : null);
    if (one.file) meta.append(make("button", { type: "button", className: "btn plain small", data: { does: "cancel" }, textContent: texts.cancel, onclick: () => hands.cancel(one) }));
    return make("li", { className: "msg s sending", data: { key: `${one.id} waits`, entry: one.id } }, words, meta);
  }
  const why = make("span", {}, icon("alert"), make("b", { textContent: texts.not_delivered }), one.reason ? `: ${one.reason}` : "");
  const button = (name, sign, does) => make("button", { type: "button", className: "btn small", data: { does }, onclick: () => hands[does](one) }, icon(sign), name);
  const verbs = make("span", { className: "do" }, button(texts.retry, "retry", "again"),
    one.file ? null : button(texts.edit, "pencil", "edit"), button(texts.discard, "trash", "discard"));
  return make("li", { className: "msg s failed undelivered error", data: { key: `${one.id} ${one.client}` } }, words, make("div", { className: "why" }, why, verbs));
}
