// Waiting times and countdowns go on by themselves.

import { $$, body, hands, texts } from "./net.js";
import { dayOf } from "./store/days.js";
import { lateness, length, skewed } from "./store/times.js";

let skew = (Number(body.dataset.now) || Date.now() / 1000) - Date.now() / 1000;
// The page may have come late, and a computer's clock may be put right meanwhile.
hands.time = (date, sent, came) => { skew = skewed(skew, date, sent, came); };

/** Seconds since 1970, by the server's clock. */
export const now = () => Date.now() / 1000 + skew;
export const today = () => dayOf(now(), body.dataset.zone || "UTC");

// There may be hundreds, and what is written anew is laid out anew.
function write(shown, words) { if (shown.textContent !== words) shown.textContent = words; }

export function tick() {
  const at = now();
  for (const one of $$(".wait[data-since]")) {
    const waits = at - Number(one.dataset.since);
    const late = lateness(waits, Number(one.dataset.goal));
    const shown = one.querySelector(".waited");
    write(shown, length(waits, texts));
    one.classList.toggle("near", late === "near");
    one.classList.toggle("late", late === "late");
  }
  for (const one of $$(".countdown")) write(one, length(Math.max(0, Number(one.dataset.until) - at), texts));
}
