// What somebody who looks elsewhere should notice: a sound, a desktop notification, a number in the title.

import { api, texts } from "./net.js";
import { saying } from "./saying.js";

const title = document.title;

/** Sounds and notifications, on or off for the seat, whichever browser it sits at. */
export class Notices {
  constructor(on, open) { Object.assign(this, { on, open }); }

  /** Switch them; the server keeps it. False where nothing was switched, which the seat has been told. */
  async switch(on) {
    const answer = await saying(api("me/notices/", { on }), { quiet: true });
    const done = answer?.status < 300;
    if (done) this.on = on;
    return done;
  }

  get allowed() { return window.Notification?.permission === "granted"; }
  get blocked() { return window.Notification?.permission === "denied"; }

  async ask() {
    if (window.Notification?.permission === "default") await Notification.requestPermission();
    return this.allowed;
  }

  /** Tell of a conversation; one notification each, which opens it. `aloud` also where the page is being looked at. */
  tell(id, name, words, aloud = false) {
    if (!this.on) return;
    if (document.hidden || aloud) beep();
    if (!document.hidden || !this.allowed) return;
    const what = { tag: `desk-${id}`, body: words, renotify: true };
    try {
      const shown = new Notification(name || texts.new, what);
      shown.onclick = () => { window.focus(); this.open(id); shown.close(); };
    } catch { // phones let only the service worker show them
      const data = { conversation: String(id), url: `/desk/?c=${id}` };
      navigator.serviceWorker?.ready.then((worker) => worker.showNotification(name || texts.new, { ...what, data })).catch(() => {});
    }
  }
}

export function inTitle(count) { document.title = (count ? `(${count}) ` : "") + title; }

export function beep() {
  try {
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    volume.gain.value = 0.05;
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.12);
    tone.onended = () => sound.close();
  } catch { /* a browser that allows no sound yet */ }
}
