// Commands as buttons and dialogs, on whichever page they stand.

import { $, api, make, newId, page, texts } from "./net.js";
import { saying } from "./saying.js";
import { BUSY, DOWN, LOGIN, verdict } from "./store/verdict.js";

/**
 * Let buttons, forms and dialogs with data-command act on the conversation that they stand in, else on that which `current()`
 * names; `done(id, carriedOut, name)` follows.
 */
export function listen(current, done) {
  const busy = new Set();
  const unanswered = new Map(); // under which name each was given; given again under it, it is done once
  const meant = (target) => Number(target.closest("[data-conversation]")?.dataset.conversation) || current();

  async function command(id, name, data) {
    if (!id || busy.has(`${id}:${name}`)) return false;
    busy.add(`${id}:${name}`);
    const what = JSON.stringify([id, name, data]);
    const client = unanswered.get(what) ?? newId();
    unanswered.set(what, client);
    try {
      const answer = await saying(api(`conversations/${id}/commands/${name}/`, { ...data, client_id: client }));
      if (!answer) return false;
      const { status, said } = answer;
      if (![BUSY, DOWN, LOGIN].includes(verdict(status, said))) unanswered.delete(what);
      await Promise.resolve(done(id, status === 200, name)).catch(() => {}); // what could not be drawn anew is so by itself, later
      return status < 300;
    } finally {
      busy.delete(`${id}:${name}`);
    }
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("button");
    const { command: name, dialog, name: tag, message } = target?.dataset ?? {};
    if (name) command(meant(target), name, { ...(tag && { name: tag }), ...(message && { message }) });
    else if (dialog) open(dialog);
    else if (target && "cancel" in target.dataset) { event.preventDefault(); target.closest("dialog").close(); }
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.command) return;
    event.preventDefault();
    if (await command(meant(form), form.dataset.command, Object.fromEntries(new FormData(form)))) form.closest("dialog")?.close();
  });
  return command;
}

/** Open a dialog; one that asks for a target shows who can get it now, with nothing chosen. */
export function open(name) {
  const dialog = $(`#${name}`);
  if (!dialog || dialog.open) return;
  for (const pop of document.querySelectorAll("details.pop[open]")) pop.open = false;
  dialog.showModal();
  const targets = $("[data-targets]", dialog);
  if (targets) choose(dialog, targets);
}

async function choose(dialog, targets) {
  const button = $("button.main", dialog);
  button.disabled = true;
  dialog.onchange = () => { button.disabled = !$("input[name=target]:checked", dialog); };
  const again = make("button", { type: "button", className: "btn small", textContent: texts.try_again, onclick: () => choose(dialog, targets) });
  try {
    const answer = await page(`/desk/${targets.dataset.targets}/targets/`);
    if (!answer.ok) throw new Error(String(answer.status));
    targets.innerHTML = await answer.text();
  } catch {
    targets.replaceChildren(make("p", { textContent: texts.not_fetched }), again);
  }
}
