// What somebody who looks elsewhere should notice: a sound, a desktop notification, a number in the title.

import { texts } from "./net.js";

const title = document.title;
const unread = new Map();

/** Take over how much of a conversation of one's own is unread; `sounds` where that may be heard. */
export function note(id, count, sounds) {
  const before = unread.get(id) ?? 0;
  if (count) unread.set(id, count);
  else unread.delete(id);
  const all = [...unread.values()].reduce((sum, one) => sum + one, 0);
  document.title = (all ? `(${all}) ` : "") + title;
  if (!sounds || count <= before || !document.hidden) return;
  beep();
  if (window.Notification?.permission === "granted") new Notification(texts.new, { tag: "desk" });
}

export function forgetAllBut(ids) {
  for (const id of [...unread.keys()]) if (!ids.has(id)) note(id, 0, false);
}

function beep() {
  try {
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    volume.gain.value = 0.05;
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.12);
  } catch { /* a browser that allows no sound yet */ }
}
