// Commands as buttons and dialogs, on whichever page they stand.

import { $, api, detail, texts, toast } from "./net.js";

/** Let buttons, forms and dialogs with data-command act on the conversation that `current()` names; `done()` follows. */
export function listen(current, done) {
  async function command(name, data) {
    try {
      const { status, said } = await api(`conversations/${current()}/commands/${name}/`, data);
      toast(status === 202 ? texts.waiting : detail(said) || texts.error);
      await done(status === 200);
      return status < 300;
    } catch {
      toast(texts.offline);
      return false;
    }
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("button");
    const { command: name, dialog, name: argument } = target?.dataset ?? {};
    if (name) command(name, argument ? { name: argument } : {});
    else if (dialog) $("#" + dialog).showModal();
    else if (target && "cancel" in target.dataset) { event.preventDefault(); target.closest("dialog").close(); }
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.command) return;
    event.preventDefault();
    if (await command(form.dataset.command, Object.fromEntries(new FormData(form)))) form.closest("dialog")?.close();
  });
}
