// Commands as buttons and dialogs, on whichever page they stand.

import { $, api, detail, page, texts } from "./net.js";
import { online, toast } from "./saying.js";

/** Let buttons, forms and dialogs with data-command act on the conversation that `current()` names; `done(id, carriedOut)` follows. */
export function listen(current, done) {
  const busy = new Set();

  async function command(id, name, data) {
    if (!id || busy.has(`${id}:${name}`)) return false;
    busy.add(`${id}:${name}`);
    try {
      const { status, said } = await api(`conversations/${id}/commands/${name}/`, data);
      online(status < 500 || said.outcome === "failed");
      toast(status === 202 ? texts.waiting : detail(said) || texts.error, { bad: status >= 300 });
      await done(id, status === 200);
      return status < 300;
    } catch {
      toast(texts.offline, { bad: true });
      return false;
    } finally {
      busy.delete(`${id}:${name}`);
    }
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("button");
    const { command: name, dialog, name: argument } = target?.dataset ?? {};
    if (name) command(current(), name, argument ? { name: argument } : {});
    else if (dialog) open(dialog);
    else if (target && "cancel" in target.dataset) { event.preventDefault(); target.closest("dialog").close(); }
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.command) return;
    event.preventDefault();
    const id = current();
    if (await command(id, form.dataset.command, Object.fromEntries(new FormData(form)))) form.closest("dialog")?.close();
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
  try {
    const answer = await page(`/desk/${targets.dataset.targets}/targets/`);
    if (!answer.ok) throw new Error(String(answer.status));
    targets.innerHTML = await answer.text();
  } catch {
    targets.textContent = texts.not_loaded;
  }
}
