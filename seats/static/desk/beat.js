// Signs of life: without one for a while the desk counts as closed.

import { api, newId } from "./net.js";

const EVERY = 20000;

/** Send one now and then, and a last one at the end; `heard` gets each time whether the server answered. */
export function beat(heard) {
  const desk = sessionStorage.desk ||= newId().slice(0, 8);
  const send = async () => {
    try { heard((await api("me/heartbeat/", { desk })).status < 500); } catch { heard(false); }
  };
  addEventListener("pagehide", () => api("me/heartbeat/", { desk, leaving: true }, { keepalive: true }));
  setInterval(send, EVERY);
  send();
}
