// Sends one entry of an outbox, and says what the answer means.

import { api, detail, send, texts } from "./net.js";
import { moved } from "./pending.js";
import { DONE, REFUSED, verdict } from "./store/verdict.js";

const WORDS = 300; // of a reason; a proxy's error page is longer

/** Send an entry to its conversation. Rejects without a connection, and for a file where `signal` breaks it off. */
export async function deliver(conversation, entry, signal) {
  const where = `conversations/${conversation.id}/${entry.path}/`;
  const { status, said } = entry.file ? await file(where, entry, signal) : await api(where, { ...entry.body, client_id: entry.client, wait: false });
  const meant = verdict(status, said);
  // What was a command has an answer, and is no message.
  const answer = meant === DONE && !said.message ? said.detail : "";
  return { verdict: meant, said: answer, reason: meant === REFUSED ? (detail(said) || `${texts.error} (${status})`).slice(0, WORDS) : "" };
}

function file(where, entry, signal) {
  const form = new FormData();
  form.append("file", entry.file);
  form.append("client_id", entry.client);
  form.append("wait", "false");
  return send(where, form, { signal, moved: (share) => moved(entry, share) });
}
