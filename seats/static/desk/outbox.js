// What is written goes into a box on this machine first, and out of it once the server has it.

import { $, api, detail, newId, online, texts } from "./net.js";

const read = () => JSON.parse(localStorage.outbox ?? "[]");
let sending = false;
let changed = () => {};

function write(all) {
  localStorage.outbox = JSON.stringify(all);
  changed();
}

/** Call `then` whenever the box has changed. */
export const onChange = (then) => { changed = then; };
export const waiting = () => read().some((one) => !one.error);

/** Send a message; `body` is that of the API call at `path` below the conversation. */
export function post(conversation, path, body, words) {
  write([...read(), { id: newId(), conversation, path, body, words }]);
  flush();
}

export async function flush() {
  if (sending) return;
  sending = true;
  try {
    for (let first; (first = read().find((one) => !one.error));) {
      const { status, said } = await api(`conversations/${first.conversation}/${first.path}/`, { ...first.body, client_id: first.id });
      if (status >= 500) throw new Error("server");
      if (status < 400) write(read().filter((one) => one.id !== first.id));
      else write(read().map((one) => (one.id === first.id ? { ...one, error: detail(said) } : one)));
      online(true);
    }
  } catch {
    online(false);
  } finally {
    sending = false;
  }
}

/** Show what waits for `conversation` in #pending; what was refused can be taken back into the field. */
export function draw(conversation) {
  const list = $("#pending");
  if (!list) return;
  list.replaceChildren(...read().filter((one) => one.conversation === conversation).map((one) => {
    const item = document.createElement("li");
    item.textContent = one.words + " · " + (one.error ? texts.failed + one.error : texts.sending);
    if (one.error) item.append(" ", takeBack(one));
    item.classList.toggle("error", Boolean(one.error));
    return item;
  }));
}

function takeBack(one) {
  const gone = document.createElement("button");
  gone.textContent = "×";
  gone.ariaLabel = texts.take_back;
  gone.addEventListener("click", () => {
    const writing = $("#composer textarea");
    if (writing && one.body.text) writing.value ||= one.body.text;
    write(read().filter((other) => other.id !== one.id));
  });
  return gone;
}
