// What a supervisor does with one conversation from the floor. Each asks first, and says what it does and to whom.

import { listen, open } from "./commands.js";
import { $, texts } from "./net.js";

const WRITES_NEXT = ["join", "takeover"]; // whoever has done that goes on at the desk

/** Let the buttons of rows open their dialogs; `done()` follows what was carried out. */
export function verbs(done) {
  listen(() => 0, (id, carriedOut, name) => {
    if (carriedOut && WRITES_NEXT.includes(name)) location.assign(`/desk/?c=${id}`);
    else done();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-verb]");
    if (button) ask(button.dataset.verb, button.closest("[data-talk]").dataset);
  });
}

function ask(verb, { talk, name, seat }) {
  const dialog = $(`#d-${verb}`);
  dialog.dataset.conversation = talk;
  $("form", dialog).reset();
  const words = ((!seat && texts[`${verb}_alone`]) || texts[`${verb}_what`]).replace("%(name)s", () => name).replace("%(seat)s", () => seat);
  $("[data-about]", dialog).textContent = words;
  const targets = $("[data-targets]", dialog);
  if (targets) {
    targets.dataset.targets = talk;
    targets.replaceChildren();
  }
  open(dialog.id);
}
