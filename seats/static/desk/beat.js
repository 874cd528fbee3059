// Signs of life: without one for a while the desk counts as closed.

import { api, newId } from "./net.js";

const EVERY = 20000;

/** Send one now and then, and a last one at the end; `heard` gets each time the answer's status, 0 without one. */
export function beat(heard) {
  // A name for each page: after a reload the old page's last sign may come after the new one's first.
  const desk = newId().slice(0, 8);
  const send = async () => {
    try { heard((await api("me/heartbeat/", { desk })).status); } catch { heard(0); }
  };
  addEventListener("pagehide", () => api("me/heartbeat/", { desk, leaving: true }, { keepalive: true }));
  setInterval(send, EVERY);
  send();
  return send;
}
