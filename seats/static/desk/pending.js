// What is on its way to the customer, below what was said; what was refused waits there for the seat's decision.

import { $, icon, make, texts } from "./net.js";

/** Show a conversation's outbox in the open chat. `hands` are called with an entry: again, edit, discard. */
export function draw(conversation, hands) {
  const list = $("#pending");
  if (!list) return;
  list.replaceChildren(...conversation.outbox.entries.map((one) => item(one, hands)));
}

function item(one, hands) {
  const words = make("div", { className: "body", textContent: one.words });
  if (!one.refused) {
    return make("li", { className: "msg s sending" }, words, make("div", { className: "meta" }, icon("clock"), ` ${texts.sending}`));
  }
  const why = make("span", {}, icon("alert"), make("b", { textContent: texts.not_delivered }), one.reason ? `: ${one.reason}` : "");
  const button = (name, sign, does) => make("button", { type: "button", className: "btn small", data: { does }, onclick: () => hands[does](one) }, icon(sign), name);
  const verbs = make("span", { className: "do" }, button(texts.retry, "retry", "again"),
    one.file ? null : button(texts.edit, "pencil", "edit"), button(texts.discard, "trash", "discard"));
  return make("li", { className: "msg s failed undelivered error" }, words, make("div", { className: "why" }, why, verbs));
}
